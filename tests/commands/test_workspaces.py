"""`lucy workspaces`: who installed Lucy, and that a switched-off workspace is not served, whoever installs her again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.errors import LucyError

pytestmark = pytest.mark.usefixtures("settings")


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`lucy` in an empty folder, on this test's database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)


async def test_every_workspace_is_listed_with_how_it_stands(db: Database, workspace_id: UUID) -> None:
    async with db.unit(workspace_id_of("T0GONE")) as unit:
        await unit.workspaces.welcome("T0GONE", "Gone", "U0LUCY")
        await unit.workspaces.retire()

    acme, gone, hint = (await lucy()).splitlines()[-3:]

    assert (acme.split()[:2], acme.endswith("Acme")) == (["T0ACME", "served"], True)
    assert gone.startswith("T0GONE         removed ")
    assert f"deleted {datetime.now(UTC) + timedelta(days=90):%Y-%m-%d}" in gone
    assert "90 days later" in hint
    assert "lucy forget TEAM --yes" in hint


async def test_a_workspace_that_is_switched_off_stays_so_when_lucy_is_installed_again(
    db: Database, workspace_id: UUID
) -> None:
    await lucy("disable", "T0ACME")
    off = await welcomed(db, workspace_id)
    shown = await lucy()
    await lucy("enable", "T0ACME")
    on = await welcomed(db, workspace_id)

    assert (off, on, "switched off" in shown) == (False, True, True)
    async with db.unit(workspace_id) as unit:
        assert [change.action for change in await unit.audit.newest()] == ["workspace.enable", "workspace.disable"]


async def test_a_team_nobody_knows_is_said_so(db: Database) -> None:
    with pytest.raises(LucyError, match="T0NOBODY never installed Lucy"):
        await lucy("disable", "T0NOBODY")


async def welcomed(db: Database, workspace_id: UUID) -> bool:
    """Whether a workspace is served after it installed Lucy again."""
    async with db.unit(workspace_id) as unit:
        await unit.workspaces.welcome("T0ACME", "Acme", "U0LUCY")
        found = await unit.workspaces.read()
    assert found
    return found.active


async def lucy(*words: str) -> str:
    """A command's output; it runs its own loop, so it runs in a thread. Raises what the command raised."""
    ran = await asyncio.to_thread(CliRunner().invoke, app, ["workspaces", *words])
    if ran.exception:
        raise ran.exception
    return ran.output
