"""What a failure costs and what an answer costs decide together: the dial and the price book move the tier."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.costs.price_book import load_price_book
from bot.db.ids import new_id
from bot.db.price_overlays import PriceOverlay
from bot.routing.choice import Question, Tier
from bot.routing.decide import decide
from bot.routing.stakes import Dial, Prices, Stakes, prices_in, reachable, shipped_stakes
from tests.routing.messages import messages

QUESTIONS = [message.question for message in messages() if message.held_out]
SCORED = [question for question in QUESTIONS if decide(question).choice.fails]


def test_the_dial_moves_asks_up_and_never_down() -> None:
    for question in SCORED:
        tiers = [decide(question, replace(shipped_stakes(), dial=dial)).choice.tier for dial in Dial]

        assert tiers == sorted(tiers), question.text


def test_each_turn_of_the_dial_moves_some_asks_and_balanced_uses_every_tier() -> None:
    shares = {dial: Counter(tiers_at(replace(shipped_stakes(), dial=dial))) for dial in Dial}

    assert shares[Dial.ECO][Tier.FAST] > shares[Dial.BALANCED][Tier.FAST] > shares[Dial.QUALITY][Tier.FAST]
    assert min(shares[Dial.BALANCED][tier] for tier in Tier) >= 0.1 * len(SCORED)


def test_a_dearer_frontier_in_the_price_book_moves_asks_down() -> None:
    book = load_price_book()
    tiers = reachable("default", book)
    before = Counter(tiers_at(Stakes(prices_in(tiers))))

    book.lay([PriceOverlay(new_id(), "claude-sonnet-5-5", date(2026, 1, 1), Decimal(40), Decimal(200), None, "")])

    assert Counter(tiers_at(Stakes(prices_in(tiers))))[Tier.FRONTIER] < before[Tier.FRONTIER]


def test_where_every_tier_is_free_the_strongest_answers() -> None:
    free = Stakes(Prices(((0.0, 0.0),) * 3))

    assert set(tiers_at(free)) == {Tier.FRONTIER}


def test_an_unpriced_tier_counts_as_the_shipped_one() -> None:
    tiers = reachable("default", replace(load_price_book(), listings={}))

    assert prices_in(tiers) == shipped_stakes().prices


def test_a_model_is_asked_only_when_ten_times_its_price_is_at_stake() -> None:
    a_hundredth = Prices(tuple((a / 100, b / 100) for a, b in shipped_stakes().prices.rates))
    asked_at_list_price = [question for question in SCORED if decide(question).unsure]
    cheap = Stakes(Prices((shipped_stakes().prices.rates[0], *a_hundredth.rates[1:])))

    assert asked_at_list_price
    assert [question for question in SCORED if decide(question, cheap).unsure] == []


@pytest.mark.parametrize("dial", list(Dial))
def test_without_evidence_the_middle_tier_answers_at_any_dial(dial: Dial) -> None:
    assert decide(Question(" \u200b"), replace(shipped_stakes(), dial=dial)).choice.tier is Tier.STANDARD


def test_a_workspaces_shift_moves_its_asks_and_zero_moves_none() -> None:
    plain, up, down = (tiers_at(replace(shipped_stakes(), shifts=(by, by))) for by in (0.0, 0.5, -0.5))

    assert plain == tiers_at(shipped_stakes())
    assert sum(down) < sum(plain) < sum(up)


def tiers_at(stakes: Stakes) -> list[Tier]:
    return [decide(question, stakes).choice.tier for question in SCORED]
