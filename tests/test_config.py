"""Settings come from their own variables only, and a mistake is one line that names the variable."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import Settings, check_for_slack, load_settings, variable_of
from bot.errors import SettingError


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(variable_of(name), raising=False)
    monkeypatch.chdir(tmp_path)


def test_lucys_home_is_not_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nowhere")

    assert load_settings().home == Path(".lucy")


def test_every_setting_is_read_from_the_variable_that_the_table_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("PORT", "8080")
    monkeypatch.setenv("LUCY_HOME", "/var/lib/lucy")
    monkeypatch.setenv("LUCY_ENCRYPTION_KEYS", "one, two")

    settings = load_settings()

    assert settings.slack_bot_token == SecretStr("xoxb-1")
    assert (settings.port, settings.home) == (8080, Path("/var/lib/lucy"))
    assert [key.get_secret_value() for key in settings.encryption_keys] == ["one", "two"]


def test_the_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HOST=0.0.0.0\nPORT=4000\nHOME=/elsewhere\n")
    monkeypatch.setenv("PORT", "5000")

    settings = load_settings()

    assert (settings.host, settings.port, settings.home) == ("0.0.0.0", 5000, Path(".lucy"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "many"),
        ("SLACK_API_URL", "slack.com/api"),
        ("LUCY_MIGRATE", "maybe"),
        ("LUCY_LEASE_S", "0"),
        ("LUCY_METRICS_ADDR", "9464"),
        ("LUCY_METRICS_ADDR", "127.0.0.1:99999"),
    ],
)
def test_a_bad_value_is_one_line_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingError) as raised:
        load_settings()

    assert str(raised.value).startswith(f"{variable}: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("given", ["http://127.0.0.1:1/api", "http://127.0.0.1:1/api/"])
def test_the_web_apis_trailing_slash_is_optional(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("SLACK_API_URL", given)

    assert load_settings().slack_api_url == "http://127.0.0.1:1/api/"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_CLIENT_ID": "1.2"}, "SLACK_CLIENT_ID"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxp-1", "SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_CLIENT_ID": "1.2", "SLACK_SIGNING_SECRET": "s"}, "SLACK_CLIENT_SECRET"),
    ],
)
def test_tokens_that_do_not_go_together_are_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingError, match=named):
        check_for_slack(load_settings())
