"""Usage as a provider wrote it, normalised: three wire formats, one meaning, nothing believed blindly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.llm.model_client import Completion, Usage

_MOST_TOKENS = 1_000_000_000
_LONGEST_WORD = 200
_MOST_ENTRIES = 10
_DEPTH = 3


def usage_of(body: Mapping[str, Any]) -> Usage | None:
    """The usage in the body of an answer; None when there is none, or when it cannot be a count of tokens."""
    gemini, other = _block(body, "usageMetadata"), _block(body, "usage")
    try:
        if gemini:
            usage = _gemini(gemini)
        elif "input_tokens" in other:
            usage = _anthropic(other)
        else:
            usage = _openai(other, body.get("service_tier"))
    except ValueError:
        return None
    return usage if usage.input_tokens or usage.output_tokens else None


def kept_usage(raw: Mapping[str, Any]) -> Usage | None:
    """The usage of a block as `Usage.raw` keeps it, read again."""
    return usage_of({"usageMetadata": raw} if "promptTokenCount" in raw else {"usage": raw})


def told(body: Mapping[str, Any]) -> Completion:
    """What a body says of itself: who served, under which id, for how many tokens. Without its text."""
    return Completion(
        "",
        model=word(body.get("model") or body.get("modelVersion")),
        response_id=word(body.get("id") or body.get("responseId")),
        usage=usage_of(body),
    )


def word(value: object) -> str | None:
    """A short text from outside that any database column takes: no NUL, no lone surrogate, at most 200 characters."""
    if not isinstance(value, str) or not value:
        return None
    return value.encode("utf-8", "replace").decode()[:_LONGEST_WORD].replace("\0", "")


def _openai(block: Mapping[str, Any], service_tier: object) -> Usage:
    """OpenAI and everyone who speaks its protocol; also what litellm makes of the others."""
    prompt, details = _block(block, "prompt_tokens_details"), _block(block, "completion_tokens_details")
    input_tokens, output_tokens = _count(block, "prompt_tokens"), _count(block, "completion_tokens")
    reasoning = _count(details, "reasoning_tokens")
    if _count(block, "total_tokens") == input_tokens + output_tokens + reasoning:
        output_tokens += reasoning
    said = Usage(
        input_tokens=input_tokens,
        cached_input_tokens=_count(prompt, "cached_tokens")
        or _count(block, "cached_tokens")
        or _count(block, "prompt_cache_hit_tokens"),
        cache_write_tokens=_count(prompt, "cache_write_tokens"),
        cache_write_1h_tokens=_count(_block(prompt, "cache_creation_token_details"), "ephemeral_1h_input_tokens"),
        output_tokens=output_tokens,
        reasoning_tokens=reasoning,
        audio_input_tokens=_count(prompt, "audio_tokens"),
        cached_audio_tokens=_count(_block(prompt, "cached_tokens_details"), "audio_tokens"),
        image_input_tokens=_count(prompt, "image_tokens"),
        audio_output_tokens=_count(details, "audio_tokens"),
        service_tier=word(service_tier),
    )
    return _possible(said, block)


def _anthropic(block: Mapping[str, Any]) -> Usage:
    """Anthropic counts what it read from and wrote to its cache apart from the input."""
    read, written = _count(block, "cache_read_input_tokens"), _count(block, "cache_creation_input_tokens")
    said = Usage(
        input_tokens=_count(block, "input_tokens") + read + written,
        cached_input_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=_count(_block(block, "cache_creation"), "ephemeral_1h_input_tokens"),
        output_tokens=_count(block, "output_tokens"),
        service_tier=word(block.get("service_tier")),
    )
    return _possible(said, block)


def _gemini(block: Mapping[str, Any]) -> Usage:
    """Gemini counts thoughts apart from the candidates, and bills both as output."""
    thoughts = _count(block, "thoughtsTokenCount")
    said = Usage(
        input_tokens=_count(block, "promptTokenCount") + _count(block, "toolUsePromptTokenCount"),
        cached_input_tokens=_count(block, "cachedContentTokenCount"),
        output_tokens=_count(block, "candidatesTokenCount") + thoughts,
        reasoning_tokens=thoughts,
        audio_input_tokens=_of_modality(block, "promptTokensDetails", "AUDIO"),
        cached_audio_tokens=_of_modality(block, "cacheTokensDetails", "AUDIO"),
        image_input_tokens=_of_modality(block, "promptTokensDetails", "IMAGE"),
        audio_output_tokens=_of_modality(block, "candidatesTokensDetails", "AUDIO"),
        service_tier=word(block.get("trafficType")),
    )
    return _possible(said, block)


def _possible(said: Usage, block: Mapping[str, Any]) -> Usage:
    """Counts that contradict themselves are cut to what can be true; the raw block keeps what was said."""
    if max(said.input_tokens, said.output_tokens) > _MOST_TOKENS:
        raise ValueError("more tokens than any model takes")
    cached = min(said.cached_input_tokens, said.input_tokens)
    written = min(said.cache_write_tokens, said.input_tokens - cached)
    reasoning = min(said.reasoning_tokens, said.output_tokens)
    cut = replace(
        said,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=min(said.cache_write_1h_tokens, written),
        reasoning_tokens=reasoning,
        audio_output_tokens=min(said.audio_output_tokens, said.output_tokens - reasoning),
    )
    seen = said.audio_input_tokens + said.image_input_tokens
    contradictory = cut != said or seen > said.input_tokens or said.cached_audio_tokens > said.audio_input_tokens
    heard = _with_media_in_place(cut)
    return replace(heard, contradictory=contradictory, reported_usd=_dollars(block.get("cost")), raw=_kept(block))


def _with_media_in_place(usage: Usage) -> Usage:
    """Audio and images that do not fit into the fresh input came from the cache, whether or not the provider says so."""
    fresh = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
    audio = usage.audio_input_tokens
    cached_audio = min(max(usage.cached_audio_tokens, audio - fresh), usage.cached_input_tokens, audio)
    fresh_audio = min(audio - cached_audio, fresh)
    return replace(
        usage,
        audio_input_tokens=cached_audio + fresh_audio,
        cached_audio_tokens=cached_audio,
        image_input_tokens=min(usage.image_input_tokens, fresh - fresh_audio),
    )


def _of_modality(block: Mapping[str, Any], key: str, modality: str) -> int:
    """The tokens of one modality in Gemini's list of them."""
    listed = block.get(key)
    entries = listed if isinstance(listed, list) else []
    return sum(
        _count(entry, "tokenCount")
        for entry in entries[:_MOST_ENTRIES]
        if isinstance(entry, Mapping) and entry.get("modality") == modality
    )


def _block(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def _count(block: Mapping[str, Any], key: str) -> int:
    """A number of tokens; 0 when absent. Raises ValueError for what cannot be one."""
    value = block.get(key)
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value <= _MOST_TOKENS:
        raise ValueError(key)
    return value


def _dollars(value: object) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < _MOST_TOKENS else None


def _kept(block: Mapping[str, Any], depth: int = _DEPTH) -> dict[str, Any]:
    """The block as reported, less its nulls, the zeros among its details, and what a JSON column refuses."""
    kept: dict[str, Any] = {}
    for key, value in list(block.items())[:40]:
        name = word(key) or ""
        match value:
            case Mapping():
                kept[name] = _kept(value, depth - 1) if depth else {}
            case bool() | int():
                kept[name] = value if value or depth == _DEPTH else None
            case list():
                kept[name] = [_kept(entry, 0) for entry in value[:_MOST_ENTRIES] if isinstance(entry, Mapping)]
            case float():
                kept[name] = value if math.isfinite(value) else str(value)
            case str():
                kept[name] = word(value)
            case _:
                continue
    return {name: value for name, value in kept.items() if value not in ({}, [], None)}
