"""Usage as a provider reports it, normalised."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.llm.model_client import Usage

BELIEVED = frozenset({"openrouter"})
"""Providers whose own word for the cost we take: anyone can write `usage.cost` into an answer."""


def usage_of(raw: Mapping[str, Any] | None, provider: str, service_tier: str | None = None) -> Usage | None:
    """Normalise the usage block of an answer; None when the provider reported none."""
    if not raw or not (raw.get("prompt_tokens") or raw.get("completion_tokens") or raw.get("total_tokens")):
        return None
    prompt, output = raw.get("prompt_tokens_details") or {}, raw.get("completion_tokens_details") or {}
    written = _count(raw.get("cache_creation_input_tokens")) or _count(prompt.get("cache_write_tokens"))
    by_age = prompt.get("cache_creation_token_details") or {}
    cached = _count(raw.get("cache_read_input_tokens")) or _count(prompt.get("cached_tokens"))
    input_tokens = _count(raw.get("prompt_tokens"))
    completion = max(_count(raw.get("completion_tokens")), _count(raw.get("total_tokens")) - input_tokens)
    cached = min(cached, input_tokens)
    return Usage(
        input_tokens=input_tokens,
        cached_input_tokens=cached,
        cache_write_tokens=min(written, input_tokens - cached),
        cache_write_1h_tokens=_count(by_age.get("ephemeral_1h_input_tokens")),
        output_tokens=completion,
        reasoning_tokens=min(_count(output.get("reasoning_tokens")), completion),
        service_tier=service_tier if isinstance(service_tier, str) else None,
        reported_usd=_dollars(raw.get("cost")) if provider in BELIEVED else None,
        raw=dict(raw),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _dollars(value: object) -> Decimal | None:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
