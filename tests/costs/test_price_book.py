"""The book: complete for what ships, and the same as the map it was built from."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
import tomli

from bot.costs import build_price_book
from bot.costs.price_book import load_price_book
from bot.routing.tiers_file import PRESETS

BOOK = load_price_book()


def shipped() -> list[str]:
    texts = [files("bot.routing").joinpath(name).read_text("utf-8") for name in PRESETS.values()]
    models = [model for text in texts for tier in tomli.loads(text)["tier"] for model in tier["models"]]
    return sorted({model["id"] for model in models if "api_base" not in model})


@pytest.mark.parametrize("model", shipped())
def test_every_shipped_id_has_a_price_and_a_window(model: str) -> None:
    listing = BOOK.find(model)

    assert listing is not None
    assert listing.price.rates.output > 0
    assert listing.context_tokens
    assert listing.max_output_tokens


def test_the_book_is_rebuilt_from_the_installed_map() -> None:
    stored = json.loads(files("bot.costs").joinpath("price_book.json").read_text("utf-8"))
    prices: dict[str, Any] = json.loads(build_price_book.bundled_map().read_text("utf-8"))

    assert build_price_book.build(prices, stored["version"]) == stored


def test_only_the_very_id_is_found() -> None:
    assert BOOK.find("openai/gpt-4o") == BOOK.find("gpt-4o")
    assert BOOK.find("anthropic/gpt-4o") is None
    assert BOOK.find("openai/gpt-4o-mini-2024-07-18") is None
    assert BOOK.find("gemini/gemini-9-flash") is None


@pytest.mark.parametrize("model", ["moonshot/kimi-k2.5", "anthropic/claude-3.5-sonnet", "anthropic/claude-3-opus"])
def test_the_classic_presets_retired_ids_are_known_as_such(model: str) -> None:
    listing = BOOK.find(model)

    assert listing is not None
    assert listing.retired is not None
    assert listing.retired < date(2026, 11, 24)


def test_noise_of_floats_does_not_reach_the_book() -> None:
    assert build_price_book.per_million(5.0000000000000004e-08) == "0.05"
    assert build_price_book.per_million(6e-09) == "0.006"
    assert build_price_book.per_million(0.0) == "0"


def test_two_long_context_prices_are_not_cut_to_one_in_silence() -> None:
    entry = {"input_cost_per_token": 1e-6, "input_cost_per_token_above_100k_tokens": 2e-6}

    with pytest.raises(SystemExit):
        build_price_book.listing(entry | {"input_cost_per_token_above_200k_tokens": 4e-6})
