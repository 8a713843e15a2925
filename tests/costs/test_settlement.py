"""What an answer costs, decided without touching anything."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.costs.pricing import Price, Rates
from bot.costs.settlement import Terms, oddities, priced
from bot.llm.model_client import Completion, Deployment, Usage

PRICE = Price(Rates.of({"input": "1", "cached_input": "0.1", "output": "5"}), "list")
BIG = Price(Rates.of({"input": "4", "output": "20"}), "list")
OPENAI = Terms(Deployment("openai/gpt-6.1-terra"), PRICE, BIG, 400)
OPENROUTER = replace(OPENAI, deployment=Deployment("openrouter/openai/gpt-6.1-terra"))
USAGE = Usage(input_tokens=1000, cached_input_tokens=400, output_tokens=100, raw={"prompt_tokens": 1000})
ANSWER = Completion("Hello!", "gpt-6.1-terra-2026-10-01", "cmpl-1", "stop", USAGE)


def said(**counts: object) -> Completion:
    return replace(ANSWER, usage=replace(USAGE, **counts))  # type: ignore[arg-type]


def test_the_list_price_of_what_was_counted_beside_the_baselines() -> None:
    outcome = priced(OPENAI, ANSWER)

    assert (outcome.cost_usd, outcome.cost_source) == (Decimal("0.00114"), "list")
    assert outcome.list_usd == outcome.cost_usd
    assert outcome.baseline_usd == Decimal("0.006")
    assert (outcome.usage_source, outcome.usage) == ("reported", {"prompt_tokens": 1000})
    assert (outcome.model, outcome.response_model) == ("openai/gpt-6.1-terra", "gpt-6.1-terra-2026-10-01")


@pytest.mark.parametrize(
    ("said", "kept"),
    [("gpt-6.1-terra", None), ("openai/gpt-6.1-terra", None), ("gpt-6.1-terra-2027", "gpt-6.1-terra-2027")],
)
def test_a_response_that_names_its_model_as_we_do_needs_no_name_of_its_own(said: str, kept: str | None) -> None:
    assert priced(OPENAI, replace(ANSWER, model=said)).response_model == kept


@pytest.mark.parametrize(("tier", "kept"), [("default", None), (None, None), ("flex", "flex")])
def test_only_a_service_tier_out_of_the_ordinary_is_kept(tier: str | None, kept: str | None) -> None:
    assert priced(OPENAI, said(service_tier=tier)).service_tier == kept


def test_what_the_providers_cache_saved_is_told_apart_even_when_writing_to_it_cost_more() -> None:
    read, written = priced(OPENAI, ANSWER), priced(OPENAI, said(cached_input_tokens=0, cache_write_tokens=400))
    dear = replace(OPENAI, price=Price(Rates.of({"input": "1", "cache_write": "1.25", "output": "5"}), "list"))

    assert (read.cache_saved_usd, written.cache_saved_usd) == (Decimal("0.00036"), 0)
    assert priced(dear, said(cached_input_tokens=0, cache_write_tokens=400)).cache_saved_usd == Decimal("-0.0001")


def test_a_row_is_recomputed_from_its_rates_and_counts() -> None:
    outcome = priced(OPENAI, said(cache_write_tokens=50, cache_write_1h_tokens=20))

    assert outcome.rates is not None
    again = Rates.of({name: str(rate) for name, rate in outcome.rates.items()})
    counted = Usage(
        outcome.input_tokens,
        outcome.cached_input_tokens,
        outcome.cache_write_tokens,
        outcome.cache_write_1h_tokens,
        outcome.output_tokens,
    )
    assert again.price(counted) == outcome.cost_usd


def test_openrouters_own_word_wins_beside_the_list_price() -> None:
    outcome = priced(OPENROUTER, said(reported_usd=Decimal("0.0012345678912345")))

    assert (outcome.cost_usd, outcome.cost_source) == (Decimal("0.001234567891"), "provider")
    assert (outcome.reported_usd, outcome.list_usd) == (Decimal("0.001234567891"), Decimal("0.00114"))


def test_the_word_of_anyone_else_is_kept_and_not_believed() -> None:
    outcome = priced(OPENAI, said(reported_usd=Decimal("0.5")))

    assert (outcome.cost_usd, outcome.cost_source) == (Decimal("0.00114"), "list")
    assert outcome.reported_usd == Decimal("0.5")


def test_openrouter_that_says_no_cost_is_priced_by_the_list() -> None:
    assert priced(OPENROUTER, ANSWER).cost_source == "list"


def test_a_cost_of_zero_is_a_price() -> None:
    outcome = priced(OPENROUTER, said(reported_usd=Decimal(0)))

    assert (outcome.cost_usd, outcome.cost_source) == (Decimal(0), "provider")


def test_a_model_without_a_price_is_unpriced_and_saves_nothing() -> None:
    outcome = priced(replace(OPENAI, price=None), ANSWER)

    assert (outcome.cost_usd, outcome.cost_source, outcome.rates) == (None, "unpriced", None)
    assert outcome.baseline_usd is None


@pytest.mark.parametrize("tier", ["flex", "priority", "FLEX"])
def test_a_service_tier_with_another_price_is_not_booked_at_the_list(tier: str) -> None:
    assert priced(OPENAI, said(service_tier=tier)).cost_source == "unpriced"


@pytest.mark.parametrize("tier", [None, "default", "standard", "ON_DEMAND"])
def test_the_ordinary_service_tier_costs_what_the_list_says(tier: str | None) -> None:
    assert priced(OPENAI, said(service_tier=tier)).cost_source == "list"


def test_an_answer_nobody_counted_is_estimated_and_says_so() -> None:
    outcome = priced(OPENAI, replace(ANSWER, text="x" * 40, usage=None))

    assert (outcome.usage_source, outcome.input_tokens, outcome.output_tokens) == ("estimated", 101, 11)
    assert (outcome.cost_usd, outcome.usage) == (Decimal("0.000156"), None)


@pytest.mark.parametrize(
    ("terms", "usage", "word"),
    [
        (OPENAI, USAGE, None),
        (OPENAI, None, "usage_missing"),
        (OPENAI, replace(USAGE, contradictory=True), "usage_contradictory"),
        (OPENAI, replace(USAGE, input_tokens=10_401), "usage_absurd"),
        (OPENROUTER, replace(USAGE, reported_usd=Decimal("0.00115")), None),
        (OPENROUTER, replace(USAGE, reported_usd=Decimal("0.0012")), "price_diverges"),
        (replace(OPENROUTER, price=None), replace(USAGE, reported_usd=Decimal(1)), None),
    ],
)
def test_what_a_person_should_look_at_is_said(terms: Terms, usage: Usage | None, word: str | None) -> None:
    assert oddities(terms, priced(terms, replace(ANSWER, usage=usage)), usage) == ((word,) if word else ())
