"""What people are told of what is kept is what upkeep deletes by, on every page and in the README."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest
from pydantic import ValidationError

from bot.app import Lucy
from bot.config import Settings
from bot.db import endings, operations, thread_summaries
from bot.db.retention import CONTEXT_HOURS, DEAD_DAYS, FEATURES_DAYS, SUMMARY_DAYS, Retention
from bot.sandbox.sandbox import Sandbox
from bot.slack.privacy import privacy
from tests.onlooker import until
from tests.slack.test_install import browser, open_to_all, visit
from tests.tracked import ROOT

__all__ = ["browser", "open_to_all"]


def test_the_days_that_are_told_are_those_in_the_statements() -> None:
    told = " ".join(privacy(Retention()))

    assert f"interval '{DEAD_DAYS} days'" in str(operations.WIPE_DEAD)
    assert f"interval '{FEATURES_DAYS} days'" in str(operations.DROP_ASKED)
    assert f"interval '{SUMMARY_DAYS} days'" in thread_summaries._KEEP.sql
    assert f"interval '{CONTEXT_HOURS} hours'" in endings._END.sql
    assert f"wiped {DEAD_DAYS} days later" in told
    assert f"for {SUMMARY_DAYS} days. Questions and answers I keep, encrypted, for {CONTEXT_HOURS} hours" in told
    assert f"for {FEATURES_DAYS} days" in told


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (Retention(), "which thread: until whoever runs me deletes them"),
        (Retention(ledger_months=13), "which thread: for 13 months"),
        (Retention(audit_months=24), "in a log: for 24 months"),
        (Retention(departed_days=30), "all else 30 days later; sums by day and model stay"),
        (Retention(departed_sums=False), "all else 90 days later."),
    ],
)
def test_each_setting_is_told(kept: Retention, said: str) -> None:
    assert said in " ".join(privacy(kept))


def test_the_settings_default_to_what_is_told_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings()

    assert Retention.of(settings) == Retention()
    with pytest.raises(ValidationError):
        Settings(departed_days=0)


def test_the_readme_tells_the_same_figures() -> None:
    section = (ROOT / "README.md").read_text().partition("## What is kept")[2].partition("\n## ")[0]

    assert set(re.findall(r"(\d+) days", section)) == {
        str(days)
        for days in (DEAD_DAYS, SUMMARY_DAYS, FEATURES_DAYS, Retention().reply_days, Retention().departed_days)
    }


async def test_anybody_may_ask_and_whoever_installs_lucy_is_told(
    open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession
) -> None:
    page, _ = await visit(browser, f"{open_to_all.url}/slack/install")

    shown = await sandbox.globex.command("/lucy-costs", "privacy", "U1GUEST", "C1LOBBY")
    await until(lambda: bool(shown))

    for sentence in privacy(Retention()):
        assert sentence in shown[0]["text"]
        assert sentence.replace("'", "&#x27;") in page
