"""`lucy learn`: tells what came of the labels, and with --dry-run changes nothing."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from tests.commands.conftest import Typed
from tests.routing.labelled import label

ACME = workspace_id_of("T0ACME")


@pytest.fixture
def labelled(database_url: str, cipher: Cipher) -> None:
    asyncio.run(_label(database_url, cipher))


async def _label(database_url: str, cipher: Cipher) -> None:
    db = Database.open(database_url, cipher)
    await label(db, ACME, 140, by_topic=True)
    await db.close()


@pytest.mark.usefixtures("labelled")
def test_it_says_what_was_tried_and_what_counts_now(lucy: Typed) -> None:
    tried = json.loads(lucy("learn", "--dry-run", "--json")[1])
    code, told, _ = lucy("learn", "--workspace", "T0ACME")

    assert (tried["outcome"], tried["labels"], tried["workspace_id"]) == ("better", 140, str(ACME))
    assert code == 0
    assert "140 labelled answers" in told
    assert "better, so it counts from now on" in told


@pytest.mark.usefixtures("labelled")
def test_a_workspace_without_labels_is_told_so(lucy: Typed) -> None:
    _, told, _ = lucy("learn", "--workspace", "T0OTHER")

    assert "0 labelled answers, 0 of them failed: too few to learn from" in told
