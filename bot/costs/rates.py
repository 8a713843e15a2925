"""One price of one model, and its exact application to tokens. Rates are USD per million tokens; amounts are USD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from operator import mul
from typing import Self

from bot.llm.model_client import Usage

MILLION = Decimal(1_000_000)
PICO_DOLLAR = Decimal("1e-12")
"""The ledger's smallest amount; a rate of six decimals makes the price of a token a whole number of them."""

_PICOS_IN_A_DOLLAR = Decimal(10**12)

METERS = (
    "input", "audio_input", "image_input", "cached_input", "cached_audio", "cache_write", "cache_write_1h",
    "output", "reasoning", "audio_output",
)  # fmt: skip
"""What is counted and priced apart; every token of a request runs through exactly one meter."""

_COSTS_AS_MUCH_AS = {
    "audio_input": "input", "image_input": "input", "cached_input": "input", "cached_audio": "cached_input",
    "cache_write": "input", "cache_write_1h": "cache_write", "reasoning": "output", "audio_output": "output",
}  # fmt: skip
"""Whose rate a meter has when a price leaves its own out."""


@dataclass(frozen=True, slots=True)
class Rates:
    """A rate for every meter, in USD per million tokens."""

    input: Decimal
    audio_input: Decimal
    image_input: Decimal
    cached_input: Decimal
    cached_audio: Decimal
    cache_write: Decimal
    cache_write_1h: Decimal
    output: Decimal
    reasoning: Decimal
    audio_output: Decimal
    _picos: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _told: Mapping[str, str] = field(init=False, repr=False, compare=False)
    dearest_input: Decimal = field(init=False, repr=False, compare=False)
    """The most that one token of text can cost on its way in."""
    dearest_output: Decimal = field(init=False, repr=False, compare=False)
    """The most that one token of text can cost on its way out."""

    def __post_init__(self) -> None:
        """Raises ValueError for a rate that is no price."""
        for name in METERS:
            if not is_rate(getattr(self, name)):
                raise ValueError(f"{name}: not a price in USD per million tokens with at most 6 decimals")
        object.__setattr__(self, "_picos", tuple(int(getattr(self, name) * MILLION) for name in METERS))
        into = (self.input, self.cached_input, self.cache_write, self.cache_write_1h)
        object.__setattr__(self, "dearest_input", max(into))
        object.__setattr__(self, "dearest_output", max(self.output, self.reasoning))
        own = (name for name in METERS if getattr(self, name) != getattr(self, _COSTS_AS_MUCH_AS.get(name, ""), None))
        object.__setattr__(self, "_told", {name: format(getattr(self, name), "f") for name in own})

    @classmethod
    def of(cls, row: Mapping[str, object]) -> Self:
        """From the decimal strings of a price book or a snapshot; what is left out costs as much as its plain kin."""
        rates: dict[str, Decimal] = {}
        for name in ("input", "output", *_COSTS_AS_MUCH_AS):
            rates[name] = Decimal(str(row[name])) if name in row else rates[_COSTS_AS_MUCH_AS[name]]
        return cls(**rates)

    def price(self, usage: Usage) -> Decimal:
        """What these tokens cost, exactly."""
        return Decimal(sum(map(mul, metered(usage), self._picos))) / _PICOS_IN_A_DOLLAR

    def cache_saved(self, usage: Usage) -> Decimal:
        """What reading from the provider's cache saved, less what writing to it cost more than plain input."""
        if not usage.cached_input_tokens and not usage.cache_write_tokens:
            return Decimal(0)
        _, _, _, cached, cached_audio, written, written_1h, *_ = metered(usage)
        fresh, sound, _, read, read_audio, write, write_1h, *_ = self._picos
        saved = cached * (fresh - read) + cached_audio * (sound - read_audio)
        return Decimal(saved + written * (fresh - write) + written_1h * (fresh - write_1h)) / _PICOS_IN_A_DOLLAR

    def snapshot(self, usage: Usage | None = None) -> dict[str, str]:
        """The decimal strings from which a row can be recomputed with `Rates.of`, without what that fills in.

        For a known usage, without what its tokens do not run through either.
        """
        if usage is None:
            return dict(self._told)
        needed = _needed(usage)
        return {name: rate for name, rate in self._told.items() if name in needed}


def metered(usage: Usage) -> tuple[int, ...]:
    """The tokens of each meter, in the order of `METERS`; together they are the input and the output."""
    fresh_audio = usage.audio_input_tokens - usage.cached_audio_tokens
    fresh = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
    return (
        fresh - fresh_audio - usage.image_input_tokens,
        fresh_audio,
        usage.image_input_tokens,
        usage.cached_input_tokens - usage.cached_audio_tokens,
        usage.cached_audio_tokens,
        usage.cache_write_tokens - usage.cache_write_1h_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens - usage.reasoning_tokens - usage.audio_output_tokens,
        usage.reasoning_tokens,
        usage.audio_output_tokens,
    )


def _needed(usage: Usage) -> set[str]:
    """The meters whose rates an amount is made of, and those that stand in for one that is not told."""
    needed = {"input", "output"}
    for name, tokens in zip(METERS, metered(usage), strict=True):
        meter = name
        while tokens and meter not in needed:
            needed.add(meter)
            meter = _COSTS_AS_MUCH_AS[meter]
    return needed | {"audio_input"} if "cached_audio" in needed else needed


def is_rate(rate: Decimal) -> bool:
    """True for a price per million tokens that makes the price of one token a whole number of pico-dollars."""
    return rate.is_finite() and 0 <= rate < MILLION and rate * MILLION == (rate * MILLION).to_integral_value()
