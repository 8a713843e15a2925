"""What a gap between the ledger and a bill is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.costs.reconcile import GapName, compare, gap_share
from bot.db.bills import Booked
from bot.llm.bills.bill import BillLine

DAY = date(2026, 11, 20)
OURS = Booked(DAY, "openai/gpt-6-luna", 10, Decimal("0.50"), 1000, 0, 0, Decimal(0))
THEIRS = BillLine(DAY, "gpt-6-luna-2026-09-01", Decimal("0.50"), 1000)
UNKNOWN = replace(OURS, unknown=1, unknown_reserved_usd=Decimal("0.20"))
UNPRICED = replace(OURS, unpriced=2, cost_usd=Decimal("0.30"))


@pytest.mark.parametrize(
    ("ours", "theirs", "name"),
    [
        (OURS, THEIRS, GapName.NONE),
        (OURS, replace(THEIRS, usd=Decimal("0.5000004")), GapName.NONE),
        (OURS, replace(THEIRS, usd=Decimal("0.55")), GapName.DRIFT),
        (OURS, replace(THEIRS, usd=Decimal("0.45")), GapName.DRIFT),
        (OURS, replace(THEIRS, usd=Decimal("0.55"), tokens=None), GapName.DRIFT),
        (OURS, replace(THEIRS, usd=Decimal("0.75"), tokens=1500), GapName.OUTSIDE),
        (OURS, replace(THEIRS, usd=Decimal("0.25"), tokens=500), GapName.NOT_BILLED),
        (UNKNOWN, replace(THEIRS, usd=Decimal("0.65"), tokens=1300), GapName.UNKNOWN),
        (UNKNOWN, replace(THEIRS, usd=Decimal("0.75"), tokens=1500), GapName.OUTSIDE),
        (UNPRICED, THEIRS, GapName.UNPRICED),
    ],
)
def test_a_gap_has_a_name(ours: Booked, theirs: BillLine, name: GapName) -> None:
    [found] = compare([ours], [theirs])

    assert found.name is name
    assert found.gap_usd == theirs.usd - ours.cost_usd


def test_what_only_one_side_knows_stands_there_too() -> None:
    other = replace(THEIRS, model="gpt-6.1-sol")

    found = compare([OURS], [other])

    assert [(line.model, line.name) for line in found] == [
        ("gpt-6.1-sol", GapName.OUTSIDE),
        ("openai/gpt-6-luna", GapName.NOT_BILLED),
    ]


def test_editions_of_one_model_are_billed_together() -> None:
    halves = [
        replace(THEIRS, model=name, usd=Decimal("0.25"), tokens=500) for name in ("gpt-6-luna", "gpt-6-luna-latest")
    ]

    [found] = compare([OURS], halves)

    assert (found.name, found.theirs_usd) == (GapName.NONE, Decimal("0.50"))


def test_the_gap_is_a_share_of_the_bill() -> None:
    assert gap_share(compare([OURS], [replace(THEIRS, usd=Decimal("0.40"))])) == Decimal("0.25")
    assert gap_share([]) is None
