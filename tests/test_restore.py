"""A database restored from a backup answers nothing again that was answered after it, and loses nothing that was not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import make_url

from bot.db import postgres_process
from bot.db.database import Database
from bot.db.digests import Kind
from bot.digests.compose import Composer
from bot.digests.run import LATE, DigestRunner
from bot.sandbox.sandbox import Sandbox
from tests.conftest import _connect
from tests.digests.channel import MemoryChannel
from tests.test_main_job import ACME
from tests.test_recovery import before, claim, new_ask, run_to_the_end

__all__ = ["before"]

AN_HOUR_LATER = """
UPDATE inbox SET created_at = created_at - interval '1 hour', run_at = run_at - interval '1 hour';
UPDATE reply_part SET intent_at = intent_at - interval '1 hour';
"""


class Backup:
    """`pg_dump` of one database, `pg_restore` into another, and an hour between them."""

    def __init__(self, url: str, restored_url: str, file: Path) -> None:
        self.restored_url = restored_url
        self._url, self._file = url, file

    async def take(self) -> None:
        await run("pg_dump", "--format=custom", f"--file={self._file}", *place(self._url))

    async def restore(self) -> None:
        await run("pg_restore", "--no-owner", "--exit-on-error", *place(self.restored_url), str(self._file))
        connection = await _connect(self.restored_url)
        await connection.execute(AN_HOUR_LATER)
        await connection.close()


@pytest.fixture
def backup(empty_database_url: str, database_url: str, tmp_path: Path) -> Backup:
    return Backup(database_url, empty_database_url, tmp_path / "lucy.dump")


async def test_an_hour_old_backup_answers_no_ask_again_and_none_too_few(
    before: Database, database_url: str, sandbox: Sandbox, backup: Backup
) -> None:
    asked = [await ask(before, sandbox) for _ in range(4)]
    taken = [await claim(before, lease_s=0) for _ in range(2)]
    async with before.unit(taken[1].workspace_id) as unit:
        await unit.replies.store(taken[1].lease, ["one", "two"])
    await backup.take()
    await run_to_the_end(database_url, sandbox)
    said = [sandbox.slack.answers("C0GENERAL", ts) for ts in asked]
    calls = len(sandbox.providers["gemini"].requests)
    unanswer(sandbox, asked[3])
    await backup.restore()

    await run_to_the_end(backup.restored_url, sandbox)

    assert [len(sandbox.slack.answers("C0GENERAL", ts)) for ts in asked] == [1, 2, 1, 1]
    assert [sandbox.slack.answers("C0GENERAL", ts) for ts in asked[:3]] == said[:3]
    assert len(sandbox.providers["gemini"].requests) == calls + 1


async def test_a_digest_that_was_posted_after_the_backup_is_found(db: Database, workspace_id: UUID) -> None:
    channel, nine = MemoryChannel(), (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0)
    channel.posts.append((workspace_id, "C1", f"digest:{(nine - timedelta(days=1)).date()}"))
    async with db.unit(workspace_id) as unit:
        await unit.digests.want(Kind.DAILY, "C1", time(9), "UTC", "UBOSS")
    runner = DigestRunner(db, Composer(db, "big/model"), channel)

    await runner.tick(nine + LATE + timedelta(minutes=1))

    assert (len(channel.posts), channel.looked) == (1, 1)


async def ask(db: Database, sandbox: Sandbox) -> str:
    """An ask that Slack was told we have; its ts."""
    message = sandbox.slack.state.add("C0GENERAL", {"user": "U0BEN", "text": "<@U0LUCY> what is our plan?"})
    async with db.unit(ACME) as unit:
        await unit.inbox.add(new_ask(message["ts"], message["ts"]))
    return str(message["ts"])


def unanswer(sandbox: Sandbox, ts: str) -> None:
    """Nobody had answered that one when the first database was lost."""
    said = sandbox.slack.state.messages["C0GENERAL"]
    said[:] = [message for message in said if message.get("thread_ts") != ts]


def place(url: str) -> list[str]:
    """Where a database is, as PostgreSQL's own programs take it."""
    parsed = make_url(url)
    host = str(parsed.query.get("host", parsed.host))
    where = f"host={host} port={parsed.port or 5432} user={parsed.username} password={parsed.password or ''}"
    return [f"--dbname={where} dbname={parsed.database}"]


async def run(program: str, *arguments: str) -> None:
    ran = await asyncio.create_subprocess_exec(postgres_process._binaries() / program, *arguments)
    assert await ran.wait() == 0
