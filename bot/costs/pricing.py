"""Prices applied to tokens, exactly. Rates are USD per million tokens; amounts are USD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from bot.llm.model_client import Usage

MILLION = Decimal(1_000_000)
_BYTES_PER_TOKEN = 2
"""No tokenizer in use makes more than one token of two bytes of prose; the reserve must never be too small."""


@dataclass(frozen=True, slots=True)
class Rates:
    """One price of one model, in USD per million tokens."""

    input: Decimal
    cached_input: Decimal
    cache_write: Decimal
    cache_write_1h: Decimal
    output: Decimal

    @classmethod
    def of(cls, row: Mapping[str, str]) -> Self:
        """From the decimal strings of a price book; what a book leaves out costs as much as plain input."""
        plain = Decimal(row["input"])
        write = Decimal(row.get("cache_write", row["input"]))
        return cls(
            input=plain,
            cached_input=Decimal(row.get("cached_input", row["input"])),
            cache_write=write,
            cache_write_1h=Decimal(row.get("cache_write_1h", str(write))),
            output=Decimal(row["output"]),
        )

    def price(self, usage: Usage) -> Decimal:
        """What these tokens cost, exactly."""
        plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
        written_5m = usage.cache_write_tokens - usage.cache_write_1h_tokens
        return (
            plain * self.input
            + usage.cached_input_tokens * self.cached_input
            + written_5m * self.cache_write
            + usage.cache_write_1h_tokens * self.cache_write_1h
            + usage.output_tokens * self.output
        ) / MILLION

    def snapshot(self) -> dict[str, str]:
        """The decimal strings from which a row can be recomputed."""
        return {name: format(getattr(self, name), "f") for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Price:
    """A model's price: its rates, and the dearer ones that a whole request pays above a number of input tokens."""

    rates: Rates
    source: str
    above_tokens: int | None = None
    above_rates: Rates | None = None

    def rates_for(self, usage: Usage) -> Rates:
        """The rates this request pays: all of it moves to the higher price, not only the tokens above."""
        if self.above_tokens is not None and self.above_rates and usage.input_tokens > self.above_tokens:
            return self.above_rates
        return self.rates

    def cost(self, usage: Usage) -> Decimal:
        """What the request costs, in USD."""
        return self.rates_for(usage).price(usage)

    def reserve(self, input_bytes: int, max_output_tokens: int) -> Decimal:
        """An upper bound, in USD, of a request that has not left yet."""
        books = [self.rates] + ([self.above_rates] if self.above_rates else [])
        dearest_in = max(max(book.input, book.cached_input, book.cache_write, book.cache_write_1h) for book in books)
        dearest_out = max(book.output for book in books)
        tokens = input_bytes // _BYTES_PER_TOKEN + 1
        return (tokens * dearest_in + max_output_tokens * dearest_out) / MILLION
