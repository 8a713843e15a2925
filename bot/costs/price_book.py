"""Our own price book: a dated file in git with a price for every shipped id, and what operators laid over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any

from bot.costs.pricing import Band, Price, Rates
from bot.costs.rates import METERS
from bot.db.price_overlays import PriceOverlay
from bot.llm.model_client import Deployment

_OMITTABLE = {"openai": "gpt-", "anthropic": "claude-"}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Listing:
    """What the book knows of one model from a day on; `retired` is the day from which it is no longer served.

    With `vision` it takes images.
    """

    model: str
    price: Price
    context_tokens: int | None
    retired: date | None
    max_output_tokens: int | None = None
    since: date | None = None
    vision: bool = False


@dataclass(slots=True)
class PriceBook:
    """List prices by model id, oldest first; `overlays` are replaced whole when operators set a price.

    `version` stands on every row the book priced; an overlay stands there with a version of its own.
    """

    version: str
    listings: Mapping[str, tuple[Listing, ...]]
    now: Callable[[], datetime] = _now
    overlays: tuple[PriceOverlay, ...] = field(default=())
    behind: timedelta = timedelta()

    def find(self, model: str, at: datetime | None = None) -> Listing | None:
        """The listing in force, with or without the `openai/` or `anthropic/` that litellm lets you omit.

        Only of that very id: a price by a prefix or a family would be a guess.
        """
        dated = self.listings.get(model) or self.listings.get(bare_id(model), ())
        if len(dated) == 1 and dated[0].since is None:
            return dated[0]
        day = self._day(at)
        return next((listing for listing in reversed(dated) if listing.since is None or listing.since <= day), None)

    def price_of(self, deployment: Deployment, at: datetime | None = None) -> Price | None:
        """What a deployment costs: what operators set for it, else its listing; an endpoint of your own has none."""
        if self.overlays:
            day = self._day(at)
            begun = [overlay for overlay in self.overlays_of(deployment) if overlay.since <= day]
            if begun:
                return self.laid(begun[-1])
        listing = None if deployment.api_base else self.find(deployment.model, at)
        return listing.price if listing else None

    def today(self, model: str, known: Price | None) -> Price | None:
        """The price now of what cost `known` when Lucy started; the tiers file's own price never moves."""
        if known is None or (known.source == "config" and known.version is None):
            return known
        return self.price_of(Deployment(model)) or known

    def lay(self, overlays: Iterable[PriceOverlay]) -> None:
        """From now on these are the prices that operators set, oldest first."""
        self.overlays = tuple(overlays)

    def set_clock(self, now: datetime) -> None:
        """It is `now`, whatever this machine's clock says: a price begins at the same moment on every replica."""
        self.behind = now - self.now()

    def overlays_of(self, deployment: Deployment) -> list[PriceOverlay]:
        """What operators set for a deployment, by its name or its model, oldest first: the newest that has begun holds."""
        names = {deployment.name, deployment.model, bare_id(deployment.model)}
        return [overlay for overlay in self.overlays if overlay.model in names]

    def laid(self, overlay: PriceOverlay) -> Price:
        """An operator's price; its rows name it instead of the book."""
        version = f"overlay {overlay.since} {str(overlay.id)[-8:]}"
        return Price(Rates.of(overlay.rates), "config", version=version)

    def _day(self, at: datetime | None) -> date:
        return (at or self.now() + self.behind).astimezone(UTC).date()


def bare_id(model: str) -> str:
    """The id as the book lists it: without an `openai/` or `anthropic/` that says nothing new."""
    vendor, _, bare = model.partition("/")
    return bare if vendor in _OMITTABLE and bare.startswith(_OMITTABLE[vendor]) else model


def load_price_book(now: Callable[[], datetime] = _now) -> PriceBook:
    """The book that ships with this Lucy."""
    raw = json.loads(files("bot.costs").joinpath("price_book.json").read_text("utf-8"))
    models = raw["models"].items()
    return PriceBook(raw["version"], {name: tuple(_listing(name, row) for row in rows) for name, rows in models}, now)


def _listing(model: str, row: dict[str, Any]) -> Listing:
    day = {name: date.fromisoformat(row[name]) if name in row else None for name in ("retired", "from")}
    limits = row.get("context_tokens"), day["retired"], row.get("max_output_tokens"), day["from"]
    return Listing(model, price_of_row(row), *limits, bool(row.get("vision")))


def price_of_row(row: Mapping[str, Any]) -> Price:
    """The price in one row of the file. What a band or a service tier leaves out, though the row has it, is lacking."""
    tiers = {name: _tier(row, tier) for name, tier in row.get("tiers", {}).items()}
    return Price(Rates.of(row), "list", _bands(row, row.get("above", ())), tiers=tiers)


def _tier(row: Mapping[str, Any], tier: Mapping[str, Any]) -> Price:
    told = {band["tokens"] for band in tier.get("above", ())}
    missing = [{**band, "lacks": METERS} for band in row.get("above", ()) if band["tokens"] not in told]
    rates, lacking = _within(row, tier)
    return Price(rates, "list", _bands(row, [*tier.get("above", ()), *missing]), lacking)


def _bands(row: Mapping[str, Any], above: Sequence[Mapping[str, Any]]) -> tuple[Band, ...]:
    highest_first = sorted(above, key=lambda band: -int(band["tokens"]))
    return tuple(Band(band["tokens"], *_within(row, band)) for band in highest_first)


def _within(row: Mapping[str, Any], inner: Mapping[str, Any]) -> tuple[Rates, frozenset[str]]:
    """Rates of a band or tier, filled up from its row, and which of them nobody knows."""
    own = {name: row[name] for name in METERS if name in row}
    return Rates.of({**own, **inner}), frozenset(inner.get("lacks", own.keys() - inner.keys()))
