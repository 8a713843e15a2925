"""The book: complete for what ships, and the same as the map it was built from."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
import tomli

from bot.costs import build_price_book
from bot.costs.price_book import load_price_book, price_of_row
from bot.llm.model_client import Usage
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

    assert build_price_book.build(prices, stored["version"], stored["models"]) == stored
    assert build_price_book.build(prices, stored["version"], {}) == stored


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


def test_the_price_in_force_at_the_time_is_used() -> None:
    rates = {
        day: listing.price.rates.input
        for day in ("2026-10-18", "2026-10-19", "2026-11-02", "2026-11-03")
        if (listing := BOOK.find("openrouter/moonshotai/kimi-k2.6", datetime.fromisoformat(f"{day}T12:00Z")))
    }

    assert [str(rate) for rate in rates.values()] == ["0.68", "0.65", "0.65", "0.95"]


def test_a_changed_price_begins_on_the_day_it_was_noticed_and_the_old_one_stays() -> None:
    known = [{"input": "1", "output": "5", "context_tokens": 8}]

    same = build_price_book.dated({"input": "1", "output": "5", "context_tokens": 9}, known, "2026-12-01")
    dearer = build_price_book.dated({"input": "2", "output": "5"}, known, "2026-12-01")

    assert same == [{"input": "1", "output": "5", "context_tokens": 9}]
    assert dearer == [*known, {"from": "2026-12-01", "input": "2", "output": "5"}]


def test_every_long_context_price_is_kept_and_the_whole_request_moves() -> None:
    entry = {"input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}
    bands = {f"{kind}_cost_per_token_above_{k}k_tokens": k * 1e-8 for kind in ("input", "output") for k in (200, 500)}

    price = price_of_row(build_price_book.listing("a/model", entry | bands))

    costs = [price.cost(Usage(input_tokens=tokens)) for tokens in (200_000, 200_001, 500_000, 500_001)]
    assert costs == [Decimal("0.2"), Decimal("0.400002"), Decimal(1), Decimal("2.500005")]


def test_what_a_band_does_not_say_is_not_guessed() -> None:
    row = {"input": "1", "output": "2", "audio_input": "9", "above": [{"tokens": 100, "input": "2", "output": "4"}]}
    price = price_of_row(row)

    assert price.serving(Usage(input_tokens=100, audio_input_tokens=5))
    assert price.serving(Usage(input_tokens=101))
    assert price.serving(Usage(input_tokens=101, audio_input_tokens=5)) is None
