"""Our own price book: a dated file in git with a price for every shipped id."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from bot.costs.pricing import Price, Rates

_OMITTABLE = {"openai": "gpt-", "anthropic": "claude-"}


@dataclass(frozen=True, slots=True)
class Listing:
    """What the book knows of one model; `retired` is the day from which the provider no longer serves it."""

    model: str
    price: Price
    context_tokens: int | None
    retired: date | None
    max_output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class PriceBook:
    """List prices by model id. Read-only; one version stands on every row it priced."""

    version: str
    listings: dict[str, Listing]

    def find(self, model: str) -> Listing | None:
        """The listing of a model id, with or without the `openai/` or `anthropic/` that litellm lets you omit.

        Only of that very id: a price by a prefix or a family would be a guess.
        """
        vendor, _, bare = model.partition("/")
        omitted = vendor in _OMITTABLE and bare.startswith(_OMITTABLE[vendor])
        return self.listings.get(model) or (self.listings.get(bare) if omitted else None)


def load_price_book() -> PriceBook:
    """The book that ships with this Lucy."""
    raw = json.loads(files("bot.costs").joinpath("price_book.json").read_text("utf-8"))
    return PriceBook(raw["version"], {model: _listing(model, row) for model, row in raw["models"].items()})


def _listing(model: str, row: dict[str, Any]) -> Listing:
    above = row.get("above")
    price = Price(
        Rates.of(row), "list", above["tokens"] if above else None, Rates.of({**row, **above}) if above else None
    )
    retired = date.fromisoformat(row["retired"]) if "retired" in row else None
    return Listing(model, price, row.get("context_tokens"), retired, row.get("max_output_tokens"))
