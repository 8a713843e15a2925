"""A newer Lucy expands the database while an older one serves it, and a step back stops neither."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from bot.db.migrate import current, newest
from tests.faults.stage import ANSWERED, QUICK, Stage
from tests.lucy_process import Running, lucy_process
from tests.tracked import ROOT

NEXT = "9001"
MIGRATION = f'''
"""What the next release adds."""

from alembic import op

revision = "{NEXT}"
down_revision = "{newest()}"


def upgrade() -> None:
    op.execute("CREATE TABLE later (workspace_id UUID NOT NULL, id UUID NOT NULL, PRIMARY KEY (workspace_id, id))")
    for table in ("inbox", "workspace"):
        op.execute(f"ALTER TABLE {{table}} ADD COLUMN later TEXT")


def downgrade() -> None:
    for table in ("inbox", "workspace"):
        op.execute(f"ALTER TABLE {{table}} DROP COLUMN later")
    op.execute("DROP TABLE later")
'''
NO_LONGER_THAN_S = 3.0
"""A migration waits 0.8 s at most while others wait behind it; the rest is for a busy machine."""


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_newer_lucy_migrates_beside_an_older_one_and_a_step_back_stops_neither(
    stage: Stage, database_url: str, onlooker: asyncpg.Connection, tmp_path: Path
) -> None:
    release = the_next_release(tmp_path / "release")
    older = await stage.lucy()
    async with talking(stage, [older]) as asked, waiting_for_the_inbox(onlooker) as before:
        await asyncio.sleep(1)
    async with waiting_for_the_inbox(onlooker) as waits, talking(stage, [older]) as meanwhile:
        newer = lucy_process(stage.sandbox, tmp_path, command(release), database_url, QUICK)
        newest_lucy = await stage.processes.enter_async_context(newer)
        migrated = await current(database_url)
        async with talking(stage, [older, newest_lucy]) as beside:
            await asyncio.sleep(1)
            await step_back(release, database_url)
            await asyncio.sleep(1)
    await stage.all_done()

    assert (migrated, await current(database_url)) == (NEXT, newest())
    for ts in (*asked, *meanwhile, *beside):
        assert await stage.inbox(ts) == [ANSWERED]
        assert len(stage.answers(ts)) == 1
    assert min(map(len, (asked, meanwhile, beside))) > 0
    assert max(waits) - max(before) < NO_LONGER_THAN_S
    await stage.check_books()


def the_next_release(folder: Path) -> Path:
    """This Lucy with one migration more."""
    for part in ("bot", "migrations"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "migrations" / "versions" / f"{NEXT}_later.py").write_text(MIGRATION)
    return folder


def command(release: Path) -> tuple[str, ...]:
    """Its command line."""
    code = f"import sys; sys.path.insert(0, {str(release)!r}); from bot.__main__ import main; main()"
    return (sys.executable, "-c", code)


async def step_back(release: Path, database_url: str) -> None:
    """Its operator takes its migration back."""
    code = (
        f"import asyncio, sys; sys.path.insert(0, {str(release)!r}); from bot.db.migrate import downgrade;"
        f" asyncio.run(downgrade({database_url!r}, '-1'))"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == 0


@asynccontextmanager
async def talking(stage: Stage, lucys: Iterable[Running]) -> AsyncIterator[list[str]]:
    """While the block runs people ask each of them in turn, and are heard; the ts of what they asked."""
    over, asked, doors = asyncio.Event(), list[str](), [f"http://127.0.0.1:{lucy.port}/slack/events" for lucy in lucys]

    async def talk() -> None:
        while not over.is_set():
            stage.slack.delivery.events_url = doors[len(asked) % len(doors)]
            asked.append(await stage.say("hello"))
            await asyncio.sleep(0.1)

    talk_task = asyncio.create_task(talk())
    try:
        yield asked
    finally:
        over.set()
        await talk_task


@asynccontextmanager
async def waiting_for_the_inbox(onlooker: asyncpg.Connection) -> AsyncIterator[list[float]]:
    """While the block runs somebody wants to write into the inbox, again and again; the seconds that each had to wait."""
    over, waits = asyncio.Event(), list[float]()

    async def want() -> None:
        while not over.is_set():
            began = time.perf_counter()
            await onlooker.execute("BEGIN; LOCK TABLE inbox IN ROW EXCLUSIVE MODE; COMMIT")
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(0.02)

    wanting = asyncio.create_task(want())
    try:
        yield waits
    finally:
        over.set()
        await wanting
