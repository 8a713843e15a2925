"""Which models can be asked with the keys at hand, at what price."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.costs.price_book import load_price_book
from bot.errors import SettingError
from bot.llm.model_client import Usage
from bot.routing.choice import Tier
from bot.routing.tiers import Skipped, Tiers, read_tiers
from bot.routing.tiers_file import PRESETS
from tests.routing.road import FAST, FRONTIER, KEYS, STANDARD

BOOK = load_price_book()


def models(tiers: Tiers) -> list[list[str]]:
    return [[candidate.deployment.model for candidate in spec.candidates] for spec in tiers.specs]


def test_the_default_is_todays_ids_of_the_same_vendors() -> None:
    tiers = Tiers.load("default", KEYS, BOOK)

    assert models(tiers) == [list(FAST), list(STANDARD), list(FRONTIER)]
    assert tiers.baseline[0] == "anthropic/claude-sonnet-5-5"
    assert tiers.skipped == ()


def test_the_classic_preset_keeps_its_ids() -> None:
    assert models(Tiers.load("classic", KEYS, BOOK)) == [
        ["gemini/gemini-2.5-flash", "openai/gpt-4o-mini"],
        ["moonshot/kimi-k2.5", "openai/gpt-4o"],
        ["anthropic/claude-3.5-sonnet", "anthropic/claude-3-opus", "openai/gpt-4o"],
    ]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_read_and_priced(preset: str) -> None:
    keys = KEYS | {"OPENROUTER_API_KEY": "key"}

    tiers = Tiers.load(preset, keys, BOOK)

    assert all(candidate.price for spec in tiers.specs for candidate in spec.candidates)


def test_a_model_without_its_key_is_skipped_and_said_so() -> None:
    tiers = Tiers.load("default", {"GOOGLE_API_KEY": "g", "OPENAI_API_KEY": "o"}, BOOK)

    assert models(tiers) == [list(FAST), [STANDARD[1]], [FRONTIER[2]]]
    assert Skipped("moonshot/kimi-k2.6", Tier.STANDARD, ("MOONSHOT_API_KEY",)) in tiers.skipped
    assert tiers.baseline[0] == FRONTIER[0]


def test_a_key_travels_with_its_name_and_is_never_shown() -> None:
    tiers = Tiers.load("default", {"GOOGLE_API_KEY": "hush"}, BOOK)

    deployment = tiers.specs[0].candidates[0].deployment
    assert (deployment.api_key, deployment.key_name) == ("hush", "GOOGLE_API_KEY")
    assert "hush" not in repr(tiers)


def test_one_openrouter_key_is_enough() -> None:
    tiers = Tiers.load("default", {"OPENROUTER_API_KEY": "key"}, BOOK)

    assert tiers.source == "openrouter"
    assert all(spec.candidates for spec in tiers.specs)


def test_a_local_server_is_enough_and_free() -> None:
    tiers = Tiers.load("local", {}, BOOK)

    [candidate] = tiers.spec(Tier.FRONTIER).candidates
    assert candidate.deployment.api_key is None
    assert candidate.price is not None
    assert candidate.price.cost(Usage(input_tokens=1000, output_tokens=1000)) == 0


def test_no_usable_model_names_every_variable_that_would_help() -> None:
    with pytest.raises(SettingError) as caught:
        Tiers.load("default", {"OPENAI_API_KEY": ""}, BOOK)

    for name in ("GEMINI_API_KEY", "OPENAI_API_KEY", "MOONSHOT_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"):
        assert name in str(caught.value)


def test_a_tier_nobody_can_serve_is_served_by_the_next_one_up_else_by_the_best_below() -> None:
    only_gemini = Tiers.load("default", {"GEMINI_API_KEY": "g"}, BOOK)
    only_claude = Tiers.load("default", {"ANTHROPIC_API_KEY": "a"}, BOOK)

    assert only_gemini.spec(Tier.FRONTIER).tier is Tier.FAST
    assert only_claude.spec(Tier.FAST).tier is Tier.FRONTIER
    assert [spec.tier for spec in Tiers.load("default", KEYS, BOOK).upwards(Tier.STANDARD)] == [2, 3]


def test_an_endpoint_of_your_own_has_the_price_the_file_says(tmp_path: Path) -> None:
    file = written(
        tmp_path, 'input_usd_per_mtok = "0.15", cached_input_usd_per_mtok = 0.015, output_usd_per_mtok = 0.6'
    )

    [candidate] = read_tiers(file, {"LOCAL_KEY": "k"}, BOOK).specs[0].candidates

    assert candidate.price is not None
    assert candidate.price.source == "config"
    assert candidate.price.cost(Usage(input_tokens=1000, cached_input_tokens=400, output_tokens=100)) == Decimal(
        "0.000156"
    )
    assert (candidate.timeout_s, candidate.context_tokens) == (10, 128000)


def test_an_endpoint_of_your_own_without_a_price_is_unpriced(tmp_path: Path) -> None:
    [candidate] = read_tiers(written(tmp_path, ""), {"LOCAL_KEY": "k"}, BOOK).specs[0].candidates

    assert candidate.price is None


def test_an_endpoint_that_names_a_key_needs_it(tmp_path: Path) -> None:
    tiers = read_tiers(written(tmp_path, ""), {"OPENAI_API_KEY": "of another account"}, BOOK)

    assert [skipped.missing for skipped in tiers.skipped] == [("LOCAL_KEY",)]


def written(folder: Path, prices: str) -> str:
    file = folder / "tiers.toml"
    file.write_text(
        '[[tier]]\nname = "fast"\ndeadline_s = 30\nmax_output_tokens = 1024\nmodels = [\n'
        '  { id = "openai/gpt-4o", api_base = "http://127.0.0.1:9000/v1", api_key_env = "LOCAL_KEY", timeout_s = 10,\n'
        f"    context_tokens = 128000, {prices} }},\n]\n"
    )
    return str(file)
