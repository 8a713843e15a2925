"""Whose ask is taken next: every workspace in turn, without reading through what the others have waiting."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest

from bot.conversation.desk import Desk, Pace
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.db.inbox import NewAsk, TakenAsk
from bot.db.turns import ANYBODY, CLAIM, Turn
from tests.db.test_plans import planned

MANY, EACH = 100, 50
FILL = """
    INSERT INTO inbox (workspace_id, task_id, event_id, channel_id, channel_type, thread_ts, ts, user_id, run_at)
    SELECT lpad((1 + number % $1)::text, 32, '0')::uuid, gen_random_uuid(), number::text, 'C1', 'channel', number::text,
           lpad(number::text, 9, '0'), 'U1', now() - interval '1 hour'
    FROM generate_series(1, $1 * $2) AS number
"""
BUSY, QUIET = workspace_id_of("T0BUSY"), workspace_id_of("T0QUIET")


async def test_workspaces_take_turns_however_much_one_of_them_has_waiting(db: Database) -> None:
    for number in range(6):
        await ask(db, BUSY, f"{number}.0")
    await ask(db, QUIET, "7.0", "8.0")
    desk = Desk(Pace())

    taken = [await claim(db, desk) for _ in range(8)]

    assert {one.workspace_id for one in taken[:2]} == {one.workspace_id for one in taken[2:4]} == {BUSY, QUIET}
    assert [one.ts for one in taken if one.workspace_id == BUSY] == [f"{number}.0" for number in range(6)]


async def test_a_workspace_that_has_its_share_leaves_the_other_places_to_its_neighbours(db: Database) -> None:
    for number in range(5):
        await ask(db, BUSY, f"{number}.0", user=f"U{number}")
    desk = Desk(Pace(concurrency=4, alone=False))
    taken = [await claim(db, desk) for _ in range(3)]

    nothing = await attempt(db, desk.turn)
    await ask(db, QUIET, "9.0")
    neighbour = await claim(db, desk)
    full = desk.full
    desk.clear(taken[0])
    desk.clear(neighbour)

    assert nothing is None
    assert (neighbour.workspace_id, full) == (QUIET, True)
    assert (await claim(db, desk)).ts == "3.0"


async def test_a_person_who_has_their_share_is_passed_over_for_a_colleague(db: Database) -> None:
    for number in range(3):
        await ask(db, BUSY, f"{number}.0", user="U1")
    await ask(db, BUSY, "9.0", user="U12")
    desk = Desk(Pace(concurrency=4))

    taken = [await claim(db, desk) for _ in range(3)]

    assert [one.user_id for one in taken] == ["U1", "U1", "U12"]
    assert await attempt(db, desk.turn) is None
    desk.clear(taken[0])
    assert (await claim(db, desk)).user_id == "U1"


async def test_the_only_workspace_may_use_every_place(db: Database) -> None:
    for number in range(4):
        await ask(db, BUSY, f"{number}.0", user=f"U{number}")
    desk = Desk(Pace(concurrency=4))

    assert len([await claim(db, desk) for _ in range(4)]) == 4
    assert desk.full


async def test_who_stands_behind_every_other_is_still_found(db: Database) -> None:
    await ask(db, QUIET, "1.0")

    for after in (QUIET, UUID(int=0), UUID(int=2**128 - 1)):
        taken = await attempt(db, Turn(after))
        assert taken
        async with db.unit(QUIET) as unit:
            await unit.inbox.hand_back(taken.lease)


@pytest.mark.parametrize("sharded", [False, True])
async def test_a_claim_tells_whether_the_workspace_is_served(
    database_url: str, cipher: Cipher, onlooker: asyncpg.Connection, *, sharded: bool
) -> None:
    db = Database.open(database_url, cipher, sharded=sharded)
    told = []
    await ask(db, QUIET, "1.0", "2.0", "3.0", "4.0", "5.0")
    told.append(await attempt(db))
    async with db.unit(QUIET) as unit:
        await unit.workspaces.welcome("T0QUIET", "Quiet", "U0LUCY")
    told.append(await attempt(db))
    for why in ("active = false", "disabled = true", "lost_since = now()"):
        await onlooker.execute("UPDATE workspace SET active = true, disabled = false, lost_since = NULL")
        await onlooker.execute(f"UPDATE workspace SET {why}")
        told.append(await attempt(db))
    await db.close()

    assert [one and one.served for one in told] == [False, True, False, False, False]


async def test_a_claim_reads_a_handful_of_the_asks_that_wait(onlooker: asyncpg.Connection) -> None:
    await onlooker.execute(FILL.replace("$1", str(MANY)).replace("$2", str(EACH)))
    await onlooker.execute("ANALYZE inbox")
    await onlooker.execute("SET plan_cache_mode = force_generic_plan")
    turn = Turn(full=tuple(UUID(int=number) for number in range(1, 20)))
    values = {**turn.asked, "lease_id": uuid4(), "worker": "w", "lease_s": 60.0}

    nodes = await planned(onlooker, CLAIM.sql, *CLAIM.arguments(values), options="ANALYZE, FORMAT JSON")

    scans = [node for node in nodes if node.get("Relation Name") == "inbox" and node["Node Type"] != "ModifyTable"]
    assert [node for node in scans if node["Node Type"] == "Seq Scan"] == []
    assert {node["Index Name"] for node in scans} <= {"inbox_turn_idx", "inbox_thread_idx", "inbox_pkey"}
    assert 10 < sum(read(node) for node in scans) < 50


def read(node: dict[str, float]) -> float:
    """Rows that a scan met."""
    return (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]


async def ask(db: Database, workspace_id: UUID, *times: str, user: str = "U1") -> None:
    """An ask in a thread of its own, at each of these times."""
    async with db.unit(workspace_id) as unit:
        for ts in times:
            await unit.inbox.add(NewAsk(f"Ev{ts}", "C1", "channel", ts, ts, user, "words"))


async def attempt(db: Database, turn: Turn = ANYBODY) -> TakenAsk | None:
    async with db.operations() as operations:
        return await operations.claim("worker", 60, turn)


async def claim(db: Database, desk: Desk) -> TakenAsk:
    """The next ask, put on the desk."""
    taken = await attempt(db, desk.turn)
    assert taken
    desk.take(taken)
    return taken
