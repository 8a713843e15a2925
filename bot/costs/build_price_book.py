"""Rebuild the price book from the price map inside the installed litellm: `python -m bot.costs.build_price_book [MAP]`.

The map is read as a file: litellm is not imported and nothing is fetched. The result is reviewed in git.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_BOOK = Path(__file__).with_name("price_book.json")
_MAP = "model_prices_and_context_window_backup.json"

MODELS = (
    "gemini/gemini-2.5-flash", "gemini/gemini-2.5-flash-lite", "gemini/gemini-3.1-flash-lite",
    "gemini/gemini-3.8-flash", "gemini/gemini-4-argon",
    "gpt-4o", "gpt-4o-mini", "gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-6-astra",
    "moonshot/kimi-k2.5", "moonshot/kimi-k2.6", "moonshot/kimi-k3.1-pro",
    "claude-haiku-4-5", "claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-fable-5-1",
    "claude-3.5-sonnet", "claude-3-opus",
    "gpt-audio-1.5", "mistral/mistral-medium-3-5", "xai/grok-4.3",
)  # fmt: skip
"""Not DeepSeek: its price depends on the hour, and a price that is right half of the day is wrong."""

BY_HAND: dict[str, dict[str, Any]] = {
    "gpt-6.1-terra": {
        "input": "1", "cached_input": "0.05", "cache_write": "1.25", "output": "5",
        "context_tokens": 922000, "max_output_tokens": 128000, "vision": True,
        "above": [{"tokens": 272000, "input": "2", "cached_input": "0.1", "cache_write": "2.5", "output": "7.5"}],
    },
    "moonshot/kimi-k3.1-pro": {
        "input": "2", "cached_input": "0.2", "cache_write": "2", "cache_write_1h": "4", "output": "10",
        "context_tokens": 1048576, "max_output_tokens": 1048576, "vision": True,
    },
    "moonshot/kimi-k2.5": {"retired": "2026-08-31"},
    "claude-3.5-sonnet": {
        "input": "3", "cached_input": "0.3", "cache_write": "3.75", "cache_write_1h": "6", "output": "15",
        "context_tokens": 200000, "max_output_tokens": 8192, "vision": True, "retired": "2025-10-28",
    },
    "claude-3-opus": {
        "input": "15", "cached_input": "1.5", "cache_write": "18.75", "cache_write_1h": "30", "output": "75",
        "context_tokens": 200000, "max_output_tokens": 4096, "vision": True, "retired": "2026-01-05",
    },
}  # fmt: skip
"""What a map may leave out: ids newer than it or dropped from it, and retirements it does not list. These win."""

OPENROUTER = {
    "openrouter/google/gemini-3.1-flash-lite": "gemini/gemini-3.1-flash-lite",
    "openrouter/openai/gpt-6-luna": "gpt-6-luna",
    "openrouter/moonshotai/kimi-k2.6": "moonshot/kimi-k2.6",
    "openrouter/openai/gpt-6.1-terra": "gpt-6.1-terra",
    "openrouter/anthropic/claude-sonnet-5.5": "claude-sonnet-5-5",
    "openrouter/anthropic/claude-opus-5.5": "claude-opus-5-5",
    "openrouter/openai/gpt-6.1-sol": "gpt-6.1-sol",
}
"""OpenRouter passes the vendors' list prices through, of their ordinary service tier; its own word for the cost wins when it says one."""

EARLIER: dict[str, list[dict[str, str]]] = {
    "openrouter/moonshotai/kimi-k2.6": [
        {"input": "0.68", "cached_input": "0.34", "output": "3.41"},
        {"from": "2026-10-19", "input": "0.65", "cached_input": "0.15", "output": "3.41"},
        {"from": "2026-11-03"},
    ],
}
"""Prices that were, oldest first, the last entry giving the day of today's. Source: genai-prices 0.2.3."""

_RATES = {
    "input": "input_cost_per_token",
    "audio_input": "input_cost_per_audio_token",
    "image_input": "input_cost_per_image_token",
    "cached_input": "cache_read_input_token_cost",
    "cached_audio": "cache_read_input_audio_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "output": "output_cost_per_token",
    "reasoning": "output_cost_per_reasoning_token",
    "audio_output": "output_cost_per_audio_token",
}
_LIKE = {"reasoning": "output", "audio_input": "input", "image_input": "input", "cached_audio": "cached_input"}
"""Rates that the map repeats: kept only where they differ from their kin's."""

_SERVICE_TIERS = {"priority": "_priority", "flex": "_flex", "batch": "_batches"}
_LIMITS = {
    "context_tokens": "max_input_tokens",
    "max_output_tokens": "max_output_tokens",
    "retired": "deprecation_date",
    "vision": "supports_vision",
}
"""What else is known of a model; a change of it is no change of price."""


def build(
    prices: Mapping[str, Mapping[str, Any]], version: str, book: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    """The book for `MODELS`, in the order of their names; a price that differs from `book`'s begins with this version."""
    today = {
        model: {**(listing(model, prices[model]) if model in prices else {}), **BY_HAND.get(model, {})}
        for model in MODELS
    }
    today |= {model: without_tiers(today[vendors]) for model, vendors in OPENROUTER.items()}
    models = {model: dated(row, book.get(model, EARLIER.get(model, ())), version[:10]) for model, row in today.items()}
    return {"version": version, "unit": "USD per million tokens", "models": dict(sorted(models.items()))}


def without_tiers(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a vendor whose service tiers cannot be asked for."""
    return {name: value for name, value in row.items() if name != "tiers"}


def dated(row: Mapping[str, Any], known: Sequence[Mapping[str, Any]], day: str) -> list[dict[str, Any]]:
    """A model's listings with today's at the end: the last one renewed, or a new one from `day` when its price changed."""
    if not known:
        return [dict(row)]
    last = known[-1]
    began = {"from": last["from"]} if "from" in last else {}
    if price_in(last) in (price_in(row), {}):
        return [*map(dict, known[:-1]), {**began, **row}]
    return [*map(dict, known), {"from": day, **row}]


def price_in(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without its limits and its date."""
    return {name: value for name, value in row.items() if name not in _LIMITS and name != "from"}


def listing(model: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """One model's row: exact decimal strings, limits, and the rates of long requests and other service tiers."""
    row: dict[str, Any] = rates(entry, "")
    for name in [name for name, kin in _LIKE.items() if name in row and row[name] == row.get(kin)]:
        del row[name]
    row |= {ours: entry[theirs] for ours, theirs in _LIMITS.items() if entry.get(theirs)}
    row |= above(model, entry, "")
    tiers = {tier: rates(entry, suffix) | above(model, entry, suffix) for tier, suffix in _SERVICE_TIERS.items()}
    told = {tier: rows for tier, rows in tiers.items() if {"input", "output"} <= rows.keys()}
    return row | ({"tiers": told} if told else {})


def above(model: str, entry: Mapping[str, Any], tier: str) -> dict[str, Any]:
    """The rates of long requests, by the number of input tokens above which they hold; xAI's begin at that number."""
    found = (re.fullmatch(rf"input_cost_per_token_above_(\d+)k_tokens{tier}", key) for key in entry)
    thousands = sorted(int(match[1]) for match in found if match)
    begins_at = 1 if model.startswith("xai/") else 0
    bands = [
        {"tokens": thousand * 1000 - begins_at, **rates(entry, f"_above_{thousand}k_tokens{tier}")}
        for thousand in thousands
    ]
    return {"above": bands} if bands else {}


def rates(entry: Mapping[str, Any], suffix: str) -> dict[str, str]:
    """The rates of one price band, as the map names them with `suffix`."""
    return {ours: per_million(entry[theirs + suffix]) for ours, theirs in _RATES.items() if theirs + suffix in entry}


def per_million(per_token: float) -> str:
    """Dollars per token as the map has it (a float with noise) -> exact dollars per million, at most 6 decimals."""
    exact = (Decimal(repr(per_token)) * 1_000_000).quantize(Decimal("0.000001"))
    return format(exact.normalize(), "f")


def main() -> None:
    """Write the book beside this file."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled_map()
    known = json.loads(_BOOK.read_text("utf-8"))["models"]
    book = build(json.loads(source.read_text("utf-8")), f"{datetime.now(UTC):%Y-%m-%d}.1", known)
    _BOOK.write_text(json.dumps(book, indent=1) + "\n", "utf-8")


def bundled_map() -> Path:
    """Where the installed litellm keeps its map, found without importing it."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        raise SystemExit("litellm is not installed")
    return Path(spec.origin).with_name(_MAP)


if __name__ == "__main__":
    main()
