"""Prices calculated by hand, and the properties that keep money exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.costs.price_book import load_price_book
from bot.costs.pricing import PICO_DOLLAR, Price, Rates, estimated_usage
from bot.llm.model_client import Usage

BOOK = load_price_book()

GOLDEN = [
    # model, (input, cached, written, of which for 1 h, output), USD
    ("gemini/gemini-3.1-flash-lite", (1000, 0, 0, 0, 200), "0.00055"),
    ("gemini/gemini-3.1-flash-lite", (1000, 400, 0, 0, 200), "0.00046"),
    ("gemini/gemini-3.1-flash-lite", (1, 0, 0, 0, 0), "0.00000025"),
    ("gemini/gemini-2.5-flash", (12345, 0, 0, 0, 678), "0.0053985"),
    ("gemini/gemini-2.5-flash-lite", (1000000, 250000, 0, 0, 65536), "0.1037144"),
    ("gemini/gemini-3.8-flash", (800, 0, 0, 0, 150), "0.0011625"),
    ("openai/gpt-6-luna", (100, 0, 0, 0, 20), "0.00002"),
    ("openai/gpt-6-luna", (100, 60, 10, 0, 20), "0.00001485"),
    ("openai/gpt-6-luna", (272000, 0, 0, 0, 1000), "0.0277"),
    ("openai/gpt-6-luna", (272001, 0, 0, 0, 1000), "0.0551502"),
    ("openai/gpt-6-luna", (300000, 200000, 50000, 0, 100), "0.026575"),
    ("openai/gpt-6.1-terra", (5000, 4000, 0, 0, 800), "0.0052"),
    ("openai/gpt-6.1-sol", (272001, 1, 0, 0, 1), "1.0880152"),
    ("openai/gpt-4o", (1000, 500, 0, 0, 100), "0.002875"),
    ("openai/gpt-4o-mini", (1000, 0, 0, 0, 100), "0.00021"),
    ("moonshot/kimi-k2.6", (2000, 1500, 0, 0, 300), "0.001915"),
    ("moonshot/kimi-k2.5", (1, 1, 0, 0, 1), "0.0000031"),
    ("anthropic/claude-sonnet-5-5", (105, 30, 25, 10, 20), "0.0003805"),
    ("anthropic/claude-sonnet-5-5", (0, 0, 0, 0, 16384), "0.16384"),
    ("anthropic/claude-opus-5-5", (50000, 40000, 8000, 8000, 4000), "0.16"),
    ("anthropic/claude-haiku-5-5", (100000, 0, 0, 0, 1000), "0.0105"),
    ("anthropic/claude-haiku-5-5", (100001, 0, 100000, 0, 1000), "0.0650005"),
    ("anthropic/claude-3-opus", (1000, 0, 0, 0, 1000), "0.09"),
    ("openrouter/anthropic/claude-sonnet-5.5", (1000, 0, 0, 0, 1000), "0.012"),
]

RATE = st.integers(0, 10**9).map(lambda millionths: Decimal(millionths) / 1_000_000)
RATES = st.builds(Rates, RATE, RATE, RATE, RATE, RATE)
TOKENS = st.integers(0, 2_000_000)
PRICES = st.builds(Price, RATES, st.just("list"), st.none() | TOKENS, st.none() | RATES)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    given_, cached, written, of_an_hour, output = (draw(TOKENS) for _ in range(5))
    cached = min(cached, given_)
    written = min(written, given_ - cached)
    return Usage(given_, cached, written, min(of_an_hour, written), output)


@pytest.mark.parametrize(("model", "tokens", "usd"), GOLDEN)
def test_a_price_calculated_by_hand(model: str, tokens: tuple[int, int, int, int, int], usd: str) -> None:
    listing = BOOK.find(model)

    assert listing is not None
    assert listing.price.cost(Usage(*tokens)) == Decimal(usd)


@given(PRICES, usages())
def test_a_price_is_exact_and_a_whole_number_of_pico_dollars(price: Price, usage: Usage) -> None:
    rates = price.rates_for(usage)
    plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
    exact = (
        plain * Fraction(rates.input)
        + usage.cached_input_tokens * Fraction(rates.cached_input)
        + (usage.cache_write_tokens - usage.cache_write_1h_tokens) * Fraction(rates.cache_write)
        + usage.cache_write_1h_tokens * Fraction(rates.cache_write_1h)
        + usage.output_tokens * Fraction(rates.output)
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
    two = Decimal(2)

    assert Rates.of({"input": "2", "output": "8"}) == Rates(two, two, two, two, Decimal(8))
    assert Rates.of({"input": "2", "output": "8", "cache_write": "3"}).cache_write_1h == 3


@pytest.mark.parametrize("rate", ["-1", "NaN", "Infinity", "0.0000001", "1000000"])
def test_what_is_no_price_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="not a price"):
        Rates.of({"input": rate, "output": "1"})


def test_a_guess_at_tokens_is_never_nothing() -> None:
    assert estimated_usage(0, 0) == Usage(input_tokens=1, output_tokens=1)
    assert estimated_usage(4000, 400) == Usage(input_tokens=1001, output_tokens=101)
