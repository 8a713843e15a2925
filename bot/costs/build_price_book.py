"""Rebuild the price book from the price map inside the installed litellm: `python -m bot.costs.build_price_book [MAP]`.

The map is read as a file: litellm is not imported and nothing is fetched. The result is reviewed in git.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
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
)  # fmt: skip
"""Not DeepSeek: its price depends on the hour, and a price that is right half of the day is wrong."""

BY_HAND: dict[str, dict[str, Any]] = {
    "gpt-6.1-terra": {
        "input": "1", "cached_input": "0.05", "cache_write": "1.25", "output": "5",
        "context_tokens": 922000, "max_output_tokens": 128000,
        "above": {"tokens": 272000, "input": "2", "cached_input": "0.1", "cache_write": "2.5", "output": "7.5"},
    },
    "moonshot/kimi-k3.1-pro": {
        "input": "2", "cached_input": "0.2", "cache_write": "2", "cache_write_1h": "4", "output": "10",
        "context_tokens": 1048576, "max_output_tokens": 1048576,
    },
    "moonshot/kimi-k2.5": {"retired": "2026-08-31"},
    "claude-3.5-sonnet": {
        "input": "3", "cached_input": "0.3", "cache_write": "3.75", "output": "15",
        "context_tokens": 200000, "max_output_tokens": 8192, "retired": "2025-10-28",
    },
    "claude-3-opus": {
        "input": "15", "cached_input": "1.5", "cache_write": "18.75", "output": "75",
        "context_tokens": 200000, "max_output_tokens": 4096, "retired": "2026-01-05",
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
"""OpenRouter passes the vendors' list prices through; its own word for the cost wins when it says one."""

_RATES = {
    "input": "input_cost_per_token",
    "cached_input": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "output": "output_cost_per_token",
}
_LIMITS = {
    "context_tokens": "max_input_tokens",
    "max_output_tokens": "max_output_tokens",
    "retired": "deprecation_date",
}


def build(prices: Mapping[str, Mapping[str, Any]], version: str) -> dict[str, Any]:
    """The book for `MODELS`, in the order of their names."""
    models = {
        model: {**(listing(prices[model]) if model in prices else {}), **BY_HAND.get(model, {})} for model in MODELS
    }
    models |= {model: dict(models[vendors]) for model, vendors in OPENROUTER.items()}
    return {"version": version, "unit": "USD per million tokens", "models": dict(sorted(models.items()))}


def listing(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One model's row: exact decimal strings, limits, and the rates of a long context if it has its own."""
    row: dict[str, Any] = rates(entry, "")
    row |= {ours: entry[theirs] for ours, theirs in _LIMITS.items() if theirs in entry}
    thousands = {found[1] for key in entry if (found := re.fullmatch(r"input_cost_per_token_above_(\d+)k_tokens", key))}
    if len(thousands) > 1:
        raise SystemExit("a model with two long-context prices: the book can hold one")
    for thousand in thousands:
        row["above"] = {"tokens": int(thousand) * 1000, **rates(entry, f"_above_{thousand}k_tokens")}
    return row


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
    book = build(json.loads(source.read_text("utf-8")), f"{datetime.now(UTC):%Y-%m-%d}.1")
    _BOOK.write_text(json.dumps(book, indent=1) + "\n", "utf-8")


def bundled_map() -> Path:
    """Where the installed litellm keeps its map, found without importing it."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        raise SystemExit("litellm is not installed")
    return Path(spec.origin).with_name(_MAP)


if __name__ == "__main__":
    main()
