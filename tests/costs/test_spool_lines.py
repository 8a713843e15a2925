"""A line of the spool that says nothing the ledger could take is set aside, and keeps no other back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from bot.costs.spool import FileSpool
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import new_id
from tests.costs.ledger import SETTLED, opened, rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path, cipher: Cipher) -> FileSpool:
    return FileSpool(folder, cipher)


@pytest.mark.parametrize(
    "wrong",
    [
        b"not json",
        b'{"key":{"workspace_id":"47',
        b'{"key":{},"outcome":{"state":"settled","model":"a/small"}}',
        b"\xff\xfe",
    ],
)
async def test_a_line_that_cannot_be_read_is_set_aside_and_the_rest_settles(
    db: Database, spool: FileSpool, folder: Path, workspace_id: UUID, wrong: bytes
) -> None:
    await spool.keep(await opened(db, workspace_id), SETTLED, None, ())
    [file] = folder.iterdir()
    file.write_bytes(wrong + b"\n" + file.read_bytes() + wrong)

    await spool.settle(db)

    assert [row.state for row in await rows(db, workspace_id)] == ["settled"]
    assert [(path.suffix, path.read_bytes()) for path in folder.iterdir()] == [(".bad", (wrong + b"\n") * 2)]


async def test_an_outcome_the_ledger_does_not_take_is_set_aside_and_the_rest_settles(
    db: Database, spool: FileSpool, folder: Path, workspace_id: UUID
) -> None:
    good, refused = await opened(db, workspace_id), await opened(db, workspace_id)
    unheard = replace(good, id=new_id())
    for key, outcome in ((good, SETTLED), (refused, replace(SETTLED, cost_usd=None)), (unheard, SETTLED)):
        await spool.keep(key, outcome, None, ())

    await spool.settle(db)

    states = {row.id: row.state for row in await rows(db, workspace_id)}
    assert states == {good.id: "settled", refused.id: "open"}
    [bad] = folder.iterdir()
    aside = {UUID(json.loads(line)["key"]["id"]) for line in bad.read_bytes().splitlines()}
    assert aside == {refused.id, unheard.id}
