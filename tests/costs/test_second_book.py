"""The book beside an independent one: today's disagreements are reviewed, and a new one is noticed."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.costs.price_book import PriceBook, load_price_book
from bot.costs.pricing import Price, Rates
from bot.costs.second_book import compare

DAY = date(2026, 11, 24)
ARGON, FLASH = date(2026, 12, 1), date(2027, 1, 1)

REVIEWED = {
    # The other book's is a rounded third of a price per hour of storage, which no request pays.
    ("openrouter/google/gemini-3.1-flash-lite", DAY, "", "cache_write", "0.25", "0.08333333333333334"),
    # Announced by the other book alone: look at Google's page when the day comes.
    ("gemini/gemini-4-argon", ARGON, "", "input", "2", "4"),
    ("gemini/gemini-4-argon", ARGON, "", "cached_input", "0.1", "0.2"),
    ("gemini/gemini-4-argon", ARGON, "", "output", "10", "20"),
    ("gemini/gemini-4-argon", ARGON, "batch", "input", "1", "2"),
    ("gemini/gemini-4-argon", ARGON, "batch", "cached_input", "0.05", "0.1"),
    ("gemini/gemini-4-argon", ARGON, "batch", "output", "5", "10"),
    ("gemini/gemini-3.8-flash", FLASH, "", "input", "0.75", "1.5"),
    ("gemini/gemini-3.8-flash", FLASH, "", "cached_input", "0.075", "0.15"),
    ("gemini/gemini-3.8-flash", FLASH, "", "output", "3.75", "7.5"),
    ("gemini/gemini-3.8-flash", FLASH, "batch", "input", "0.375", "0.75"),
    ("gemini/gemini-3.8-flash", FLASH, "batch", "cached_input", "0.0375", "0.075"),
    ("gemini/gemini-3.8-flash", FLASH, "batch", "output", "1.875", "3.75"),
}
"""Model, from when on, service tier, meter, ours, theirs, in USD per million tokens."""


def test_the_disagreements_are_those_that_somebody_reviewed() -> None:
    comparison = compare(load_price_book(), DAY)

    found = {
        (gap.model, gap.day, gap.tier, gap.meter, f"{gap.ours:f}", f"{gap.theirs:f}")
        for gap in comparison.disagreements
    }
    assert found == REVIEWED
    assert comparison.compared > 250


def test_a_planted_disagreement_is_named_with_both_figures() -> None:
    book = load_price_book()

    [gap] = set(compare(planted(book, "gpt-4o", "2.51"), DAY).disagreements) - set(compare(book, DAY).disagreements)

    assert (gap.model, gap.meter, gap.ours, gap.theirs) == ("gpt-4o", "input", Decimal("2.51"), Decimal("2.5"))


def test_ids_and_prices_that_only_one_side_knows_are_named() -> None:
    book = load_price_book()
    stranger = replace(book.listings["gpt-4o"][0], model="openai/not-a-model")
    comparison = compare(replace(book, listings={**book.listings, "openai/not-a-model": (stranger,)}), DAY)

    assert comparison.only_ours == ("openai/not-a-model",)
    assert "gpt-5" in comparison.only_theirs["openai"]
    assert "gpt-4o" not in comparison.only_theirs["openai"]
    assert {gap.tier for gap in comparison.one_sided if gap.model == "gemini/gemini-4-argon"} == {"flex", "priority"}


def test_comparing_asks_nobody_and_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda *address: asked.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *address, **_: asked.append(address))
    before = threading.active_count()

    compare(load_price_book(), DAY)

    assert asked == []
    assert threading.active_count() == before


def planted(book: PriceBook, model: str, plain: str) -> PriceBook:
    """The book with another rate for plain input in one listing's ordinary price."""
    [listing] = book.listings[model]
    rates = Rates.of({**listing.price.rates.snapshot(), "input": plain})
    price = Price(rates, "list", listing.price.bands, tiers=listing.price.tiers)
    return replace(book, listings={**book.listings, model: (replace(listing, price=price),)})
