"""Every line of an ask's work names the ask, and none holds a secret, whoever wrote it."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from bot import log
from bot.app import Lucy
from bot.config import Settings, secrets_of
from bot.costs.spool import FileSpool
from bot.db.costs import OpenAttempt
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from tests.costs.ledger import FAST, SETTLED
from tests.test_main_job import ACME, done

Lines = Callable[[], list[dict[str, Any]]]

PASSWORD = 'p"w\\d/é@host'
SETTINGS = Settings(
    slack_bot_token=SecretStr("xoxb-1234-of-settings"),
    slack_app_token=SecretStr("xapp-1-of-settings"),
    slack_signing_secret=SecretStr("5f2b9c0d1e8a7f6b5c4d3e2f1a0b9c8d"),
    database_url=SecretStr("postgresql://lucy:p%22w%5Cd%2F%C3%A9%40host@db.internal/lucy"),
    encryption_keys=[SecretStr("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")],
)
ENVIRONMENT = {"MOONSHOT_API_KEY": "ms/plain+looking", "HOME": "/nowhere", "SHORT_KEY": "abc"}
SECRETS = {
    "a bot token": "xoxb-998-abc-DEF",
    "an app token": "xapp-1-A0-99-ffee",
    "a rotated token": "xoxe.xoxp-1-Mi0yLTk",
    "a refresh token": "xoxe-1-Mi0yLTk",
    "a provider's key": "sk-ant-api03-abcdefgh",
    "a key without a shape": "ms/plain+looking",
    "the signing secret": "5f2b9c0d1e8a7f6b5c4d3e2f1a0b9c8d",
    "the encryption key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "the database's password": PASSWORD,
}


class Careless(Exception):
    """An error of a library that says too much."""


@pytest.fixture(params=["json", "console"])
def stream(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a Lucy with these settings would log; afterwards all is as it was."""
    form: log.Form = request.param
    root, before, kept = logging.getLogger(), structlog.get_config(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    log.configure("INFO", form, secrets_of(SETTINGS, ENVIRONMENT))
    yield written
    root.handlers[:], sys.excepthook = handlers, kept
    root.setLevel(level)
    structlog.configure(**before)


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    """The lines that were logged, where they are JSON."""
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_no_secret_is_read_in_a_line_an_exception_or_what_a_library_says(stream: io.StringIO, secret: str) -> None:
    ours, library = log.get("bot.somewhere"), logging.getLogger("some.library")

    ours.info(f"asked with {secret}", detail=f"key={secret},", error=Careless(secret), many={"header": [secret]})
    library.warning("connecting with %s", secret)
    library.warning("it said %r", {"token": secret})
    try:
        refused(f"401 for {secret}")
    except Careless:
        ours.exception("failed")
        library.exception("failed")
    sys.excepthook(Careless, Careless(secret), None)

    said = stream.getvalue()
    assert said.count("[redacted]") == 9
    assert said.count("Traceback") >= 2
    assert not [form for form in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]) if form in said]


def test_the_password_of_any_url_is_not_read(stream: io.StringIO) -> None:
    log.get("bot.somewhere").info("away", url="postgresql+asyncpg://someone:unheard-of@elsewhere/db")

    assert "unheard-of" not in stream.getvalue()
    assert "elsewhere" in stream.getvalue()


def test_ordinary_words_stay(stream: io.StringIO) -> None:
    log.get("bot.somewhere").info("abc", task="task-12345678", path="/nowhere", user="lucy")

    assert "[redacted]" not in stream.getvalue()


@pytest.mark.parametrize("stream", ["json"], indirect=True)
async def test_every_line_of_an_asks_work_names_its_workspace_and_its_task(
    lines: Lines, running: Lucy, sandbox: Sandbox
) -> None:
    library = logging.getLogger("some.library")
    running.telemetry.subscribe(lambda event: library.warning("%s", event.get("task_id", "")))
    sandbox.providers["gemini"].mode = Mode.ERROR

    for _ in range(3):
        await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await done(running)

    heard = [line for line in lines() if line["logger"] == "some.library" and line["event"]]
    failed = [line for line in lines() if line["event"] == "attempt_failed"]
    assert len({line["event"] for line in heard}) == 3
    assert all((line["task_id"], line["workspace_id"]) == (line["event"], str(ACME)) for line in heard)
    assert {line["task_id"] for line in failed} <= {line["event"] for line in heard}
    assert failed


@pytest.mark.parametrize("stream", ["json"], indirect=True)
async def test_what_was_spooled_for_others_is_not_settled_in_an_asks_name(
    lines: Lines, db: Database, cipher: Cipher, tmp_path: Path
) -> None:
    acme = workspace_id_of("T0ACME")
    async with db.unit(acme) as unit:
        key: OpenAttempt = await unit.costs.open(FAST, 60)
    spool = FileSpool(tmp_path, cipher)
    await spool.keep(key, SETTLED, None, ())

    with log.about(workspace_id="another", task_id="another"):
        await asyncio.gather(spool.settle(db), spool.settle(db))

    [settled] = [line for line in lines() if line["event"] == "spool_settled"]
    assert "task_id" not in settled


def refused(why: str) -> None:
    raise Careless(why)
