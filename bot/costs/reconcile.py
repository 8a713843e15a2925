"""Our ledger beside a provider's bill: per day and model what differs, and what the difference is called. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from bot.costs.served import same_model
from bot.db.bills import Booked
from bot.llm.bills.bill import BillLine

AGREES_WITHIN_USD = Decimal("0.000001")
"""Bills are told in floats or cents: a millionth of a dollar a day and model is their rounding, not a gap."""


class GapName(StrEnum):
    """Why the bill and the ledger differ, as far as both can tell."""

    NONE = "agrees"
    UNPRICED = "unpriced"
    UNKNOWN = "unknown"
    OUTSIDE = "outside Lucy"
    DRIFT = "price drift"
    NOT_BILLED = "not on the bill yet"


@dataclass(frozen=True, slots=True)
class Compared:
    """One model on one UTC day; USD. `gap_usd` is theirs less ours."""

    day: date
    model: str
    ours_usd: Decimal
    theirs_usd: Decimal
    name: GapName

    @property
    def gap_usd(self) -> Decimal:
        return self.theirs_usd - self.ours_usd


def compare(booked: Sequence[Booked], billed: Sequence[BillLine]) -> list[Compared]:
    """Every day and model that either side knows. Editions of one model (`gpt-4o-2024-11-20`) are that model."""
    left = list(billed)
    pairs: list[tuple[Booked | None, list[BillLine]]] = []
    for ours in booked:
        mine = [line for line in left if line.day == ours.day and same_model(ours.model, line.model)]
        left = [line for line in left if line not in mine]
        pairs.append((ours, mine))
    pairs += [(None, [line]) for line in left]
    return sorted((_compared(ours, theirs) for ours, theirs in pairs), key=lambda found: (found.day, found.model))


def gap_share(compared: Iterable[Compared]) -> Decimal | None:
    """The gap as a share of the bill: 0.003 for 0.3 %. None when nothing was billed."""
    found = list(compared)
    billed = sum((line.theirs_usd for line in found), Decimal(0))
    return abs(sum((line.gap_usd for line in found), Decimal(0))) / billed if billed else None


def _compared(ours: Booked | None, theirs: list[BillLine]) -> Compared:
    billed = sum((line.usd for line in theirs), Decimal(0))
    if ours is None:
        return Compared(theirs[0].day, theirs[0].model, Decimal(0), billed, GapName.OUTSIDE)
    counted = [line.tokens for line in theirs if line.tokens is not None]
    name = _name(ours, billed, sum(counted) if counted else None)
    return Compared(ours.day, ours.model, ours.cost_usd, billed, name)


def _name(ours: Booked, billed: Decimal, tokens: int | None) -> GapName:
    gap = billed - ours.cost_usd
    if abs(gap) <= AGREES_WITHIN_USD:
        return GapName.NONE
    more_tokens = 0 if tokens is None else tokens - ours.tokens
    if gap < 0:
        return GapName.NOT_BILLED if more_tokens < 0 or not billed else GapName.DRIFT
    if ours.unknown and more_tokens >= 0 and gap <= ours.unknown_reserved_usd:
        return GapName.UNKNOWN
    if more_tokens > 0:
        return GapName.OUTSIDE
    return GapName.UNPRICED if ours.unpriced else GapName.DRIFT
