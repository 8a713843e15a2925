"""Opening and settling through the tracker: on a real PostgreSQL, with a database that goes away on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bot.costs.price_book import load_price_book
from bot.costs.spool import FileSpool, Spool
from bot.costs.tracker import Attempt, Keep, Payer, Purpose, Tracker
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import new_id
from bot.db.inbox import Lease, NewAsk
from bot.db.unit import Unit
from bot.errors import DatabaseAway, LeaseLost
from bot.llm.model_client import Completion, Deployment, FaultKind, ModelFault, Usage
from bot.telemetry import Telemetry
from tests.costs.ledger import execute, recomputed, rollup, rows

BOOK = load_price_book()
ANSWER = Completion("Hello!", "gpt-6.1-terra", "cmpl-1", "stop", Usage(input_tokens=1000, output_tokens=100))
COST = Decimal("0.0015")


class Forgetful(Database):
    """The database, away for the next `misses` units; `late` ones are away only after they have committed."""

    misses = 0
    late = False

    @asynccontextmanager
    async def unit(self, workspace_id: UUID, *, single: bool = False) -> AsyncIterator[Unit]:
        away = self.misses > 0
        self.misses -= away
        if away and not self.late:
            raise DatabaseAway("refused")
        async with super().unit(workspace_id, single=single) as unit:
            yield unit
        if away:
            raise DatabaseAway("the answer to the commit was lost")


@pytest.fixture
def forgetful(db: Database) -> Forgetful:
    return Forgetful(db._connections, db._cipher)


@pytest.fixture
def events() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def tracker(forgetful: Forgetful, events: list[dict[str, Any]], tmp_path: Path, cipher: Cipher) -> Tracker:
    telemetry = Telemetry()
    telemetry.subscribe(events.append)
    return tracker_on(forgetful, telemetry, FileSpool(tmp_path, cipher))


@pytest.fixture
def attempt(workspace_id: UUID) -> Attempt:
    deployment = Deployment("openai/gpt-6.1-terra")
    listing = BOOK.find(deployment.model)
    assert listing is not None
    payer = Payer(workspace_id, new_id(), "U1", "C1", "1.0")
    return Attempt(payer, Purpose.REPLY, 2, "chat", 1, deployment, listing.price, 400, 64, 10)


async def test_an_attempt_stands_in_the_ledger_before_it_is_made(
    db: Database, tracker: Tracker, attempt: Attempt
) -> None:
    await tracker.open(attempt)

    [row] = await rows(db, attempt.payer.workspace_id)
    assert (row.state, row.purpose, row.tier, row.attempt) == ("open", "reply", 2, 1)
    assert row.reserved_usd == attempt.price.reserve(400, 64) if attempt.price else None
    assert (row.price_book, row.baseline_model) == (BOOK.version, "anthropic/claude-sonnet-5-5")
    assert row.expires_at
    assert 65 < (row.expires_at - datetime.now(UTC)).total_seconds() < 75


async def test_an_answer_is_priced_and_told(
    db: Database, tracker: Tracker, attempt: Attempt, events: list[dict[str, Any]]
) -> None:
    settled = await tracker.settle(await tracker.open(replace(attempt, input_bytes=4000)), ANSWER, 120)

    [row] = await rows(db, attempt.payer.workspace_id)
    assert (row.state, row.cost_usd, row.latency_ms, settled.cost_usd) == ("settled", COST, 120, COST)
    assert row.baseline_usd == Decimal("0.003")
    assert [event["event"] for event in events] == ["attempt_opened", "attempt_settled"]
    assert (events[1]["state"], events[1]["cost_usd"], events[1]["id"]) == ("settled", "0.0015", str(row.id))


async def test_classifying_saves_nothing(db: Database, tracker: Tracker, attempt: Attempt) -> None:
    await tracker.settle(await tracker.open(replace(attempt, purpose=Purpose.CLASSIFY)), ANSWER, 1)

    [row] = await rows(db, attempt.payer.workspace_id)
    assert (row.cost_usd, row.baseline_usd) == (COST, None)


@pytest.mark.parametrize(
    ("fault", "state", "cost", "reserved"),
    [
        (ModelFault(FaultKind.SERVER, billed="no"), "failed", Decimal(0), None),
        (ModelFault(FaultKind.TIMEOUT, billed="maybe"), "unknown", None, Decimal("0.000611250000")),
        (ModelFault(FaultKind.CONTENT_FILTER, completion=ANSWER, billed="reported"), "failed", COST, None),
    ],
)
async def test_a_fault_costs_what_the_provider_will_charge(
    db: Database, tracker: Tracker, attempt: Attempt, fault: ModelFault, state: str, cost: Decimal | None,
    reserved: Decimal | None,
) -> None:  # fmt: skip
    settled = await tracker.fail(await tracker.open(attempt), fault, 5)

    [row] = await rows(db, attempt.payer.workspace_id)
    assert (row.state, row.error_class, row.cost_usd, settled.cost_usd) == (state, fault.kind, cost, cost)
    assert reserved is None or row.reserved_usd == reserved
    sums = await rollup(db, attempt.payer.workspace_id)
    assert sums == recomputed([row])


async def test_the_answer_is_kept_in_the_transaction_that_settles(
    db: Database, tracker: Tracker, attempt: Attempt
) -> None:
    lease, attempt = await leased(db, attempt)

    await tracker.settle(await tracker.open(attempt), ANSWER, 1, Keep(lease, lambda text: [text, "part two"]))

    async with db.unit(lease.workspace_id) as unit:
        assert [part.text for part in (await unit.replies.stored(lease.task_id)).parts] == ["Hello!", "part two"]


async def test_who_lost_the_lease_still_paid(db: Database, tracker: Tracker, attempt: Attempt) -> None:
    lease, attempt = await leased(db, attempt)
    opened = await tracker.open(attempt)

    with pytest.raises(LeaseLost):
        await tracker.settle(opened, ANSWER, 1, Keep(replace(lease, lease_id=new_id()), lambda text: [text]))

    [row] = await rows(db, lease.workspace_id)
    assert (row.state, row.cost_usd) == ("settled", COST)
    async with db.unit(lease.workspace_id) as unit:
        assert (await unit.replies.stored(lease.task_id)).parts == []


async def test_without_the_database_nothing_is_opened(forgetful: Forgetful, tracker: Tracker, attempt: Attempt) -> None:
    forgetful.misses = 1

    with pytest.raises(DatabaseAway):
        await tracker.open(attempt)


async def test_settling_waits_for_a_database_that_is_away(
    db: Database, forgetful: Forgetful, tracker: Tracker, attempt: Attempt
) -> None:
    opened = await tracker.open(attempt)
    forgetful.misses = 5

    await tracker.settle(opened, ANSWER, 1)

    assert [row.state for row in await rows(db, attempt.payer.workspace_id)] == ["settled"]


async def test_a_commit_whose_answer_was_lost_counts_once(
    db: Database, forgetful: Forgetful, tracker: Tracker, attempt: Attempt
) -> None:
    lease, attempt = await leased(db, attempt)
    opened = await tracker.open(attempt)
    forgetful.misses, forgetful.late = 1, True

    await tracker.settle(opened, ANSWER, 1, Keep(lease, lambda text: [text]))

    ledger = await rows(db, lease.workspace_id)
    assert await rollup(db, lease.workspace_id) == recomputed(ledger)
    async with db.unit(lease.workspace_id) as unit:
        assert len((await unit.replies.stored(lease.task_id)).parts) == 1


async def test_a_database_away_for_too_long_is_told_the_truth_when_it_is_back(
    db: Database, forgetful: Forgetful, tracker: Tracker, attempt: Attempt
) -> None:
    opened = await tracker.open(attempt)
    forgetful.misses = 100
    with pytest.raises(DatabaseAway):
        await tracker.settle(opened, ANSWER, 1)
    forgetful.misses = 0
    await execute(db, "UPDATE cost_log SET expires_at = now() - interval '1 second'")
    async with db.operations() as operations:
        assert await operations.sweep_costs() == 1

    await tracker.open(attempt)

    ledger = await rows(db, attempt.payer.workspace_id)
    assert [row.state for row in ledger] == ["settled", "open"]
    assert await rollup(db, attempt.payer.workspace_id) == recomputed(ledger)


async def test_a_cancel_does_not_leave_a_settled_row_open(
    db: Database, forgetful: Forgetful, tracker: Tracker, attempt: Attempt
) -> None:
    opened = await tracker.open(attempt)
    forgetful.misses = 1
    settling = asyncio.create_task(tracker.settle(opened, ANSWER, 1))
    await asyncio.sleep(0)

    settling.cancel()

    with pytest.raises(asyncio.CancelledError):
        await settling
    assert [row.state for row in await rows(db, attempt.payer.workspace_id)] == ["settled"]


async def test_a_month_without_a_partition_gets_one(db: Database, tracker: Tracker, attempt: Attempt) -> None:
    await execute(db, f"DROP TABLE cost_log_{datetime.now(UTC):%Y_%m}")

    await tracker.settle(await tracker.open(attempt), ANSWER, 1)

    assert [row.state for row in await rows(db, attempt.payer.workspace_id)] == ["settled"]


def tracker_on(db: Database, telemetry: Telemetry, spool: Spool) -> Tracker:
    frontier = BOOK.find("anthropic/claude-sonnet-5-5")
    assert frontier is not None

    async def no_time(_: float) -> None:
        await asyncio.sleep(0)

    return Tracker(db, BOOK, ("anthropic/claude-sonnet-5-5", frontier.price), telemetry, no_time, spool)


async def leased(db: Database, attempt: Attempt) -> tuple[Lease, Attempt]:
    """An ask that a worker holds, and the attempt made for it."""
    async with db.unit(attempt.payer.workspace_id) as unit:
        await unit.inbox.add(NewAsk("Ev1", "C1", "channel", "1.0", "1.0", "U1", "hi"))
    async with db.operations() as operations:
        taken = await operations.claim("worker", 60)
    assert taken is not None
    return taken.lease, replace(attempt, payer=replace(attempt.payer, task_id=taken.lease.task_id))
