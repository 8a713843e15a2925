"""What `lucy check` tells without asking anyone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.commands.findings import (
    Finding,
    State,
    encryption,
    exit_code,
    models,
    prices,
    retired,
    slack_settings,
)
from bot.config import Settings
from bot.costs.price_book import PriceBook, load_price_book
from bot.routing.tiers import read_tiers

TODAY = date(2026, 11, 24)
KEYS = {"GEMINI_API_KEY": "g", "OPENAI_API_KEY": "o", "MOONSHOT_API_KEY": "m", "ANTHROPIC_API_KEY": "a"}


@pytest.fixture(autouse=True)
def _no_tokens_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def book() -> PriceBook:
    return load_price_book()


def test_the_default_tiers_with_every_key_are_all_well(book: PriceBook) -> None:
    tiers = read_tiers("default", KEYS, book)

    found = [*models(tiers), prices(tiers, book), *retired(tiers, book, TODAY)]

    assert {finding.state for finding in found} == {State.OK}
    assert exit_code(found) == 0


def test_each_retired_id_of_the_classic_preset_is_named_with_its_day(book: PriceBook) -> None:
    found = list(retired(read_tiers("classic", KEYS, book), book, TODAY))

    gone = {finding.detail.split()[0]: finding.state for finding in found if finding.state is State.FAULT}
    assert {"anthropic/claude-3.5-sonnet", "anthropic/claude-3-opus", "moonshot/kimi-k2.5"} <= set(gone)
    assert "2025-10-28" in next(finding.detail for finding in found if "3.5-sonnet" in finding.detail)
    assert exit_code(found) == 1


def test_retired_ids_are_named_even_when_no_key_reaches_them(book: PriceBook) -> None:
    found = list(retired(read_tiers("classic", {}, book), book, TODAY))

    assert any("anthropic/claude-3-opus" in finding.detail for finding in found)


def test_a_model_that_will_retire_soon_is_a_warning(book: PriceBook) -> None:
    tiers = read_tiers("default", KEYS, book)
    day = book.listings["gemini/gemini-3.1-flash-lite"][-1].retired
    assert day is not None

    found = list(retired(tiers, book, day.replace(day=1)))

    assert any(finding.state is State.WARNING and "gemini-3.1-flash-lite" in finding.detail for finding in found)


def test_a_missing_key_is_named_once_with_every_model_it_would_reach(book: PriceBook) -> None:
    found = list(models(read_tiers("default", {"GEMINI_API_KEY": "g", "MOONSHOT_API_KEY": "m"}, book)))

    assert [finding.detail for finding in found if finding.subject == "Keys"] == [
        "OPENAI_API_KEY is not set: without openai/gpt-6-luna, openai/gpt-6.1-terra, openai/gpt-6.1-sol",
        "ANTHROPIC_API_KEY is not set: without anthropic/claude-sonnet-5-5, anthropic/claude-opus-5-5",
    ]


def test_no_key_at_all_is_a_bad_setting_that_names_the_variables(book: PriceBook) -> None:
    found = list(models(read_tiers("default", {}, book)))

    assert found[0].state is State.SETTING
    assert all(name in found[0].detail for name in KEYS)
    assert exit_code(found) == 2


def test_an_endpoint_without_prices_is_named_as_unpriced(book: PriceBook, tmp_path: Path) -> None:
    file = tmp_path / "tiers.toml"
    file.write_text(
        '[[tier]]\nname = "fast"\ndeadline_s = 30\nmax_output_tokens = 512\n'
        'models = [{ id = "openai/mine", api_base = "http://127.0.0.1:9/v1" }]\n'
    )

    found = prices(read_tiers(str(file), {}, book), book)

    assert found.state is State.WARNING
    assert "openai/mine@http://127.0.0.1:9/v1" in found.detail


def test_tokens_for_socket_mode_are_recognised() -> None:
    settings = Settings(slack_bot_token=SecretStr("xoxb-1"), slack_app_token=SecretStr("xapp-1"), _env_file=None)

    assert slack_settings(settings) == Finding("Slack settings", State.OK, "Socket Mode, one workspace")


def test_missing_tokens_are_a_bad_setting() -> None:
    assert slack_settings(Settings(_env_file=None)).state is State.SETTING


@pytest.mark.parametrize(
    ("keys", "state"),
    [([], State.OK), ([Fernet.generate_key().decode()], State.OK), (["not a key"], State.SETTING)],
)
def test_encryption_keys_are_tried(keys: list[str], state: State) -> None:
    settings = Settings(encryption_keys=[SecretStr(key) for key in keys], _env_file=None)

    assert encryption(settings).state is state
