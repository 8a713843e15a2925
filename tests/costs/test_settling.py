"""How an attempt ends where no budget stands in the way, and where one comes into it."""

from __future__ import annotations

from bot.costs.tracker import Attempt, Keep, Tracker
from bot.db.database import Database
from tests.costs.budgeting import DAILY, agree, limit, standings
from tests.costs.ledger import recomputed, rollup, rows
from tests.costs.test_tracker import ANSWER, COST, Forgetful, attempt, events, forgetful, leased, tracker

__all__ = ["attempt", "events", "forgetful", "tracker"]


async def test_where_no_budget_stands_an_attempt_and_its_answer_take_two_trips_to_the_database(
    db: Database, tracker: Tracker, attempt: Attempt, forgetful: Forgetful
) -> None:
    lease, attempt = await leased(db, attempt)
    await tracker.settle(await tracker.open(attempt), ANSWER, 1)
    heard: list[str] = []
    for held in forgetful._connections._idle:
        held.driver.add_query_logger(lambda said: heard.append(said.query))

    await tracker.settle(await tracker.open(attempt), ANSWER, 1, Keep(lease, lambda text: [text]))

    assert len(heard) == 2
    ledger = await rows(db, lease.workspace_id)
    assert [row.cost_usd for row in ledger] == [COST, COST]
    assert await rollup(db, lease.workspace_id) == recomputed(ledger)


async def test_a_budget_that_is_set_while_a_model_answers_is_charged(
    db: Database, tracker: Tracker, attempt: Attempt
) -> None:
    lease, attempt = await leased(db, attempt)
    opened = await tracker.open(attempt)
    await limit(db, lease.workspace_id, DAILY, "5.00")

    await tracker.settle(opened, ANSWER, 1, Keep(lease, lambda text: [text]))

    await agree(db, lease.workspace_id)
    standing = (await standings(db, lease.workspace_id))[DAILY]
    assert (standing.spent_usd, standing.reserved_usd) == (COST, 0)
    async with db.unit(lease.workspace_id) as unit:
        assert await unit.replies.kept(lease.task_id)
