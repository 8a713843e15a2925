"""`lucy whatif`: the last days at another dial, from choices and rows that are really stored."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from bot.db.choices import StoredChoice
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import new_id, workspace_id_of
from tests.commands.conftest import Typed
from tests.costs.ledger import FAST, SETTLED


@pytest.fixture
def answered(database_url: str, cipher: Cipher) -> None:
    """One scored ask of one workspace, answered and billed."""
    asyncio.run(_answer(database_url, cipher))


async def _answer(database_url: str, cipher: Cipher) -> None:
    db = Database.open(database_url, cipher)
    task_id = new_id()
    asked = StoredChoice(task_id, "C1", "1.0", "U1", 3, "code", 0.9, 0.3, "score", "", 9.0, 0.9, 0.45, "balanced")
    async with db.unit(workspace_id_of("T0ACME")) as unit:
        await unit.workspaces.welcome("T0ACME", "Acme", "U0LUCY")
        await unit.choices.remember(asked)
        await unit.costs.move(await unit.costs.open(replace(FAST, id=new_id(), task_id=task_id), 60), SETTLED)
    await db.close()


@pytest.mark.usefixtures("answered")
def test_a_month_is_replayed_and_says_what_it_assumes(lucy: Typed) -> None:
    code, person, _ = lucy("whatif", "--dial", "eco")
    machine = json.loads(lucy("whatif", "--dial", "quality", "--json")[1])

    assert code == 0
    assert "as it was" in person
    assert "Assumed: every tier would have used the tokens that were billed" in person
    assert machine["before"]["asks"] == {"1": 0, "2": 0, "3": 1}
    assert machine["billed_usd"] == pytest.approx(float(SETTLED.cost_usd or 0))


@pytest.mark.parametrize("command", [["whatif", "--dial", "cheap"], ["route", "hi", "--dial", "cheap"]])
def test_an_unknown_dial_is_told_in_one_line(lucy: Typed, command: list[str]) -> None:
    code, _, told = lucy(*command)

    assert (code, told.count("\n")) == (2, 1)
    assert "none of eco, balanced, quality" in told
