"""Prices calculated by hand, and the properties that keep money exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.costs.price_book import load_price_book
from bot.costs.pricing import PICO_DOLLAR, Band, Price, Rates, estimated_usage
from bot.costs.rates import METERS, metered
from bot.llm.model_client import Usage
from bot.llm.usage import usage_of
from tests.costs.golden_usages import GOLDEN, anthropic, gemini, openai

BOOK = load_price_book()

AT = datetime(2026, 11, 24, tzinfo=UTC)

RATE = st.integers(0, 10**9).map(lambda millionths: Decimal(millionths) / 1_000_000)
RATES = st.builds(Rates, *(RATE for _ in METERS))
TOKENS = st.integers(0, 2_000_000)
BANDS = st.lists(st.builds(Band, TOKENS, RATES), max_size=3, unique_by=lambda band: band.above)
PRICES = st.builds(
    lambda rates, bands: Price(rates, "list", tuple(sorted(bands, key=lambda band: -band.above))), RATES, BANDS
)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    given_, cached, written, of_an_hour, output = (draw(TOKENS) for _ in range(5))
    cached = min(cached, given_)
    written = min(written, given_ - cached)
    reasoning = draw(st.integers(0, output))
    return Usage(given_, cached, written, min(of_an_hour, written), output, reasoning)


@st.composite
def usages_with_media(draw: st.DrawFn) -> Usage:
    """Sound, from the cache too, and images."""
    usage = draw(usages())
    sound = draw(st.integers(0, usage.cached_input_tokens))
    fresh = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
    more = draw(st.integers(0, fresh))
    images, spoken = (
        draw(st.integers(0, fresh - more)),
        draw(st.integers(0, usage.output_tokens - usage.reasoning_tokens)),
    )
    media = {"audio_input_tokens": sound + more, "cached_audio_tokens": sound, "image_input_tokens": images}
    return replace(usage, audio_output_tokens=spoken, **media)


@given(RATES, st.one_of(usages(), usages_with_media()))
def test_the_rates_a_usage_runs_through_are_enough_for_its_sums(rates: Rates, usage: Usage) -> None:
    kept = rates.snapshot(usage)

    again = Rates.of(kept)
    assert (again.price(usage), again.cache_saved(usage)) == (rates.price(usage), rates.cache_saved(usage))
    assert kept.keys() <= rates.snapshot().keys()


def test_the_rates_of_what_was_not_used_are_left_out() -> None:
    rates = Rates.of({"input": "1", "cached_input": "0.1", "cache_write": "1.25", "output": "5", "reasoning": "6"})

    assert rates.snapshot(Usage(10, output_tokens=1)) == {"input": "1", "output": "5"}
    assert rates.snapshot(Usage(10, 4, output_tokens=1)) == {"input": "1", "cached_input": "0.1", "output": "5"}


@pytest.mark.parametrize(("model", "body", "by_hand"), GOLDEN)
def test_a_usage_calculated_by_hand(model: str | Price, body: dict[str, Any], by_hand: str) -> None:
    usage = usage_of(body)
    price = model if isinstance(model, Price) else price_of(model)

    assert usage is not None
    serving = price.serving(usage)
    assert serving is not None
    assert serving.cost(usage) == summed(by_hand)


def test_the_hand_calculated_usages_are_many_and_of_many_providers() -> None:
    providers = {model.split("/")[0] if isinstance(model, str) else "config" for model, _, _ in GOLDEN}

    assert len(GOLDEN) >= 40
    assert len(providers) >= 6


@pytest.mark.parametrize(
    ("model", "body"),
    [
        ("openai/gpt-4o", openai(1000, 100, "batch", cached=10)),
        ("openai/gpt-4o", openai(1000, 100, "flex")),
        ("openai/gpt-6-luna", openai(1000, 100, "scale")),
        ("anthropic/claude-sonnet-5-5", anthropic(10, 10, tier="priority")),
        ("anthropic/claude-sonnet-5-5", anthropic(10, 10, written=(0, 5), tier="batch")),
        ("gemini/gemini-2.5-flash", gemini(10, 10, tier="PROVISIONED_THROUGHPUT")),
        ("gemini/gemini-2.5-flash", gemini(1000, 10, tier="ON_DEMAND_FLEX", audio=10)),
    ],
)
def test_a_served_tier_whose_rate_nobody_knows_has_no_price(model: str, body: dict[str, Any]) -> None:
    usage = usage_of(body)

    assert usage is not None
    assert price_of(model).serving(usage) is None


@given(PRICES, usages())
def test_every_token_runs_through_one_meter(price: Price, usage: Usage) -> None:
    tokens = dict(zip(METERS, metered(usage), strict=True))

    assert min(tokens.values()) >= 0
    assert sum(tokens.values()) == usage.input_tokens + usage.output_tokens
    cold = replace(usage, cached_input_tokens=0, cache_write_tokens=0, cache_write_1h_tokens=0)
    assert price.cache_saved(usage) == price.cost(cold) - price.cost(usage)


@given(PRICES, usages())
def test_a_price_is_exact_and_a_whole_number_of_pico_dollars(price: Price, usage: Usage) -> None:
    rates = price.rates_for(usage)
    plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
    exact = (
        plain * Fraction(rates.input)
        + usage.cached_input_tokens * Fraction(rates.cached_input)
        + (usage.cache_write_tokens - usage.cache_write_1h_tokens) * Fraction(rates.cache_write)
        + usage.cache_write_1h_tokens * Fraction(rates.cache_write_1h)
        + (usage.output_tokens - usage.reasoning_tokens) * Fraction(rates.output)
        + usage.reasoning_tokens * Fraction(rates.reasoning)
    ) / 1_000_000

    cost = price.cost(usage)

    assert Fraction(cost) == exact
    assert cost == cost.quantize(PICO_DOLLAR)


@given(PRICES, usages(), st.integers(0, 1000))
def test_the_reserve_covers_whatever_the_request_can_cost(price: Price, usage: Usage, spare: int) -> None:
    reserve = price.reserve(usage.input_tokens * 2 + spare, usage.output_tokens + spare)

    assert reserve >= price.cost(usage)


@given(RATES, usages())
def test_a_row_is_recomputed_from_its_own_snapshot(rates: Rates, usage: Usage) -> None:
    assert Rates.of(rates.snapshot()).price(usage) == rates.price(usage)


def test_a_reserve_is_not_taken_at_rates_that_the_input_cannot_reach() -> None:
    haiku = BOOK.find("anthropic/claude-haiku-5-5")

    assert haiku is not None
    assert haiku.price.reserve(3936, 1000) == Decimal("0.0009002")
    assert haiku.price.reserve(400_000, 0) == Decimal("0.200033")


def test_what_a_price_leaves_out_costs_as_much_as_plain_input() -> None:
    told = Rates.of({"input": "2", "output": "8"})

    assert [getattr(told, name) for name in METERS] == [Decimal(2)] * 7 + [Decimal(8)] * 3
    assert Rates.of({"input": "2", "output": "8", "cache_write": "3"}).cache_write_1h == 3


@pytest.mark.parametrize("rate", ["-1", "NaN", "Infinity", "0.0000001", "1000000"])
def test_what_is_no_price_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="not a price"):
        Rates.of({"input": rate, "output": "1"})


def test_a_guess_at_tokens_is_never_nothing() -> None:
    assert estimated_usage(0, 0) == Usage(input_tokens=1, output_tokens=1)
    assert estimated_usage(4000, 400) == Usage(input_tokens=1001, output_tokens=101)


def price_of(model: str) -> Price:
    listing = BOOK.find(model, AT)
    assert listing is not None
    return listing.price


def summed(by_hand: str) -> Decimal:
    """`100 x 0.1 + 20 x 0.5` in dollars."""
    terms = (term.split(" x ") for term in by_hand.split(" + "))
    return sum((Decimal(tokens) * Decimal(rate) for tokens, rate in terms), Decimal(0)) / 1_000_000
