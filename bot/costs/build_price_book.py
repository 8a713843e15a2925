"""Rebuild the price book from the price map inside the installed litellm: `python -m bot.costs.build_price_book [MAP]`.

The map is read as a file: litellm is not imported and nothing is fetched. The result is reviewed in git.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_BOOK = Path(__file__).with_name("price_book.json")
_MAP = "model_prices_and_context_window_backup.json"

MODELS = (
    "gemini/gemini-3.1-flash-lite", "gemini/gemini-2.5-flash", "gemini/gemini-2.5-flash-lite", "gemini/gemini-3.8-flash",
    "gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-4o", "gpt-4o-mini", "moonshot/kimi-k2.5", "moonshot/kimi-k2.6",
    "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5", "claude-haiku-4-5", "deepseek/deepseek-v4-flash",
)  # fmt: skip

BY_HAND: dict[str, dict[str, Any]] = {
    "moonshot/kimi-k2.5": {"retired": "2026-08-31"},
    "claude-3.5-sonnet": {
        "input": "3", "cached_input": "0.3", "cache_write": "3.75", "output": "15", "context_tokens": 200000,
        "retired": "2025-10-28",
    },
    "claude-3-opus": {
        "input": "15", "cached_input": "1.5", "cache_write": "18.75", "output": "75", "context_tokens": 200000,
        "retired": "2026-01-05",
    },
}  # fmt: skip
"""What the map leaves out: ids it dropped when their models were retired, and retirements it does not list."""

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

_FIELDS = {
    "input": "input_cost_per_token",
    "cached_input": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "output": "output_cost_per_token",
}


def build(prices: dict[str, Any], version: str) -> dict[str, Any]:
    """The book for `MODELS`, in the order of their names."""
    models = {model: listing(prices[model]) for model in MODELS if model in prices}
    for model, row in BY_HAND.items():
        models[model] = {**models.get(model, {}), **row}
    for model, vendor_model in OPENROUTER.items():
        models[model] = dict(models[vendor_model])
    return {"version": version, "unit": "USD per million tokens", "models": dict(sorted(models.items()))}


def listing(entry: dict[str, Any]) -> dict[str, Any]:
    """One model's row: exact decimal strings, long-context rates, context window, retirement."""
    row: dict[str, Any] = {ours: per_million(entry[theirs]) for ours, theirs in _FIELDS.items() if theirs in entry}
    row["context_tokens"] = entry["max_input_tokens"]
    thresholds = {
        int(found[1]) for key in entry if (found := re.fullmatch(r"input_cost_per_token_above_(\d+)k_tokens", key))
    }
    for thousand in sorted(thresholds)[:1]:
        suffix = f"_above_{thousand}k_tokens"
        long = {
            ours: per_million(entry[theirs + suffix]) for ours, theirs in _FIELDS.items() if theirs + suffix in entry
        }
        row["above"] = {"tokens": thousand * 1000, **long}
    if "deprecation_date" in entry:
        row["retired"] = entry["deprecation_date"]
    return row


def per_million(per_token: float) -> str:
    """Dollars per token as the map has it (a float with noise) -> exact dollars per million, at most 7 decimals."""
    exact = (Decimal(repr(per_token)) * 1_000_000).quantize(Decimal("0.0000001"))
    return format(exact.normalize(), "f")


def main() -> None:
    """Write the book beside this file."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else _bundled_map()
    book = build(json.loads(source.read_text("utf-8")), f"{datetime.now(UTC):%Y-%m-%d}.1")
    _BOOK.write_text(json.dumps(book, indent=1) + "\n", "utf-8")


def _bundled_map() -> Path:
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        raise SystemExit("litellm is not installed")
    return Path(spec.origin).with_name(_MAP)


if __name__ == "__main__":
    main()
