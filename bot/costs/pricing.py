"""Prices applied to tokens, exactly. Rates are USD per million tokens; amounts are USD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from bot.llm.model_client import Usage

MILLION = Decimal(1_000_000)
PICO_DOLLAR = Decimal("1e-12")
"""The ledger's smallest amount; a rate of six decimals makes the price of a token a whole number of them."""

_BYTES_PER_TOKEN = 2
"""Prose has about four bytes a token, so half of that is an upper bound."""

_FRAMING_TOKENS = 32
"""What a provider adds around a prompt: roles, separators, its own preamble."""

_BYTES_PER_TOKEN_ON_AVERAGE = 4


@dataclass(frozen=True, slots=True)
class Rates:
    """One price of one model, in USD per million tokens."""

    input: Decimal
    cached_input: Decimal
    cache_write: Decimal
    cache_write_1h: Decimal
    output: Decimal

    def __post_init__(self) -> None:
        """Raises ValueError for a rate that is no price."""
        for name in self.__slots__:
            if not is_rate(getattr(self, name)):
                raise ValueError(f"{name}: not a price in USD per million tokens with at most 6 decimals")

    @classmethod
    def of(cls, row: Mapping[str, str]) -> Self:
        """From the decimal strings of a price book or a snapshot; what is left out costs as much as plain input."""
        plain = Decimal(row["input"])
        write = Decimal(row["cache_write"]) if "cache_write" in row else plain
        return cls(
            input=plain,
            cached_input=Decimal(row["cached_input"]) if "cached_input" in row else plain,
            cache_write=write,
            cache_write_1h=Decimal(row["cache_write_1h"]) if "cache_write_1h" in row else write,
            output=Decimal(row["output"]),
        )

    def price(self, usage: Usage) -> Decimal:
        """What these tokens cost, exactly."""
        written_1h = usage.cache_write_1h_tokens
        written_5m = usage.cache_write_tokens - written_1h
        plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
        return (
            plain * self.input
            + usage.cached_input_tokens * self.cached_input
            + written_5m * self.cache_write
            + written_1h * self.cache_write_1h
            + usage.output_tokens * self.output
        ) / MILLION

    def snapshot(self) -> dict[str, str]:
        """The decimal strings from which a row can be recomputed with `Rates.of`."""
        return {name: format(getattr(self, name), "f") for name in self.__slots__}

    @property
    def dearest_input(self) -> Decimal:
        """The most that one token of input can cost."""
        return max(self.input, self.cached_input, self.cache_write, self.cache_write_1h)


@dataclass(frozen=True, slots=True)
class Price:
    """A model's price: its rates, and the dearer ones that a whole request pays above a number of input tokens."""

    rates: Rates
    source: str
    above_tokens: int | None = None
    above_rates: Rates | None = None

    def rates_for(self, usage: Usage) -> Rates:
        """The rates this request pays: all of it moves to the higher price, not only the tokens above."""
        return self._rates_at(usage.input_tokens)

    def cost(self, usage: Usage) -> Decimal:
        """What the request costs, in USD."""
        return self.rates_for(usage).price(usage)

    def cache_saved(self, usage: Usage) -> Decimal:
        """What the provider's cache saved, in USD: negative when writing to it cost more than reading from it saved."""
        cold = replace(usage, cached_input_tokens=0, cache_write_tokens=0, cache_write_1h_tokens=0)
        return self.cost(cold) - self.cost(usage)

    def reserve(self, input_bytes: int, max_output_tokens: int) -> Decimal:
        """An upper bound, in USD, of a request that has not left yet, at the dearest rates its input can reach."""
        tokens = input_bytes // _BYTES_PER_TOKEN + 1 + _FRAMING_TOKENS
        reachable = {self.rates, self._rates_at(tokens)}
        dearest_in = max(rates.dearest_input for rates in reachable)
        dearest_out = max(rates.output for rates in reachable)
        return (tokens * dearest_in + max_output_tokens * dearest_out) / MILLION

    def _rates_at(self, input_tokens: int) -> Rates:
        if self.above_rates is not None and self.above_tokens is not None and input_tokens > self.above_tokens:
            return self.above_rates
        return self.rates


def is_rate(rate: Decimal) -> bool:
    """True for a price per million tokens that makes the price of one token a whole number of pico-dollars."""
    return rate.is_finite() and 0 <= rate < MILLION and rate * MILLION == (rate * MILLION).to_integral_value()


def estimated_usage(input_bytes: int, output_bytes: int) -> Usage:
    """A guess at the tokens of an answer whose provider did not count them."""
    return Usage(
        input_tokens=input_bytes // _BYTES_PER_TOKEN_ON_AVERAGE + 1,
        output_tokens=output_bytes // _BYTES_PER_TOKEN_ON_AVERAGE + 1,
    )
