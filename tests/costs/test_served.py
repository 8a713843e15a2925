"""Which model served: editions are the same model, siblings are another."""

from __future__ import annotations

import pytest

from bot.costs.served import served_model


@pytest.mark.parametrize(
    ("requested", "said"),
    [
        ("openai/gpt-4o", None),
        ("openai/gpt-4o", "gpt-4o"),
        ("openai/gpt-4o", "gpt-4o-2024-11-20"),
        ("openai/gpt-4", "gpt-4-0613"),
        ("gemini/gemini-2.5-flash", "gemini-2.5-flash-preview-09-2025"),
        ("gemini/gemini-3.1-flash-lite", "models/gemini-3.1-flash-lite-001"),
        ("anthropic/claude-sonnet-5-5", "claude-sonnet-5-5-20261001"),
        ("anthropic/claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
        ("openrouter/anthropic/claude-sonnet-5.5", "anthropic/claude-5.5-sonnet-20261001"),
        ("openrouter/openai/gpt-6-luna", "openai/gpt-6-luna:free"),
        ("moonshot/kimi-k2.6", "kimi-k2.6"),
    ],
)
def test_an_edition_of_the_same_model_is_the_same(requested: str, said: str | None) -> None:
    assert served_model(requested, said) == requested


@pytest.mark.parametrize(
    ("requested", "said", "served"),
    [
        ("openai/gpt-4o", "gpt-4o-mini", "openai/gpt-4o-mini"),
        ("openai/gpt-4o", "gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini-2024-07-18"),
        ("openai/gpt-4", "gpt-4-32k", "openai/gpt-4-32k"),
        ("openai/local", "llama-3.gguf", "openai/llama-3.gguf"),
        ("openrouter/openai/gpt-6-luna", "openai/gpt-6.1-terra", "openrouter/openai/gpt-6.1-terra"),
        ("gpt-4o", "gpt-4o-mini", "gpt-4o-mini"),
    ],
)
def test_another_model_is_named_with_its_provider(requested: str, said: str, served: str) -> None:
    assert served_model(requested, said) == served
