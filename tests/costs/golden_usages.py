"""Usages as providers write them, each with its sum written out by hand: tokens times USD per million tokens.

The rates are the vendors' list prices of 2026-11-24, typed in here and not read from the book.
"""

from __future__ import annotations

from typing import Any

from bot.costs.pricing import Price, Rates

Body = dict[str, Any]


def openai(given: int, made: int, tier: str | None = None, **details: int) -> Body:
    """The wire format of OpenAI and everyone who speaks it."""
    reasoning, sound = details.pop("reasoning", 0), details.pop("audio_out", 0)
    usage: Body = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    usage["prompt_tokens_details"] = {f"{name}_tokens": tokens for name, tokens in details.items()}
    usage["completion_tokens_details"] = {"reasoning_tokens": reasoning, "audio_tokens": sound}
    return {"service_tier": tier, "usage": usage}


def anthropic(fresh: int, made: int, read: int = 0, written: tuple[int, int] = (0, 0), tier: str = "standard") -> Body:
    """Anthropic's; `written` to the cache for five minutes and for an hour."""
    return {
        "usage": {
            "input_tokens": fresh, "output_tokens": made, "cache_read_input_tokens": read, "service_tier": tier,
            "cache_creation_input_tokens": sum(written),
            "cache_creation": {"ephemeral_5m_input_tokens": written[0], "ephemeral_1h_input_tokens": written[1]},
        }
    }  # fmt: skip


def gemini(given: int, made: int, thought: int = 0, cached: int = 0, tier: str = "ON_DEMAND", **audio: int) -> Body:
    """Gemini's; `audio` of the prompt and `cached_audio` of the cache, by modality."""
    lists = {"audio": "promptTokensDetails", "cached_audio": "cacheTokensDetails"}
    return {
        "usageMetadata": {
            "promptTokenCount": given, "candidatesTokenCount": made, "thoughtsTokenCount": thought,
            "cachedContentTokenCount": cached, "trafficType": tier,
            **{lists[name]: [{"modality": "AUDIO", "tokenCount": tokens}] for name, tokens in audio.items()},
        }
    }  # fmt: skip


LOCAL = Price(Rates.of({"input": "0.15", "cached_input": "0.015", "output": "0.60"}), "config")
PICTURES = Price(Rates.of({"input": "0.6", "image_input": "0.8", "audio_input": "10", "output": "2.4"}), "config")
THINKER = Price(Rates.of({"input": "0.4", "output": "1.2", "reasoning": "4"}), "config")

GOLDEN: list[tuple[str | Price, Body, str]] = [
    # OpenAI: cached reads, cache writes, reasoning inside the output
    ("openai/gpt-6-luna", openai(100, 20), "100 x 0.1 + 20 x 0.5"),
    ("openai/gpt-6-luna", openai(1000, 300, cached=600, reasoning=200), "400 x 0.1 + 600 x 0.01 + 300 x 0.5"),
    ("openai/gpt-6-luna", openai(100, 20, cached=60, cache_write=10), "30 x 0.1 + 60 x 0.01 + 10 x 0.125 + 20 x 0.5"),
    ("openai/gpt-4o", openai(1000, 100, cached=500), "500 x 2.5 + 500 x 1.25 + 100 x 10"),
    ("openai/gpt-4o-mini", openai(1000, 100), "1000 x 0.15 + 100 x 0.6"),
    ("openai/gpt-4o-mini", openai(1, 1, "auto"), "1 x 0.15 + 1 x 0.6"),
    ("openai/gpt-6.1-terra", openai(5000, 800, cached=4000), "1000 x 1 + 4000 x 0.05 + 800 x 5"),
    # OpenAI: at the border of a long request, and one token above it
    ("openai/gpt-6-luna", openai(272000, 1000), "272000 x 0.1 + 1000 x 0.5"),
    ("openai/gpt-6-luna", openai(272001, 1000), "272001 x 0.2 + 1000 x 0.75"),
    ("openai/gpt-6.1-terra", openai(272000, 10, cached=272000), "272000 x 0.05 + 10 x 5"),
    ("openai/gpt-6.1-terra", openai(272001, 10, cached=272000), "1 x 2 + 272000 x 0.1 + 10 x 7.5"),
    ("openai/gpt-6.1-sol", openai(272001, 1, cached=1), "272000 x 4 + 1 x 0.2 + 1 x 15"),
    # OpenAI: other service tiers, long requests among them
    ("openai/gpt-6-luna", openai(1000, 100, "flex"), "1000 x 0.05 + 100 x 0.25"),
    ("openai/gpt-6-luna", openai(1000, 100, "priority", cached=400), "600 x 0.2 + 400 x 0.02 + 100 x 1"),
    ("openai/gpt-6-luna", openai(272000, 1, "flex"), "272000 x 0.05 + 1 x 0.25"),
    ("openai/gpt-6-luna", openai(272001, 1, "flex"), "272001 x 0.1 + 1 x 0.375"),
    ("openai/gpt-6.1-sol", openai(300000, 100, "priority", cache_write=50000), "250000 x 8 + 50000 x 10 + 100 x 30"),
    ("openai/gpt-6-astra", openai(2000, 500, "batch", reasoning=400), "2000 x 5 + 500 x 25"),
    ("openai/gpt-4o", openai(1000, 100, "batch"), "1000 x 1.25 + 100 x 5"),
    ("openai/gpt-4o", openai(1000, 100, "priority", cached=200), "800 x 4.25 + 200 x 2.125 + 100 x 17"),
    # OpenAI: sound in and out
    ("openai/gpt-audio-1.5", openai(1000, 300, audio=800, audio_out=250), "200 x 2.5 + 800 x 32 + 50 x 10 + 250 x 64"),
    ("openai/gpt-audio-1.5", openai(50, 20), "50 x 2.5 + 20 x 10"),
    # Anthropic: its cache beside the input, for five minutes and for an hour
    ("anthropic/claude-sonnet-5-5", anthropic(1000, 200), "1000 x 2 + 200 x 10"),
    (
        "anthropic/claude-sonnet-5-5",
        anthropic(50, 20, read=30, written=(15, 10)),
        "50 x 2 + 30 x 0.1 + 15 x 2.5 + 10 x 4 + 20 x 10",
    ),
    ("anthropic/claude-opus-5-5", anthropic(2000, 4000, 40000, (0, 8000)), "2000 x 4 + 40000 x 0.2 + 8000 x 8 + 4000 x 20"),
    ("anthropic/claude-haiku-4-5", anthropic(10, 10, 0, (1000, 0)), "10 x 1 + 1000 x 1.25 + 10 x 5"),
    ("anthropic/claude-haiku-5-5", anthropic(100000, 1000), "100000 x 0.1 + 1000 x 0.5"),
    ("anthropic/claude-haiku-5-5", anthropic(1, 1000, 0, (100000, 0)), "1 x 0.5 + 100000 x 0.625 + 1000 x 2.5"),
    ("anthropic/claude-haiku-5-5", anthropic(0, 9, 100000, (0, 1)), "100000 x 0.05 + 1 x 1 + 9 x 2.5"),
    ("anthropic/claude-sonnet-5-5", anthropic(100, 10, 50, (20, 0), "batch"), "100 x 1 + 50 x 0.05 + 20 x 1.25 + 10 x 5"),
    ("anthropic/claude-3-opus", anthropic(1000, 1000), "1000 x 15 + 1000 x 75"),
    # Gemini: thoughts beside the answer, sound, service tiers
    ("gemini/gemini-3.1-flash-lite", gemini(1000, 200), "1000 x 0.25 + 200 x 1.5"),
    ("gemini/gemini-3.1-flash-lite", gemini(1000, 150, 50, 400), "600 x 0.25 + 400 x 0.025 + 200 x 1.5"),
    ("gemini/gemini-2.5-flash", gemini(12345, 600, 78), "12345 x 0.3 + 678 x 2.5"),
    ("gemini/gemini-2.5-flash", gemini(1000, 10, audio=700), "300 x 0.3 + 700 x 1 + 10 x 2.5"),
    (
        "gemini/gemini-2.5-flash",
        gemini(1000, 10, cached=500, audio=700, cached_audio=300),
        "100 x 0.3 + 400 x 1 + 200 x 0.03 + 300 x 0.1 + 10 x 2.5",
    ),
    ("gemini/gemini-2.5-flash", gemini(1000, 10, cached=900, audio=700), "100 x 1 + 300 x 0.03 + 600 x 0.1 + 10 x 2.5"),
    ("gemini/gemini-2.5-flash-lite", gemini(1000000, 65536, 0, 250000), "750000 x 0.1 + 250000 x 0.01 + 65536 x 0.4"),
    ("gemini/gemini-3.8-flash", gemini(800, 100, 50, tier="ON_DEMAND_FLEX"), "800 x 0.375 + 150 x 1.875"),
    ("gemini/gemini-4-argon", gemini(100, 100, 0, 40, "ON_DEMAND_PRIORITY"), "60 x 3.6 + 40 x 0.18 + 100 x 18"),
    # Moonshot names its cache in its own way
    ("moonshot/kimi-k2.6", openai(2000, 300, cached=1500), "500 x 0.95 + 1500 x 0.16 + 300 x 4"),
    (
        "moonshot/kimi-k2.5",
        {"usage": {"prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 8}},
        "2 x 0.6 + 8 x 0.1 + 5 x 3",
    ),
    ("moonshot/kimi-k3.1-pro", openai(10, 90, reasoning=80), "10 x 2 + 90 x 10"),
    # OpenRouter that does not say its cost
    ("openrouter/anthropic/claude-sonnet-5.5", openai(1000, 1000, cached=100), "900 x 2 + 100 x 0.1 + 1000 x 10"),
    ("openrouter/moonshotai/kimi-k2.6", openai(100, 10), "100 x 0.95 + 10 x 4"),
    # xAI: a request is long from 200,000 tokens on, not above them; Mistral
    ("xai/grok-4.3", openai(199999, 10, cached=1000), "198999 x 1.25 + 1000 x 0.2 + 10 x 2.5"),
    ("xai/grok-4.3", openai(200000, 10), "200000 x 2.5 + 10 x 5"),
    ("mistral/mistral-medium-3-5", openai(1000, 100), "1000 x 1.5 + 100 x 7.5"),
    # Endpoints of your own, priced by the tiers file or by hand
    (LOCAL, openai(1000, 100, cached=500), "500 x 0.15 + 500 x 0.015 + 100 x 0.60"),
    (PICTURES, openai(1000, 50, image=300, audio=100), "600 x 0.6 + 300 x 0.8 + 100 x 10 + 50 x 2.4"),
    (THINKER, openai(100, 60, reasoning=50), "100 x 0.4 + 10 x 1.2 + 50 x 4"),
]  # fmt: skip
