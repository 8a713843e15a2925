"""What was paid for while the database was away is on disk, and reaches the ledger once."""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from bot.costs.spool import FileSpool
from bot.costs.tracker import Tracker
from bot.db.budgets import Budget, BudgetKey, Mode
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.db.inbox import Lease, NewAsk
from bot.errors import DatabaseAway
from bot.telemetry import Telemetry
from tests.conftest import CIPHER_KEY
from tests.costs.ledger import FAILED, FAST, SETTLED, UNKNOWN, move, opened, recomputed, rollup, rows
from tests.costs.paying import ANSWER, BASELINE, BOOK, COST, Switched, an_attempt
from tests.tracked import ROOT

ESTIMATED = replace(SETTLED, usage_source="estimated", cost_usd=COST)
OUTCOMES = (SETTLED, replace(SETTLED, model="b/big", flags=("odd", "price_diverges")), ESTIMATED, FAILED, UNKNOWN)
OTHER = workspace_id_of("T0OTHER")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path, cipher: Cipher) -> FileSpool:
    return FileSpool(folder, cipher)


@pytest.fixture
def switched(db: Database) -> Switched:
    return Switched(db._connections, db._cipher)


async def test_a_database_that_goes_away_during_a_call_hears_of_it_when_it_is_back(
    db: Database, switched: Switched, spool: FileSpool, folder: Path, workspace_id: UUID
) -> None:
    seen: list[tuple[int, int]] = []

    async def wait(_: float) -> None:
        seen.append((spool.depth, len(list(folder.iterdir()))))
        switched.away = len(seen) < 3

    tracker = Tracker(switched, BOOK, BASELINE, Telemetry(), wait, spool)
    attempt = await tracker.open(an_attempt(workspace_id))
    switched.away = True

    await tracker.settle(attempt, ANSWER, 7)

    [row] = await rows(db, workspace_id)
    assert (row.state, row.cost_usd, row.latency_ms) == ("settled", COST, 7)
    assert await rollup(db, workspace_id) == recomputed([row])
    assert seen == [(1, 1)] * 3
    assert (spool.depth, list(folder.iterdir())) == (0, [])


async def test_an_answer_is_spooled_unreadably_and_delivered_to_whoever_has_the_ask_then(
    db: Database, spool: FileSpool, folder: Path, workspace_id: UUID
) -> None:
    lease = await leased(db, workspace_id)
    key = await opened(db, workspace_id)
    await spool.keep(key, SETTLED, lease.task_id, ["The secret is 42.", "Ask again."])
    on_disk = b"".join(path.read_bytes() for path in folder.iterdir())
    async with db.unit(workspace_id) as unit:
        await unit.inbox.hand_back(lease)

    await spool.settle(db)

    assert b"secret" not in on_disk
    assert b'"input_tokens":100' in on_disk
    assert await answers(db, lease) == ["The secret is 42.", "Ask again."]


async def test_the_first_answer_kept_is_the_answer(db: Database, spool: FileSpool, workspace_id: UUID) -> None:
    lease = await leased(db, workspace_id)
    await spool.keep(await opened(db, workspace_id), SETTLED, lease.task_id, ["first", "and its end"])
    await spool.settle(db)

    async with db.unit(workspace_id) as unit:
        await unit.replies.store(lease, ["second"])

    assert await answers(db, lease) == ["first", "and its end"]


async def test_an_ask_that_is_done_with_gets_no_answer_any_more(
    db: Database, spool: FileSpool, workspace_id: UUID
) -> None:
    lease = await leased(db, workspace_id)
    key = await opened(db, workspace_id)
    await spool.keep(key, SETTLED, lease.task_id, ["late"])
    async with db.unit(workspace_id) as unit:
        await unit.endings.end(lease, "failed")

    await spool.settle(db)

    assert await answers(db, lease) == []
    assert [row.state for row in await rows(db, workspace_id)] == ["settled"]


async def test_what_a_killed_lucy_paid_is_settled_by_the_next_one(
    db: Database, database_url: str, folder: Path, cipher: Cipher, workspace_id: UUID
) -> None:
    command = (sys.executable, "-m", "tests.costs.dying", database_url, str(folder), CIPHER_KEY)
    dying = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    async with asyncio.timeout(30):
        while not (folder.is_dir() and any(path.stat().st_size for path in folder.iterdir())):
            await asyncio.sleep(0.02)
    await FileSpool(folder, cipher).settle(db)
    while_it_lived = [row.state for row in await rows(db, workspace_id)]
    dying.kill()
    await dying.wait()

    await FileSpool(folder, cipher).settle(db)

    [row] = await rows(db, workspace_id)
    assert while_it_lived == ["open"]
    assert (row.state, row.cost_usd) == ("settled", COST)
    assert await rollup(db, workspace_id) == recomputed([row])
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_replaying_is_moving_one_by_one_and_twice_is_once(
    db: Database, folder: Path, cipher: Cipher, workspace_id: UUID, seed: int
) -> None:
    dice, spool = random.Random(seed), FileSpool(folder, cipher)
    keys = [await opened(db, dice.choice((workspace_id, OTHER))) for _ in range(30)]
    for key in dice.sample(keys, 10):
        await move(db, key, dice.choice((SETTLED, UNKNOWN)))
    for key in dice.choices(keys, k=60):
        await spool.keep(key, dice.choice(OUTCOMES), None, ())
    [file] = folder.iterdir()
    lines = file.read_bytes()

    await spool.settle(db)

    once = {owner: await rollup(db, owner) for owner in (workspace_id, OTHER)}
    assert once == {owner: recomputed(await rows(db, owner)) for owner in (workspace_id, OTHER)}
    file.write_bytes(lines)
    await FileSpool(folder, cipher).settle(db)
    assert once == {owner: await rollup(db, owner) for owner in (workspace_id, OTHER)}
    assert list(folder.iterdir()) == []


async def test_a_budget_is_released_and_charged_when_the_truth_comes_from_the_spool(
    db: Database, spool: FileSpool, workspace_id: UUID
) -> None:
    key = BudgetKey("workspace", "", "month")
    async with db.unit(workspace_id) as unit:
        await unit.budgets.set(Budget(key, Decimal(5), Mode.STOP, "operator"))
    for outcome in (SETTLED, FAILED, UNKNOWN):
        await spool.keep(await opened(db, workspace_id), outcome, None, ())

    await spool.settle(db)

    async with db.unit(workspace_id) as unit:
        standing = await unit.budgets.standing(key)
    assert standing
    assert (standing.spent_usd, standing.reserved_usd) == (SETTLED.cost_usd, FAST.reserved_usd)


async def test_without_a_place_to_write_the_outcome_waits_in_memory(
    db: Database, switched: Switched, folder: Path, cipher: Cipher, workspace_id: UUID
) -> None:
    folder.write_text("not a folder")

    async def returns(_: float) -> None:
        switched.away = False

    tracker = Tracker(switched, BOOK, BASELINE, Telemetry(), returns, FileSpool(folder, cipher))
    attempt = await tracker.open(an_attempt(workspace_id))
    switched.away = True

    await tracker.settle(attempt, ANSWER, 1)

    assert [row.state for row in await rows(db, workspace_id)] == ["settled"]


async def test_no_call_is_opened_before_what_is_owed_is_written_down(
    db: Database, switched: Switched, spool: FileSpool, workspace_id: UUID
) -> None:
    tracker = Tracker(switched, BOOK, BASELINE, Telemetry(), spool=spool)
    await spool.keep(await opened(db, workspace_id), SETTLED, None, ())
    switched.away = True
    with pytest.raises(DatabaseAway):
        await tracker.open(an_attempt(workspace_id))
    switched.away = False

    await tracker.open(an_attempt(workspace_id))

    assert [row.state for row in await rows(db, workspace_id)] == ["settled", "open"]


async def leased(db: Database, workspace_id: UUID) -> Lease:
    """An ask that a worker holds."""
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(NewAsk("Ev1", "C1", "channel", "1.0", "1.0", "U1", "hi"))
    async with db.operations() as operations:
        taken = await operations.claim("worker", 60)
    assert taken is not None
    return taken.lease


async def answers(db: Database, lease: Lease) -> list[str]:
    async with db.unit(lease.workspace_id) as unit:
        return [part.text for part in (await unit.replies.stored(lease.task_id)).parts]
