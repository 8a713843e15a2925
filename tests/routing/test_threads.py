"""A thread's tier: up at once, down only with a margin or after a rest, and not where the cache is worth more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.costs.pricing import Price, Rates
from bot.llm.model_client import Usage
from bot.routing.choice import Choice, Intent, Tier
from bot.routing.threads import IDLE_S, SURE_ENOUGH, Standing, Switch, floor_after, held

QUESTION = "What is the capital of Mongolia, and how many people live there?"
FREE_TO_MOVE = Switch(None, None)
AT_THREE = Standing(Tier.FRONTIER, asked=False, idle_s=30, last=Usage(input_tokens=2000, output_tokens=300))


def chosen(tier: Tier, confidence: float = 0.9, by: str = "score") -> Choice:
    return Choice(Intent.CHAT, tier, confidence, by, "because")


def test_a_dearer_choice_moves_a_thread_up_at_once() -> None:
    standing = Standing(Tier.FAST, asked=False, idle_s=1, last=Usage())

    choice = held(chosen(Tier.FRONTIER), QUESTION, standing, FREE_TO_MOVE)

    assert choice.tier is Tier.FRONTIER
    assert floor_after(choice, standing) is Tier.FRONTIER


def test_a_new_question_that_is_clearly_easier_moves_it_down() -> None:
    assert held(chosen(Tier.FAST), QUESTION, AT_THREE, FREE_TO_MOVE).tier is Tier.FAST


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        (QUESTION, SURE_ENOUGH - 0.01),
        ("fix it", 0.99),
        ("and what about the second table you made?", 0.99),
        ("can you do that again with all of the numbers", 0.99),
    ],
)
def test_what_is_unsure_or_points_back_keeps_the_threads_tier(text: str, confidence: float) -> None:
    choice = held(chosen(Tier.FAST, confidence), text, AT_THREE, FREE_TO_MOVE)

    assert (choice.tier, choice.decided_by) == (Tier.FRONTIER, "thread")


@pytest.mark.parametrize(("idle_s", "tier"), [(IDLE_S - 1, Tier.FRONTIER), (IDLE_S, Tier.FAST)])
def test_the_floor_decays_when_a_thread_rests(idle_s: float, tier: Tier) -> None:
    rested = Standing(Tier.FRONTIER, asked=False, idle_s=idle_s, last=Usage())

    assert held(chosen(Tier.FAST, 0.6), QUESTION, rested, FREE_TO_MOVE).tier is tier


def test_thanks_are_answered_cheaply_and_lower_nothing() -> None:
    thanks = held(chosen(Tier.FAST, by="rule:thanks"), "thanks!", AT_THREE, FREE_TO_MOVE)

    assert thanks.tier is Tier.FAST
    assert floor_after(thanks, AT_THREE) is None


def test_moving_does_not_pay_while_a_long_thread_is_cached() -> None:
    long_thread = Usage(input_tokens=50_000, output_tokens=300)
    switch = Switch(stay=price("0.95", "0.10", "4"), move=price("0.25", "0.025", "1.5"))

    assert not switch.pays(long_thread, warm=True)
    assert switch.pays(long_thread, warm=False)
    assert switch.pays(Usage(input_tokens=500, output_tokens=300), warm=True)


def test_a_thread_whose_cache_is_worth_more_stays_and_says_why() -> None:
    standing = Standing(Tier.STANDARD, asked=False, idle_s=30, last=Usage(input_tokens=50_000, output_tokens=300))
    switch = Switch(stay=price("0.95", "0.10", "4"), move=price("0.25", "0.025", "1.5"))

    choice = held(chosen(Tier.FAST), QUESTION, standing, switch)

    assert choice.tier is Tier.STANDARD
    assert "cached" in choice.reason


def price(plain: str, cached: str, output: str) -> Price:
    return Price(
        Rates.of({"input": Decimal(plain), "cached_input": Decimal(cached), "output": Decimal(output)}), "config"
    )
