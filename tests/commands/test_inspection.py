"""What `lucy check` finds out by asking: the database, the manifests, Slack."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Literal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.commands.findings import State
from bot.commands.inspection import database, manifests, of_clock, of_revision, of_version, slack
from bot.config import Settings
from bot.sandbox.sandbox import Sandbox
from bot.slack.oauth import SCOPES
from tests.tracked import ROOT

Answer = Callable[[str | None, str], Awaitable[Settings]]


@pytest.fixture
async def slack_that_says() -> AsyncIterator[Answer]:
    """Settings for a Slack whose `auth.test` fails with `error`, or else grants `scopes`."""
    servers: list[TestServer] = []

    async def start(error: str | None, scopes: str) -> Settings:
        async def auth_test(_: web.Request) -> web.Response:
            said = {"ok": False, "error": error} if error else {"ok": True, "team": "Acme", "user": "lucy"}
            return web.json_response(said, headers={"X-OAuth-Scopes": scopes})

        app = web.Application()
        app.router.add_post("/api/auth.test", auth_test)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return Settings(
            slack_bot_token=SecretStr("xoxb-1"), slack_api_url=str(server.make_url("/api/")), _env_file=None
        )

    yield start
    for server in servers:
        await server.close()


async def test_a_migrated_database_is_well(database_url: str) -> None:
    found = [finding async for finding in database(Settings(database_url=SecretStr(database_url), _env_file=None))]

    assert [(finding.subject, finding.state) for finding in found] == [
        ("Database", State.OK),
        ("Migrations", State.OK),
        ("Second lock", State.OK),
        ("Clock", State.OK),
    ]


@pytest.mark.parametrize(("migrate", "state"), [("on", State.WARNING), ("off", State.FAULT)])
async def test_a_database_that_is_behind_is_a_fault_only_when_lucy_may_not_migrate(
    empty_database_url: str, migrate: str, state: State
) -> None:
    settings = Settings.model_validate({"DATABASE_URL": empty_database_url, "migrate": migrate})

    found = [finding async for finding in database(settings)]

    assert [finding.state for finding in found if finding.subject == "Migrations"] == [state]


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("postgresql://lucy@127.0.0.1:1/lucy", State.FAULT),
        ("mysql://lucy@127.0.0.1/lucy", State.SETTING),
        ("postgresql://lucy@127.0.0.1:many/lucy", State.SETTING),
        ("postgresql://lucy@127.0.0.1:1/lucy?colour=blue", State.SETTING),
    ],
)
async def test_a_database_that_cannot_be_used_is_one_readable_line(url: str, state: State) -> None:
    found = [finding async for finding in database(Settings(database_url=SecretStr(url), _env_file=None))]

    assert [finding.state for finding in found] == [state]


@pytest.mark.parametrize(("version", "state"), [("15.18", State.OK), ("18.6", State.OK), ("19.1", State.WARNING)])
def test_a_postgresql_newer_than_the_tried_ones_is_a_warning(version: str, state: State) -> None:
    assert of_version(version, "DATABASE_URL").state is state


@pytest.mark.parametrize(
    ("ahead_s", "state", "begins"),
    [
        (0.2, State.OK, "0 s ahead of the database's"),
        (-60.0, State.OK, "60 s behind the database's"),
        (3600.4, State.WARNING, "3600 s ahead of the database's: set it"),
        (-61.0, State.WARNING, "61 s behind the database's: set it"),
    ],
)
def test_a_clock_more_than_a_minute_from_the_databases_is_a_warning(ahead_s: float, state: State, begins: str) -> None:
    found = of_clock(ahead_s)

    assert found.state is state
    assert found.detail.startswith(begins)


def test_the_manifests_that_ship_ask_for_every_scope() -> None:
    assert [finding.state for finding in manifests(ROOT)] == [State.OK, State.OK]


def test_a_manifest_that_lacks_a_scope_is_named_with_it(tmp_path: Path) -> None:
    shipped = (ROOT / "manifest.yml").read_text()
    (tmp_path / "manifest.yml").write_text(shipped.replace("      - im:history\n", ""))

    found = list(manifests(tmp_path))

    assert [(finding.state, finding.detail) for finding in found] == [
        (State.FAULT, "manifest.yml does not ask for im:history")
    ]


def test_a_manifest_that_is_no_manifest_is_said_so(tmp_path: Path) -> None:
    shutil.copy(ROOT / "LICENSE", tmp_path / "manifest.yml")

    assert [finding.state for finding in manifests(tmp_path)] == [State.FAULT]


async def test_a_token_with_every_scope_is_well(slack_that_says: Answer) -> None:
    found = [finding async for finding in slack(await slack_that_says(None, ",".join(SCOPES)))]

    assert [finding.state for finding in found] == [State.OK]
    assert found[0].detail == "the token speaks for lucy in Acme"


async def test_a_missing_scope_is_a_warning(slack_that_says: Answer) -> None:
    found = [finding async for finding in slack(await slack_that_says(None, "chat:write,commands"))]

    assert [finding.state for finding in found] == [State.OK, State.WARNING]
    assert "app_mentions:read" in found[1].detail


async def test_a_token_that_slack_refuses_is_a_fault(slack_that_says: Answer) -> None:
    found = [finding async for finding in slack(await slack_that_says("invalid_auth", ""))]

    assert [(finding.state, finding.detail) for finding in found] == [
        (State.FAULT, "SLACK_BOT_TOKEN is refused: invalid_auth")
    ]


@pytest.mark.parametrize(
    ("app_token", "state", "words"),
    [(None, State.OK, "may be opened"), ("xapp-wrong", State.FAULT, "SLACK_APP_TOKEN is refused: invalid_auth")],
)
async def test_an_app_token_is_tried(sandbox: Sandbox, app_token: str | None, state: State, words: str) -> None:
    token = SecretStr(app_token or sandbox.slack.state.app_token)
    settings = Settings(slack_app_token=token, slack_api_url=sandbox.slack.api_url, _env_file=None)

    [found] = [finding async for finding in slack(settings)]

    assert (found.subject, found.state) == ("Socket Mode", state)
    assert words in found.detail


async def test_a_slack_that_is_away_is_a_fault_of_the_app_token_too() -> None:
    settings = Settings(
        slack_app_token=SecretStr("xapp-1"),
        slack_api_url="http://127.0.0.1:9/api/",
        slack_bot_token=None,
        _env_file=None,
    )

    [found] = [finding async for finding in slack(settings)]

    assert (found.subject, found.state) == ("Socket Mode", State.FAULT)


@pytest.mark.parametrize(
    ("revision", "migrate", "state"),
    [("0001", "on", State.WARNING), ("0001", "off", State.FAULT), ("9999", "off", State.OK)],
)
def test_a_database_may_be_behind_where_lucy_migrates_and_newer_anywhere(
    revision: str, migrate: Literal["on", "off"], state: State
) -> None:
    found = of_revision(revision, "0002", Settings(migrate=migrate))

    assert found.state is state
