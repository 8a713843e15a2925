"""Unpriced calls get a price later: of their own time, once, and never silently."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from bot.costs.explain import explain
from bot.costs.overlays import overlay, refresh
from bot.costs.price_book import load_price_book
from bot.costs.reprice import reprice
from bot.costs.tracker import Attempt, Payer, Purpose, Tracker
from bot.db.database import Database
from bot.db.ids import new_id, workspace_id_of
from bot.llm.model_client import Completion, Deployment, FaultKind, ModelFault, Usage
from bot.telemetry import Telemetry
from tests.costs.ledger import execute, recomputed, rollup, rows

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
TODAY = datetime.now(UTC).date()
NEW = Deployment("openai/new")
USAGE = Usage(input_tokens=1000, cached_input_tokens=400, output_tokens=100, raw={"prompt_tokens": 1000})


@pytest.fixture
def tracker(db: Database) -> Tracker:
    book = load_price_book()
    frontier = book.price_of(Deployment("anthropic/claude-sonnet-5-5"))
    return Tracker(db, book, ("anthropic/claude-sonnet-5-5", frontier), Telemetry())


async def call(
    tracker: Tracker, workspace_id: UUID, deployment: Deployment = NEW, purpose: Purpose = Purpose.REPLY,
    usage: Usage | None = USAGE,
) -> None:  # fmt: skip
    payer = Payer(workspace_id, new_id(), "U1", "C1", "1.0")
    opened = await tracker.open(Attempt(payer, purpose, 1, "chat", 1, deployment, None, 400, 64, 10))
    await tracker.settle(opened, Completion("Hi!", usage=usage), 1)


async def set_price(db: Database, model: str, since: str = "2026-01-01") -> None:
    rates = {"input": "1", "cached-input": "0.1", "output": "5"}
    async with db.operations() as operations:
        await operations.set_price(overlay(model, rates, since))


async def run(
    db: Database, workspace_id: UUID, *, dry_run: bool = False, since: datetime = LONG_AGO
) -> tuple[int, int, Decimal]:
    book = load_price_book()
    await refresh(db, book)
    done = await reprice(db, book, workspace_id, since, dry_run=dry_run)
    return done.unpriced, done.priced, done.cost_usd


async def test_rows_and_rollup_move_together_and_the_trail_says_so(
    db: Database, tracker: Tracker, workspace_id: UUID
) -> None:
    for _ in range(3):
        await call(tracker, workspace_id)
    await call(tracker, workspace_id, Deployment("openai/never-priced"))
    await call(tracker, workspace_id, purpose=Purpose.CLASSIFY)
    await set_price(db, "openai/new")

    assert await run(db, workspace_id) == (5, 4, Decimal("0.00456"))

    ledger = await rows(db, workspace_id)
    priced = [row for row in ledger if row.cost_source != "unpriced"]
    assert {(row.cost_usd, row.cost_source) for row in priced} == {(Decimal("0.00114"), "config")}
    assert sorted(row.baseline_usd or 0 for row in priced) == [0, *[Decimal("0.00224")] * 3]
    assert all(row.price_book.startswith("overlay 2026-01-01") and explain(row).agrees for row in priced)
    assert await rollup(db, workspace_id) == recomputed(ledger)
    async with db.unit(workspace_id) as unit:
        [entry] = await unit.audit.newest()
    assert (entry.actor, entry.action, entry.before and entry.before["unpriced"]) == ("operator", "reprice", 5)
    assert entry.after
    assert (entry.after["priced"], entry.after["cost_usd"]) == (4, "0.00456")


async def test_the_second_run_changes_nothing(db: Database, tracker: Tracker, workspace_id: UUID) -> None:
    await call(tracker, workspace_id)
    await set_price(db, "openai/new")
    await run(db, workspace_id)
    before = await rollup(db, workspace_id)

    assert await run(db, workspace_id) == (0, 0, Decimal(0))

    assert await rollup(db, workspace_id) == before
    async with db.unit(workspace_id) as unit:
        assert len(await unit.audit.newest()) == 1


async def test_a_dry_run_says_the_same_and_writes_nothing(db: Database, tracker: Tracker, workspace_id: UUID) -> None:
    await call(tracker, workspace_id)
    await set_price(db, "openai/new")

    assert await run(db, workspace_id, dry_run=True) == (1, 1, Decimal("0.00114"))

    assert [row.cost_source for row in await rows(db, workspace_id)] == ["unpriced"]
    async with db.unit(workspace_id) as unit:
        assert await unit.audit.newest() == []


async def test_the_prices_of_the_calls_own_time_hold(db: Database, tracker: Tracker, workspace_id: UUID) -> None:
    await call(tracker, workspace_id)
    await set_price(db, "openai/new", since=f"{TODAY + timedelta(days=2)}")

    assert await run(db, workspace_id) == (1, 0, Decimal(0))


async def test_only_calls_since_the_day_are_looked_at(db: Database, tracker: Tracker, workspace_id: UUID) -> None:
    await call(tracker, workspace_id)
    await set_price(db, "openai/new")

    assert await run(db, workspace_id, since=datetime.now(UTC) + timedelta(days=1)) == (0, 0, Decimal(0))


async def test_another_workspace_is_left_alone(db: Database, tracker: Tracker, workspace_id: UUID) -> None:
    other = workspace_id_of("T0OTHER")
    await call(tracker, workspace_id)
    await call(tracker, other)
    await set_price(db, "openai/new")

    await run(db, other)

    assert [row.cost_source for row in await rows(db, workspace_id)] == ["unpriced"]
    assert [row.cost_source for row in await rows(db, other)] == ["config"]


async def test_what_was_estimated_stays_estimated(db: Database, tracker: Tracker, workspace_id: UUID) -> None:
    await call(tracker, workspace_id, usage=None)
    await set_price(db, "openai/new")

    await run(db, workspace_id)

    [row] = await rows(db, workspace_id)
    assert (row.usage_source, row.cost_source) == ("estimated", "config")
    assert await rollup(db, workspace_id) == recomputed([row])


async def test_an_answer_that_failed_unpriced_is_priced_too(db: Database, tracker: Tracker, workspace_id: UUID) -> None:
    payer = Payer(workspace_id, new_id(), "U1", "C1", "1.0")
    opened = await tracker.open(Attempt(payer, Purpose.REPLY, 1, "chat", 1, NEW, None, 400, 64, 10))
    billed = Completion("", usage=USAGE)
    await tracker.fail(opened, ModelFault(FaultKind.EMPTY, completion=billed, billed="reported"), 1)
    await set_price(db, "openai/new")

    assert await run(db, workspace_id) == (1, 1, Decimal("0.00114"))

    [row] = await rows(db, workspace_id)
    assert (row.state, row.baseline_usd) == ("failed", None)
    assert await rollup(db, workspace_id) == recomputed([row])


async def test_more_rows_than_one_statement_takes_are_one_entry(
    db: Database, tracker: Tracker, workspace_id: UUID
) -> None:
    await call(tracker, workspace_id)
    names = (
        "workspace_id, created_at, task_id, settled_at, expires_at, purpose, tier, attempt, requested_model, model,"
        " provider, deployment, state, input_tokens, cached_input_tokens, output_tokens, usage_source, usage, cost_source,"
        " price_book, baseline_model, user_id, channel_id, thread_ts"
    )
    await execute(
        db,
        f"INSERT INTO cost_log (id, {names}) SELECT gen_random_uuid(), {names} FROM cost_log, generate_series(1, 1100)",
    )
    await execute(db, "DELETE FROM cost_rollup")
    await set_price(db, "openai/new")

    assert await run(db, workspace_id) == (1101, 1101, Decimal("0.00114") * 1101)

    async with db.unit(workspace_id) as unit:
        assert len(await unit.audit.newest()) == 1
        assert await unit.costs.total() == Decimal("0.00114") * 1101
