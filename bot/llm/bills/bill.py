"""What a provider says it charged, by UTC day and model, whatever way it was told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from bot.errors import LucyError


class BillProvider(StrEnum):
    """Whose bill can be read."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    OPENROUTER = "openrouter"


class BillUnreadable(LucyError):
    """The bill could not be had, or does not say what such a bill says."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """One model on one UTC day; USD exactly as billed, tokens where the provider tells them."""

    day: date
    model: str
    usd: Decimal = Decimal(0)
    tokens: int | None = None


def added_up(lines: Iterable[BillLine]) -> list[BillLine]:
    """One line per day and model, in that order; tokens stay unknown where no line told them."""
    sums: defaultdict[tuple[date, str], list[BillLine]] = defaultdict(list)
    for line in lines:
        sums[line.day, line.model].append(line)
    return [_sum(sums[key]) for key in sorted(sums)]


def dollars(value: object, currency: object = "usd") -> Decimal:
    """An amount in USD. Raises BillUnreadable for another currency, or for what is no amount."""
    if str(currency).lower() != "usd":
        raise BillUnreadable(f"the bill is in {str(currency)[:10]!r}, Lucy's ledger is in USD")
    try:
        amount = Decimal(str(value).strip() or "0")
    except InvalidOperation as error:
        raise BillUnreadable(f"the bill has an amount that is none: {str(value)[:40]!r}") from error
    if not amount.is_finite():
        raise BillUnreadable(f"the bill has an amount that is none: {amount}")
    return amount


def field(row: object, name: str) -> object:
    """A field that every row of such a bill has. Raises BillUnreadable."""
    if not isinstance(row, Mapping) or name not in row:
        raise BillUnreadable(f"not the bill it should be: {name!r} is missing")
    return row[name]


def rows(value: object) -> list[object]:
    """A list, and nothing else. Raises BillUnreadable."""
    if not isinstance(value, list):
        raise BillUnreadable("not the bill it should be: a list is missing")
    return value


def tokens(row: object, *names: str) -> int:
    """The sum of some counts of a row; what is absent or null is none. Raises BillUnreadable."""
    counts = [row.get(name) or 0 for name in names] if isinstance(row, Mapping) else []
    try:
        return sum(int(str(count)) for count in counts)
    except ValueError as error:
        raise BillUnreadable(f"not the bill it should be: {', '.join(names)} is no number of tokens") from error


def day_of(value: object) -> date:
    """The UTC day at the beginning of an ISO time. Raises BillUnreadable."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise BillUnreadable(f"not the bill it should be: {str(value)[:40]!r} is no day") from error


def _sum(lines: list[BillLine]) -> BillLine:
    counted = [line.tokens for line in lines if line.tokens is not None]
    usd = sum((line.usd for line in lines), Decimal(0))
    return replace(lines[0], usd=usd, tokens=sum(counted) if counted else None)
