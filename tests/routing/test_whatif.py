"""Stored choices decided again at another dial, with the tokens that were billed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.db.choices import Billed
from bot.routing.choice import Tier
from bot.routing.stakes import Dial, Stakes, shipped_prices
from bot.routing.whatif import replayed

EASY = Billed(1, "writing", "score", 0.05, 0.02, 300, 200, Decimal("0.0004"))
HARD = Billed(3, "code", "score", 0.99, 0.9, 900, 1000, Decimal("0.0118"))
EDGE = Billed(3, "reasoning", "score", 0.9, 0.5, 500, 600, Decimal("0.007"))
WISHED = Billed(3, "chat", "wish", None, None, 50, 30, None)


def test_the_same_dial_changes_nothing_for_what_was_sure() -> None:
    replay = replayed([EASY, HARD], Stakes(shipped_prices()))

    assert replay.before == replay.after
    assert replay.before.asks == {Tier.FAST: 1, Tier.STANDARD: 0, Tier.FRONTIER: 1}


def test_eco_is_cheaper_and_fails_more_often() -> None:
    replay = replayed([EASY, HARD, EDGE], Stakes(shipped_prices(), Dial.ECO))

    assert replay.after.usd < replay.before.usd
    assert replay.after.failures > replay.before.failures


@pytest.mark.parametrize("kept", [WISHED, replace(EDGE, decided_by="gemini/fast")])
def test_what_no_score_decided_stays_where_it_was(kept: Billed) -> None:
    replay = replayed([kept], Stakes(shipped_prices(), Dial.ECO))

    assert replay.after.asks[Tier.FRONTIER] == 1


def test_the_costs_are_those_of_the_billed_tokens_and_the_bill_is_told_apart() -> None:
    replay = replayed([HARD, WISHED], Stakes(shipped_prices()))

    assert replay.before.usd == pytest.approx(shipped_prices().of(Tier.FRONTIER, 950, 1030))
    assert (replay.unscored, replay.billed_usd) == (1, 0.0118)
