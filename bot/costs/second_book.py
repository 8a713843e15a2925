"""Our prices beside an independent book's: neither is the truth, the gap is the alarm.

The other book is the data inside the package genai-prices. Its updater, which would fetch, is never started.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, StartDateConstraint, TieredPrices

from bot.costs.price_book import PriceBook
from bot.costs.pricing import Price
from bot.costs.rates import METERS, Rates
from bot.llm.model_client import Deployment

_VENDORS = {
    "anthropic": "anthropic", "gemini": "google", "mistral": "mistral", "moonshot": "moonshotai", "openai": "openai",
    "openrouter": "openrouter", "xai": "x-ai",
}  # fmt: skip
"""What we call a provider -> what the other book calls it."""

_THEIR_METERS = {
    "input_mtok": "input", "input_audio_mtok": "audio_input", "input_image_mtok": "image_input",
    "cache_read_mtok": "cached_input", "cache_audio_read_mtok": "cached_audio", "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h", "output_mtok": "output", "output_audio_mtok": "audio_output",
}  # fmt: skip
_THEIR_TIERS = {
    "priority": {"service_tier": "priority"},
    "flex": {"service_tier": "flex"},
    "batch": {"processing": "batch"},
}

Place = tuple[str, int, str]
"""Service tier ("" for the ordinary one), above how many input tokens, meter."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One price on which the books differ from `day` on, in USD per million tokens; None where a book has none."""

    model: str
    day: date
    tier: str
    above: int
    meter: str
    ours: Decimal | None
    theirs: Decimal | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many prices were compared, where the books differ, and the prices and ids that only one of them knows."""

    compared: int
    disagreements: tuple[Gap, ...]
    one_sided: tuple[Gap, ...]
    only_ours: tuple[str, ...]
    only_theirs: Mapping[str, tuple[str, ...]]


def compare(book: PriceBook, day: date) -> Comparison:
    """Every price in force on `day` (UTC), and on each later day for which the other book announces a change."""
    pairs = {model: _find(model) for model in sorted(book.listings)}
    gaps = [gap for model, other in pairs.items() if other for gap in _all_gaps(book, model, other, day)]
    both = [gap for gap in gaps if gap.ours is not None and gap.theirs is not None]
    return Comparison(
        compared=sum(gap.day == day for gap in both),
        disagreements=tuple(gap for gap in both if gap.ours != gap.theirs),
        one_sided=tuple(gap for gap in gaps if gap.ours is None or gap.theirs is None),
        only_ours=tuple(model for model, other in pairs.items() if other is None),
        only_theirs=_only_theirs({id(other) for other in pairs.values()}),
    )


def _all_gaps(book: PriceBook, model: str, other: ModelInfo, day: date) -> list[Gap]:
    """Today's, and of later days those that are new."""
    gaps = [Gap(model, day, *place, *figures) for place, figures in _gaps(book, model, other, day)]
    for later in _changes_after(other, day):
        known = {replace(gap, day=later) for gap in gaps}
        fresh = (Gap(model, later, *place, *figures) for place, figures in _gaps(book, model, other, later))
        gaps += [gap for gap in fresh if gap not in known]
    return gaps


def _gaps(
    book: PriceBook, model: str, other: ModelInfo, day: date
) -> Iterator[tuple[Place, tuple[Decimal | None, Decimal | None]]]:
    """Both figures at every place where at least one book says something."""
    at = datetime.combine(day, time(), UTC)
    listing = book.find(model, at)
    ours = dict(_our_places(listing.price)) if listing else {}
    theirs = dict(_their_places(other, at))
    told = set(_own_places(listing.price)) if listing else set()
    for place in sorted(told | theirs.keys()):
        yield place, (ours.get(place), theirs.get(place))


def _our_places(price: Price, tier: str = "") -> Iterator[tuple[Place, Decimal]]:
    """Every rate we would apply, whether the book says it or it follows from its kin."""
    for above, rates, lacking in _bands(price):
        for meter in METERS:
            if meter not in lacking:
                yield (tier, above, meter), getattr(rates, meter)
    for name, served in price.tiers.items():
        yield from _our_places(served, name)


def _own_places(price: Price, tier: str = "") -> Iterator[Place]:
    """Where the book says a rate of its own."""
    for above, rates, lacking in _bands(price):
        yield from ((tier, above, meter) for meter in rates.snapshot() if meter not in lacking)
    for name, served in price.tiers.items():
        yield from _own_places(served, name)


def _bands(price: Price) -> Iterator[tuple[int, Rates, frozenset[str]]]:
    yield 0, price.rates, price.lacking
    yield from ((band.above, band.rates, band.lacking) for band in price.bands)


def _their_places(model: ModelInfo, at: datetime) -> Iterator[tuple[Place, Decimal]]:
    yield from _flat("", model.get_prices(at))
    for tier, when in _THEIR_TIERS.items():
        for variant in model.price_variants or ():
            if variant.when == when and (variant.constraint is None or variant.constraint.active(at)):
                yield from _flat(tier, variant.prices)
                break


def _flat(tier: str, prices: ModelPrice) -> Iterator[tuple[Place, Decimal]]:
    for theirs, meter in _THEIR_METERS.items():
        price: Decimal | TieredPrices | None = getattr(prices, theirs, None)
        if isinstance(price, TieredPrices):
            yield (tier, 0, meter), price.base
            yield from (((tier, step.start, meter), step.price) for step in price.tiers)
        elif price is not None:
            yield (tier, 0, meter), price


def _find(model: str) -> ModelInfo | None:
    vendor, _, rest = model.partition("/")
    if not rest:
        vendor, rest = ("anthropic" if model.startswith("claude-") else Deployment(model).provider), model
    try:
        return get_snapshot().find_provider_model(rest, None, _VENDORS.get(vendor, vendor), None)[1]
    except LookupError:
        return None


def _changes_after(model: ModelInfo, day: date) -> list[date]:
    """The days for which the other book announces another price."""
    if isinstance(model.prices, ModelPrice):
        return []
    constraints = [price.constraint for price in model.prices]
    starts = {each.start_date for each in constraints if isinstance(each, StartDateConstraint)}
    return sorted(start for start in starts if start > day)


def _only_theirs(known: set[int]) -> dict[str, tuple[str, ...]]:
    """By our name of the provider."""
    providers = {provider.id: provider for provider in get_snapshot().providers}
    return {
        ours: tuple(model.id for model in providers[theirs].models if id(model) not in known)
        for ours, theirs in _VENDORS.items()
        if theirs in providers
    }
