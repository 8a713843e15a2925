"""`lucy budget`: operators see, set and end budgets, and stand in the trail."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.db.audit import OPERATOR
from bot.db.database import Database
from bot.errors import LucyError


@pytest.fixture
def settings(database_url: str, workspace_id: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`lucy` in an empty folder, on this test's database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)


async def lucy(*words: str) -> str:
    """A command's output; it runs its own loop, so it runs in a thread. Raises what the command raised."""
    ran = await asyncio.to_thread(CliRunner().invoke, app, ["budget", *words])
    if ran.exception:
        raise ran.exception
    return ran.output


@pytest.mark.usefixtures("settings")
async def test_an_operator_sets_shows_and_ends_a_budget(db: Database, workspace_id: UUID) -> None:
    await lucy("workspace", "50")
    await lucy("C0ENG", "2.50", "--per", "day", "--mode", "step-down")
    shown, exact = await lucy(), json.loads(await lucy("--json"))
    await lucy("workspace", "off")

    assert "$0.00 of $50.00 spent" in shown
    assert [(one["scope"], one["limit_usd"], one["mode"], one["set_by"]) for one in exact] == [
        ("workspace", "50", "stop", OPERATOR),
        ("channel", "2.5", "step_down", OPERATOR),
    ]
    async with db.unit(workspace_id) as unit:
        assert [one.budget.key.scope for one in await unit.budgets.standings()] == ["channel"]
        assert [change.action for change in await unit.audit.newest()] == ["budget.off", "budget.set", "budget.set"]


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    "words",
    [
        ("everyone", "5"), ("workspace", "5", "--per", "week"), ("workspace", "5", "--mode", "hard"), ("workspace", "-5"),
        ("workspace",), ("workspace", "off"), ("workspace", "5 EUR"),
    ],
)  # fmt: skip
async def test_nonsense_changes_nothing(db: Database, workspace_id: UUID, words: tuple[str, ...]) -> None:
    with pytest.raises((LucyError, SystemExit)):
        await lucy(*words)

    async with db.unit(workspace_id) as unit:
        assert await unit.budgets.standings() == []
