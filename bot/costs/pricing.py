"""A model's price: its rates, the dearer ones of long requests, and those of other service tiers. Amounts are USD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.costs.rates import METERS, MILLION, PICO_DOLLAR, Rates, is_rate, metered
from bot.llm.model_client import Usage

__all__ = [
    "MILLION",
    "PICO_DOLLAR",
    "Band",
    "Price",
    "Rates",
    "estimated_usage",
    "extraordinary_tier",
    "is_rate",
    "service_tier",
]

_BYTES_PER_TOKEN = 2
"""Prose has about four bytes a token, so half of that is an upper bound."""

_FRAMING_TOKENS = 32
"""What a provider adds around a prompt: roles, separators, its own preamble."""

_BYTES_PER_TOKEN_ON_AVERAGE = 4

_ORDINARY = "standard"
_SERVICE_TIERS = {
    "": _ORDINARY, "standard": _ORDINARY, "default": _ORDINARY, "auto": _ORDINARY, "on_demand": _ORDINARY,
    "priority": "priority", "on_demand_priority": "priority",
    "flex": "flex", "on_demand_flex": "flex",
    "batch": "batch",
}  # fmt: skip
"""What vendors call the tier that served, and whose rates that means. A name that does not stand here has none."""


@dataclass(frozen=True, slots=True)
class Band:
    """The rates a whole request pays once its input has more than `above` tokens.

    `lacking` are the meters for which nobody knows the rate here, though they cost something of their own below.
    """

    above: int
    rates: Rates
    lacking: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs; `bands` from the highest down, `tiers` by service tier, `version` tells an overlay's own."""

    rates: Rates
    source: str
    bands: tuple[Band, ...] = ()
    lacking: frozenset[str] = frozenset()
    tiers: Mapping[str, Price] = field(default_factory=dict, hash=False)
    version: str | None = None

    def serving(self, usage: Usage) -> Price | None:
        """The price of the service tier that served; None when it is not known, or not for these tokens."""
        tier = service_tier(usage)
        price = self if tier == _ORDINARY else self.tiers.get(tier or "")
        return None if price is None or price.lacks_a_rate_for(usage) else price

    def lacks_a_rate_for(self, usage: Usage) -> bool:
        """True when some of these tokens run through a meter whose rate nobody knows."""
        band = self._band(usage)
        lacking = band.lacking if band else self.lacking
        return bool(lacking) and any(
            tokens for name, tokens in zip(METERS, metered(usage), strict=True) if name in lacking
        )

    def rates_for(self, usage: Usage) -> Rates:
        """The rates this request pays: all of it moves to the higher price, not only the tokens above."""
        band = self._band(usage)
        return band.rates if band else self.rates

    def snapshot(self, usage: Usage) -> dict[str, object]:
        """The rates of this request for its row, and above how many tokens they hold if it is a long one."""
        band = self._band(usage)
        return {**band.rates.snapshot(usage), "above": band.above} if band else dict(self.rates.snapshot(usage))

    def cost(self, usage: Usage) -> Decimal:
        """What the request costs, in USD."""
        return self.rates_for(usage).price(usage)

    def cache_saved(self, usage: Usage) -> Decimal:
        """What the provider's cache saved, in USD: negative when writing to it cost more than reading from it saved."""
        return self.rates_for(usage).cache_saved(usage)

    def reserve(self, input_bytes: int, max_output_tokens: int, picture_tokens: int = 0) -> Decimal:
        """An upper bound, in USD, of a request that has not left yet, at the dearest rates its input can reach."""
        tokens = input_bytes // _BYTES_PER_TOKEN + 1 + _FRAMING_TOKENS + picture_tokens
        dearest_in, dearest_out = self.rates.dearest_input, self.rates.dearest_output
        if picture_tokens:
            dearest_in = max(dearest_in, self.rates.image_input)
        for band in self.bands:
            if tokens > band.above:
                pictures = band.rates.image_input if picture_tokens else dearest_in
                dearest_in = max(dearest_in, pictures, band.rates.dearest_input)
                dearest_out = max(dearest_out, band.rates.dearest_output)
        return (tokens * dearest_in + max_output_tokens * dearest_out) / MILLION

    def _band(self, usage: Usage) -> Band | None:
        for band in self.bands:
            if usage.input_tokens > band.above:
                return band
        return None


def service_tier(usage: Usage) -> str | None:
    """`standard`, `priority`, `flex` or `batch`, as the provider says it served; None for a name nobody knows."""
    return _SERVICE_TIERS.get((usage.service_tier or "").lower())


def extraordinary_tier(usage: Usage) -> str | None:
    """The service tier in its provider's words, unless it is the ordinary one."""
    return None if service_tier(usage) == _ORDINARY else usage.service_tier


def estimated_usage(input_bytes: int, output_bytes: int, picture_tokens: int = 0) -> Usage:
    """A guess at the tokens of an answer whose provider did not count them; of pictures the most they can be."""
    return Usage(
        input_tokens=input_bytes // _BYTES_PER_TOKEN_ON_AVERAGE + 1 + picture_tokens,
        output_tokens=output_bytes // _BYTES_PER_TOKEN_ON_AVERAGE + 1,
    )
