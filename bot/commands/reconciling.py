"""What `lucy reconcile` does and shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from rich.table import Table

from bot.app import open_database
from bot.config import Settings, provider_keys
from bot.costs.money import exact, show
from bot.costs.reconcile import Compared, GapName, compare, gap_share
from bot.db.bills import BillCheck
from bot.errors import SettingError
from bot.llm.bills.asking import KEY_NAMES, Days
from bot.llm.bills.bill import BillLine, BillProvider
from bot.llm.bills.read import bill_from_api, bill_from_file

_A_WEEK = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Bill:
    """Whose bill, for which days, and where it is: a file, or the provider's API."""

    provider: BillProvider
    days: Days
    file: Path | None
    api_base: str | None


def provider_named(name: str) -> BillProvider:
    """Raises SettingError."""
    try:
        return BillProvider(name.lower())
    except ValueError as error:
        raise SettingError(f"--provider: one of {', '.join(BillProvider)}") from error


def days_between(since: str, until: str) -> Days:
    """The days asked for; by default the seven that ended yesterday, which providers have billed. Raises SettingError."""
    try:
        last = date.fromisoformat(until) if until else datetime.now(UTC).date() - timedelta(days=1)
        first = date.fromisoformat(since) if since else last - _A_WEEK
    except ValueError as error:
        raise SettingError("--since, --until: a day is YYYY-MM-DD") from error
    if first > last:
        raise SettingError(f"--since, --until: {first} is after {last}")
    return Days(first, last)


async def reconciled(settings: Settings, bill: Bill) -> list[Compared]:
    """Compare, and remember how it came out. Raises BillUnreadable, SettingError."""
    billed = await _billed(bill)
    async with open_database(settings) as db:
        async with db.operations() as operations:
            booked = await operations.booked(bill.provider, bill.days.start, bill.days.end)
        found = compare(booked, billed)
        async with db.operations() as operations:
            await operations.remember_bill(_checks(bill.provider, found))
    return found


def as_rows(found: Sequence[Compared]) -> list[dict[str, str]]:
    """Exact figures as strings."""
    return [
        {
            "day": str(line.day),
            "model": line.model,
            "ours_usd": exact(line.ours_usd),
            "theirs_usd": exact(line.theirs_usd),
            "gap_usd": exact(line.gap_usd),
            "gap": line.name.value,
        }
        for line in found
    ]


def as_table(bill: Bill, found: Sequence[Compared]) -> Table:
    """A row per day and model, the sums at the end."""
    table = Table(title=f"Lucy's ledger and {bill.provider}'s bill, {bill.days.first} to {bill.days.last} (UTC)")
    for name in ("day", "model"):
        table.add_column(name)
    for name in ("ours", "theirs", "gap"):
        table.add_column(name, justify="right")
    table.add_column("why")
    for line in found:
        colour = "green" if line.name is GapName.NONE else "yellow"
        money = (show(line.ours_usd), show(line.theirs_usd), show(line.gap_usd))
        table.add_row(str(line.day), line.model, *money, f"[{colour}]{line.name}[/]")
    ours = sum((line.ours_usd for line in found), Decimal(0))
    theirs = sum((line.theirs_usd for line in found), Decimal(0))
    share = gap_share(found)
    told = f"{share * 100:.2f} % of the bill" if share is not None else "nothing was billed"
    table.add_section()
    table.add_row("", "all", show(ours), show(theirs), show(theirs - ours), told)
    return table


async def _billed(bill: Bill) -> list[BillLine]:
    if bill.file:
        return bill_from_file(bill.provider, bill.file, bill.days)
    name = KEY_NAMES[bill.provider]
    key = provider_keys().get(name)
    if not key:
        raise SettingError(f"{name} is not set: {bill.provider} shows a bill to that key only (or use --file)")
    return await bill_from_api(bill.provider, key, bill.days, bill.api_base)


def _checks(provider: BillProvider, found: Sequence[Compared]) -> list[BillCheck]:
    by_day: defaultdict[date, list[Compared]] = defaultdict(list)
    for line in found:
        by_day[line.day].append(line)
    return [
        BillCheck(
            provider,
            day,
            sum((line.ours_usd for line in lines), Decimal(0)),
            sum((line.theirs_usd for line in lines), Decimal(0)),
        )
        for day, lines in by_day.items()
    ]
