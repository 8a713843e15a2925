"""Token counts of every dialect, and counts that cannot be true."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.costs.rates import metered
from bot.llm.model_client import Usage
from bot.llm.usage import kept_usage, usage_of, word

WORDS = st.sampled_from(["", "x", "a\0b", "\ud83d", "prompt_tokens", "input_tokens", "cost", "thoughtsTokenCount"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=8,
)
COUNTS = st.none() | st.integers(-5, 2_000) | st.sampled_from([10**9, 10**12, 1.5, "12", True])


def test_openai_counts_its_cache_and_its_reasoning_inside() -> None:
    body = {
        "service_tier": "default",
        "usage": {
            "prompt_tokens": 1000, "completion_tokens": 300, "total_tokens": 1300,
            "prompt_tokens_details": {"cached_tokens": 600, "cache_write_tokens": 100},
            "completion_tokens_details": {"reasoning_tokens": 200},
        },
    }  # fmt: skip

    assert counts(body) == (1000, 600, 100, 0, 300, 200)
    assert usage(body).service_tier == "default"


def test_zeros_among_the_details_are_not_kept() -> None:
    said = {
        "prompt_tokens": 10, "completion_tokens": 0, "cost": 0,
        "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }  # fmt: skip

    kept = usage({"usage": said}).raw

    assert kept == {
        "prompt_tokens": 10,
        "completion_tokens": 0,
        "cost": 0,
        "prompt_tokens_details": {"cached_tokens": 4},
    }


def test_anthropic_counts_its_cache_beside_the_input() -> None:
    body = {
        "usage": {
            "input_tokens": 50, "output_tokens": 20, "cache_read_input_tokens": 30, "cache_creation_input_tokens": 25,
            "cache_creation": {"ephemeral_5m_input_tokens": 15, "ephemeral_1h_input_tokens": 10},
        }
    }  # fmt: skip

    assert counts(body) == (105, 30, 25, 10, 20, 0)


def test_gemini_counts_thoughts_beside_the_answer_even_when_safety_cut_it() -> None:
    body = {
        "candidates": [{"finishReason": "SAFETY"}],
        "usageMetadata": {
            "promptTokenCount": 1000, "candidatesTokenCount": 150, "thoughtsTokenCount": 50, "totalTokenCount": 1200,
            "cachedContentTokenCount": 400, "trafficType": "ON_DEMAND",
        },
    }  # fmt: skip

    assert counts(body) == (1000, 400, 0, 0, 200, 50)


def test_moonshot_and_deepseek_name_their_cache_in_their_own_way() -> None:
    moonshot = {"usage": {"prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 8}}
    deepseek = {"usage": {"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 7}}

    assert (usage(moonshot).cached_input_tokens, usage(deepseek).cached_input_tokens) == (8, 7)


def test_sound_and_images_are_counted_where_they_are_told_apart() -> None:
    openai = {
        "usage": {
            "prompt_tokens": 100, "completion_tokens": 60,
            "prompt_tokens_details": {"audio_tokens": 40, "image_tokens": 20, "cached_tokens": 10},
            "completion_tokens_details": {"audio_tokens": 50, "reasoning_tokens": 5},
        }
    }  # fmt: skip
    gemini = {
        "usageMetadata": {
            "promptTokenCount": 100, "candidatesTokenCount": 60, "cachedContentTokenCount": 30,
            "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 40}, {"modality": "IMAGE", "tokenCount": 20}],
            "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 10}],
            "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 50}],
        }
    }  # fmt: skip

    assert media(openai) == (40, 0, 20, 50)
    assert media(gemini) == (40, 10, 20, 50)
    assert not usage(openai).contradictory


def test_sound_that_does_not_fit_into_the_fresh_input_came_from_the_cache() -> None:
    details = {"cached_tokens": 90, "audio_tokens": 70}
    body = {"usage": {"prompt_tokens": 100, "completion_tokens": 1, "prompt_tokens_details": details}}

    assert media(body) == (70, 60, 0, 0)
    assert not usage(body).contradictory


def test_more_sound_than_input_is_cut_and_said() -> None:
    body = {
        "usage": {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"audio_tokens": 70}},
    }

    assert media(body) == (10, 0, 0, 0)
    assert usage(body).contradictory


def test_a_kept_block_is_read_again_as_it_was() -> None:
    gemini = {
        "usageMetadata": {
            "promptTokenCount": 100, "candidatesTokenCount": 60, "thoughtsTokenCount": 7,
            "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 40}],
        }
    }  # fmt: skip

    assert kept_usage(usage(gemini).raw) == usage(gemini)


def test_reasoning_beside_the_completion_is_output_too() -> None:
    body = {
        "usage": {
            "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 45,
            "completion_tokens_details": {"reasoning_tokens": 30},
        }
    }  # fmt: skip

    assert counts(body) == (10, 0, 0, 0, 35, 30)


def test_a_cost_of_the_providers_own_is_kept_exactly() -> None:
    body = {"usage": {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.000123456789}}

    assert usage(body).reported_usd == Decimal("0.000123456789")


@pytest.mark.parametrize("cost", [-1, "NaN", float("inf"), True, "free", None, {}])
def test_a_cost_that_is_no_amount_is_none(cost: object) -> None:
    assert usage({"usage": {"prompt_tokens": 10, "completion_tokens": 5, "cost": cost}}).reported_usd is None


def test_more_cached_than_sent_is_cut_and_said() -> None:
    body = {
        "usage": {
            "prompt_tokens": 100, "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 150, "cache_write_tokens": 20},
            "completion_tokens_details": {"reasoning_tokens": 9},
        }
    }  # fmt: skip

    assert counts(body) == (100, 100, 0, 0, 5, 5)
    assert usage(body).contradictory
    assert usage(body).raw["prompt_tokens_details"] == {"cached_tokens": 150, "cache_write_tokens": 20}


@pytest.mark.parametrize("count", [-1, 1.5, "12", True, 10**12])
def test_what_cannot_be_a_count_is_no_usage(count: object) -> None:
    assert usage_of({"usage": {"prompt_tokens": count, "completion_tokens": 5}}) is None


def test_parts_that_add_up_to_more_than_any_model_takes_are_no_usage() -> None:
    most = 10**9

    assert usage_of({"usage": {"input_tokens": most, "output_tokens": 1, "cache_read_input_tokens": most}}) is None


@pytest.mark.parametrize("body", [{}, {"usage": None}, {"usage": {}}, {"usage": {"prompt_tokens": 0}}, {"usage": []}])
def test_an_answer_that_counts_nothing_has_no_usage(body: dict[str, Any]) -> None:
    assert usage_of(body) is None


def test_a_text_from_outside_fits_any_column() -> None:
    assert word("a\0b\ud83d" + "x" * 300) == "ab?" + "x" * 196
    assert (word(""), word(7)) == (None, None)


@given(st.dictionaries(st.sampled_from(["usage", "usageMetadata", "service_tier", "x"]), ANYTHING))
def test_no_body_is_too_odd_to_read(body: dict[str, Any]) -> None:
    found = usage_of(body)

    assert found is None or json.dumps(found.raw, allow_nan=False)


@given(
    st.fixed_dictionaries(
        {"prompt_tokens": COUNTS, "completion_tokens": COUNTS},
        optional={
            "prompt_tokens_details": st.dictionaries(
                st.sampled_from(["cached_tokens", "cache_write_tokens", "audio_tokens", "image_tokens"]), COUNTS
            ),
            "completion_tokens_details": st.dictionaries(st.sampled_from(["reasoning_tokens", "audio_tokens"]), COUNTS),
            "total_tokens": COUNTS,
        },
    )
)
def test_what_is_read_never_contradicts_itself(block: dict[str, Any]) -> None:
    found = usage_of({"usage": block}) or Usage()

    assert 0 <= found.cached_input_tokens + found.cache_write_tokens <= found.input_tokens
    assert 0 <= found.reasoning_tokens <= found.output_tokens
    assert min(metered(found)) >= 0


def usage(body: dict[str, Any]) -> Usage:
    found = usage_of(body)
    assert found is not None
    return found


def media(body: dict[str, Any]) -> tuple[int, ...]:
    found = usage(body)
    return (
        found.audio_input_tokens,
        found.cached_audio_tokens,
        found.image_input_tokens,
        found.audio_output_tokens,
    )


def counts(body: dict[str, Any]) -> tuple[int, ...]:
    found = usage(body)
    return (
        found.input_tokens,
        found.cached_input_tokens,
        found.cache_write_tokens,
        found.cache_write_1h_tokens,
        found.output_tokens,
        found.reasoning_tokens,
    )
