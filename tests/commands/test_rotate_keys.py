"""Keys are rotated while Lucy serves: newest first, `lucy rotate-keys`, and the old one can go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary, select

from bot.db.database import Database
from bot.db.encryption import Cipher, cipher_of
from bot.db.ids import workspace_id_of
from bot.db.seals import SEALED
from bot.db.tables import metadata
from bot.errors import Undecryptable
from tests.commands.conftest import Typed
from tests.db.acme import ASK, TOKEN

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
WORDS = ("words of Acme", "an answer", "xoxb-acme", "xoxe-acme")
Found = TypeVar("Found")


def test_after_a_rotation_the_old_key_is_needed_for_nothing(
    lucy: Typed, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_keys(monkeypatch, OLD)
    everywhere(database_url, OLD, store)
    with_keys(monkeypatch, NEW, OLD)

    code, said, _ = lucy("rotate-keys")
    again = lucy("rotate-keys")[1]

    assert (code, "8 texts" in said, "0 texts" in again) == (0, True, True)
    assert "no longer needed" in said
    with_keys(monkeypatch, NEW)
    assert everywhere(database_url, NEW, read) == [WORDS, WORDS]
    with pytest.raises(Undecryptable):
        everywhere(database_url, OLD, read)


def test_what_no_key_opens_stays_and_is_told(lucy: Typed, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere(database_url, OLD, store)
    with_keys(monkeypatch, NEW)

    code, said, _ = lucy("rotate-keys")

    assert (code, "8 are opened by none" in said) == (1, True)
    assert everywhere(database_url, OLD, read) == [WORDS, WORDS]


def test_an_answer_on_disk_keeps_the_old_key_needed(
    lucy: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "1-a.jsonl").write_text("{}\n")
    monkeypatch.setenv("LUCY_HOME", str(tmp_path))
    with_keys(monkeypatch, NEW, OLD)

    code, said, _ = lucy("rotate-keys")

    assert (code, "1 files" in said, "no longer needed" in said) == (1, True, False)


def test_the_first_key_of_ones_own_takes_over_from_the_bot_tokens() -> None:
    sealed = cipher_of([], "xoxb-acme").seal("words")

    cipher = cipher_of([NEW], "xoxb-acme")

    assert cipher.open(sealed) == "words"
    assert Cipher([NEW]).open(cipher.renewed(sealed) or b"") == "words"


def test_every_encrypted_column_is_rotated() -> None:
    binary = {c for table in metadata.sorted_tables for c in table.columns if isinstance(c.type, LargeBinary)}

    hashes = {"classifier_cache.fingerprint", "asked.features", "routing_label.features", "routing_weights.weights"}
    assert {str(column) for column in binary - set(SEALED)} == hashes


def with_keys(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setenv("LUCY_ENCRYPTION_KEYS", ",".join(keys))


def everywhere(database_url: str, key: str, work: Callable[[Database, str], Awaitable[Found]]) -> list[Found]:
    """What comes of it in both workspaces, with one key alone."""

    async def go() -> list[Found]:
        db = Database.open(database_url, Cipher([key]))
        try:
            return [await work(db, team) for team in ("T0ACME", "T0GLOBEX")]
        finally:
            await db.close()

    return asyncio.run(go())


async def store(db: Database, team: str) -> None:
    """A workspace with an ask in work, its answer, and a token."""
    async with db.unit(workspace_id_of(team)) as unit:
        await unit.workspaces.welcome(team, team, "U0LUCY")
        await unit.installations.save(TOKEN)
        await unit.inbox.add(ASK)
    async with db.operations() as operations:
        taken = await operations.claim("worker", 600)
    assert taken
    async with db.unit(workspace_id_of(team)) as unit:
        await unit.replies.store(taken.lease, ["an answer"])


async def read(db: Database, team: str) -> tuple[str, ...]:
    """The words of the ask, of the answer, and the tokens. Raises Undecryptable."""
    cipher, found = db._cipher, []
    async with db._session() as session:
        for column in SEALED:
            mine = select(column).where(column.table.c.workspace_id == workspace_id_of(team), column.is_not(None))
            found += [cipher.open(sealed) for sealed in await session.scalars(mine)]
    return tuple(found)
