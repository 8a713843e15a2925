"""A person's last asks with what they cost, and the calls that failed last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bot.costs.folding import fold
from bot.costs.footer import price
from bot.db.database import Database
from bot.db.inbox import NewAsk
from bot.db.recent import Failure
from tests.costs.ledger import FAST, SETTLED
from tests.costs.spending import Spent, spend

ASK = NewAsk("Ev1", "C1", "channel", "1.0", "1.0", "U1", "words")
EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def test_finished_asks_come_newest_first_each_with_its_own_calls(db: Database, workspace_id: UUID) -> None:
    for number, ask in enumerate((ASK, replace(ASK, event_id="Ev2", ts="2.0", question_ts="1.0"))):
        await finished(db, workspace_id, ask, "answered" if number else "failed")
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(replace(ASK, event_id="Ev3", ts="3.0"))

    async with db.unit(workspace_id) as unit:
        asks = await unit.recent.asks("U1", 5)
        rows = [await unit.costs.of_task(ask.task_id, (ask.created_at, ask.done_at)) for ask in asks]
        nobodys = await unit.recent.asks("U2", 5)

    assert [(ask.outcome, ask.ts, ask.thread_ts) for ask in asks] == [
        ("answered", "1.0", "1.0"),
        ("failed", "1.0", "1.0"),
    ]
    assert [price(each) for each in rows] == ["$0.00012", "$0.00012"]
    assert nobodys == []


async def test_the_newest_failures_are_told_and_what_people_stopped_is_not_one(
    db: Database, workspace_id: UUID
) -> None:
    now = datetime.now(UTC).replace(hour=1)
    for minute, state, user in ((0, "failed", "U1"), (1, "settled", "U1"), (2, "unknown", "U2"), (40, "failed", "U2")):
        await spend(
            db,
            workspace_id,
            now.replace(minute=minute),
            Spent(None if state == "unknown" else "0", state=state, user=user),
        )

    last = await failures(db, workspace_id)
    mine = await failures(db, workspace_id, "U1")

    assert [(failure.at.minute, failure.state) for failure in last] == [(40, "failed")]
    assert [(failure.at.minute, failure.state) for failure in mine] == [(0, "failed")]


async def test_failures_of_a_folded_day_are_found_too(db: Database, workspace_id: UUID) -> None:
    day = datetime.now(UTC).replace(hour=12) - timedelta(days=3)
    for minute in (0, 40):
        await spend(db, workspace_id, day.replace(minute=minute), Spent("0", state="failed"))

    await fold(db)

    assert [failure.at.minute for failure in await failures(db, workspace_id)] == [40, 0]


async def test_only_who_never_asked_has_nothing(db: Database, workspace_id: UUID) -> None:
    async with db.unit(workspace_id) as unit:
        assert not await unit.recent.any()


async def finished(db: Database, workspace_id: UUID, ask: NewAsk, outcome: str) -> None:
    """Asked, called a model once, done with."""
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(ask)
    async with db.operations() as operations:
        taken = await operations.claim("worker", 60)
    assert taken
    async with db.unit(workspace_id) as unit:
        attempt = await unit.costs.open(replace(FAST, task_id=taken.task_id, id=taken.task_id), 60)
        await unit.costs.move(attempt, SETTLED)
    async with db.unit(workspace_id) as unit:
        await unit.endings.end(taken.lease, outcome)


async def failures(db: Database, workspace_id: UUID, user_id: str | None = None) -> list[Failure]:
    async with db.unit(workspace_id) as unit:
        return list(await unit.recent.failures(EVER, user_id, 3, ["cancelled"]))
