"""A tenant sees and moves its own only: every read and write of every store, tried against a neighbour's rows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from bot.db.base import NO_TENANT
from bot.db.cost_tables import CostRow
from bot.db.crowds import Most
from bot.db.database import Database, engine_for
from bot.db.digests import DigestRun, Kind
from bot.db.ids import new_id, workspace_id_of
from bot.db.inbox import Lease, NewAsk, TakenAsk
from bot.db.labels import Label
from bot.db.operations import CROSS_TENANT, Operations
from bot.db.tables import metadata
from bot.db.thread_summaries import ThreadSummary
from bot.db.tier_bounds import TierBound
from bot.db.unit import StoreOf, Unit
from bot.errors import LeaseLost, LucyError
from tests.costs.ledger import FAILED, FAST, SETTLED
from tests.db.acme import ASK, BUCKET, CHANGE, DAY, DUE, EVER_UTC, LATER, OPINION, TOKEN, TOLD, WEIGHTS, Acme
from tests.db.every_query import READS, WRITES, asked_for_more

TENANTS = sorted(set(metadata.tables) - NO_TENANT)


@pytest.fixture
async def acme(db: Database, workspace_id: UUID) -> Acme:
    """A workspace with something in every table: an ask in work, an answer, an expired attempt, a digest."""
    earlier = await taken_of(db, workspace_id, replace(ASK, event_id="Ev0", ts="0.5"))
    async with db.unit(workspace_id) as unit:
        await unit.switches.turn("keeps_context", on=True)
        await unit.endings.end(earlier.lease, "answered")
    taken = await taken_of(db, workspace_id, ASK)
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(LATER)
        await unit.replies.store(taken.lease, ["an answer"])
        await streamed(unit, taken.lease)
        await talked(unit)
        await unit.installations.save(TOKEN)
        await unit.audit.record(CHANGE)
        await unit.admins.name("U2", "U1")
        await unit.dials.turn("channel", "C1", "eco", "U1")
        await unit.dials.shift(0.1, -0.1, 400)
        await unit.opinions.keep("is this hard?", OPINION)
        await unit.slack_buckets.make([BUCKET])
        await unit.slack_buckets.take([BUCKET])
        run = await digests(unit)
        for notice in (DUE, TOLD):
            await unit.budget_notices.add(notice)
        await unit.budget_notices.told(TOLD.key, "C1", "1.1")
        request = await asked_for_more(unit, "U1")
        settled = await unit.costs.open(replace(FAST, id=new_id()), 60)
        await unit.costs.move(settled, SETTLED)
        expired = await unit.costs.open(replace(FAST, id=new_id()), -1)
        unpriced = await unit.costs.open(replace(FAST, id=new_id()), 60)
        await unit.costs.move(unpriced, replace(SETTLED, cost_usd=None, list_usd=None, cost_source="unpriced"))
        past = await unit.costs.open(replace(FAST, id=new_id()), 60, at=EVER_UTC.end.replace(year=2026, month=11))
        await unit.costs.move(past, SETTLED)
        await unit.folds.cut()
        ledger = await unit.costs._session.scalars(select(CostRow).where(CostRow.workspace_id == workspace_id))
        held = next(row.held for row in ledger if row.held)
        mine = Acme(taken.lease, run, expired, unpriced, request, tuple(map(str, held)))
        await unit.choices.remember(replace(mine.choice, task_id=FAST.task_id))
        await remember_routes(unit, mine)
        await gone_wrong(unit)
    return mine


async def digests(unit: Unit) -> DigestRun:
    """One that was posted, and one in work: that one."""
    await unit.digests.want(Kind.DAILY, "C1", time(9), "Europe/Berlin", "U1")
    posted = await unit.digests.claim(Kind.DAILY, DAY - timedelta(days=1), "C1")
    assert posted
    await unit.digests.intend(posted, Decimal(1))
    await unit.digests.finish(posted, "posted", "1.1")
    run = await unit.digests.claim(Kind.DAILY, DAY, "C1")
    assert run
    return run


async def remember_routes(unit: Unit, mine: Acme) -> None:
    """Something in every table that routing remembers by."""
    await unit.choices.remember(mine.choice, b"features", mine.floor)
    await unit.bounds.put(TierBound("C1", 2, 3), "U1")
    await unit.weights.put(WEIGHTS)
    await unit.labels.record(Label(mine.lease.task_id, "escalated", 1, "because"))


async def taken_of(db: Database, workspace_id: UUID, ask: NewAsk) -> TakenAsk:
    async with db.unit(workspace_id) as unit:
        await unit.arrivals.take(ask, Most())
    async with db.operations() as operations:
        taken = await operations.claim("worker", 60)
    assert taken
    return taken


async def talked(unit: Unit) -> None:
    """A thread that was summarised."""
    await unit.summaries.keep("C1", "1.0", ThreadSummary("0.5", "what Acme said"))


async def gone_wrong(unit: Unit) -> None:
    """An ask that was refused, and a call that failed."""
    await unit.crowds.refuse(replace(ASK, event_id="Ev3", ts="3.0"), "person", Most())
    await unit.costs.move(await unit.costs.open(replace(FAST, id=new_id()), 60), FAILED)


async def streamed(unit: Unit, lease: Lease) -> None:
    """An answer that is streamed, disliked, and to be stopped."""
    await unit.streams.begin(lease, 0)
    await unit.streams.stands(lease, 0, "1.2")
    await unit.labels.record(Label(lease.task_id, "thumbs_down", 1))
    await unit.stops.stop("C1", "1.0", "U2")


@pytest.mark.parametrize("name", READS)
async def test_a_neighbour_reads_nothing(db: Database, acme: Acme, name: str) -> None:
    async with db.unit(workspace_id_of("T0OTHER")) as unit:
        found = await READS[name](unit, acme)

    assert not found


@pytest.mark.parametrize("name", ["costs.sweep", *WRITES])
async def test_a_neighbour_moves_nothing(db: Database, acme: Acme, workspace_id: UUID, name: str) -> None:
    before = await rows(db, workspace_id)

    with suppress(LeaseLost):
        async with db.unit(workspace_id_of("T0OTHER")) as unit:
            await (READS | WRITES)[name](unit, acme)

    assert all(before.values()), "a table of Acme's is empty: nothing could have been seen to move there"
    assert await rows(db, workspace_id) == before


@pytest.mark.parametrize("name", [name for name in READS if name != "costs.sweep"])
async def test_the_same_read_finds_ones_own(db: Database, acme: Acme, workspace_id: UUID, name: str) -> None:
    async with db.unit(workspace_id) as unit:
        found = await READS[name](unit, acme)

    assert found


@pytest.mark.parametrize("name", READS)
async def test_a_store_that_takes_itself_for_another_workspaces_finds_nothing(
    db: Database, acme: Acme, workspace_id: UUID, name: str
) -> None:
    async with db.unit(workspace_id_of("T0OTHER")) as unit:
        found = await READS[name](mistaken(unit, workspace_id), acme)

    assert not found


@pytest.mark.parametrize("name", ["costs.sweep", *WRITES])
async def test_a_store_that_takes_itself_for_another_workspaces_moves_nothing(
    db: Database, acme: Acme, workspace_id: UUID, name: str
) -> None:
    before = await rows(db, workspace_id)

    with suppress(LucyError, DBAPIError, asyncpg.InsufficientPrivilegeError):
        async with db.unit(workspace_id_of("T0OTHER")) as unit:
            await (READS | WRITES)[name](mistaken(unit, workspace_id), acme)

    assert all(before.values())
    assert await rows(db, workspace_id) == before


async def test_a_query_without_any_filter_sees_ones_own(db: Database, acme: Acme, workspace_id: UUID) -> None:
    mine, theirs = {}, {}
    for seen, owner in ((mine, workspace_id), (theirs, workspace_id_of("T0OTHER"))):
        async with db.unit(owner) as unit:
            for name in TENANTS:
                found = await unit.costs._session.execute(select(metadata.tables[name]))
                seen[name] = sorted((tuple(row) for row in found), key=repr)

    assert mine == await rows(db, workspace_id)
    assert [name for name in TENANTS if theirs[name]] == []


async def test_an_update_or_delete_without_any_filter_moves_ones_own(
    db: Database, acme: Acme, workspace_id: UUID
) -> None:
    before = await rows(db, workspace_id)

    async with db.unit(workspace_id_of("T0OTHER")) as unit:
        for name in TENANTS:
            for statement in (f"UPDATE {name} SET workspace_id = workspace_id", f"DELETE FROM {name}"):
                moved = await unit.costs._session.execute(text(statement))
                assert moved.rowcount == 0, statement

    assert await rows(db, workspace_id) == before


def test_every_method_of_every_store_was_tried() -> None:
    there = {
        f"{field}.{name}" for field, of in vars(Unit).items() if isinstance(of, StoreOf) for name in public(of.store)
    }

    assert there == READS.keys() | WRITES.keys()


def test_the_queries_across_tenants_are_the_listed_ones() -> None:
    assert public(Operations) == set(CROSS_TENANT)


def mistaken(unit: Unit, workspace_id: UUID) -> Unit:
    """A unit whose every store believes that it is `workspace_id`'s: each filter of ours is wrong."""
    unit.workspace_id = workspace_id
    return unit


def public(store: Callable[..., object]) -> set[str]:
    return {name for name, _ in inspect.getmembers(store, inspect.isfunction) if not name.startswith("_")}


async def rows(db: Database, workspace_id: UUID) -> dict[str, list[tuple[object, ...]]]:
    """Every row of a workspace, table by table."""
    engine = engine_for(db.url)
    tables = [table for table in metadata.sorted_tables if table.name not in NO_TENANT]
    async with engine.connect() as connection:
        found = {
            table.name: sorted(
                (tuple(row) for row in await connection.execute(select(table).filter_by(workspace_id=workspace_id))),
                key=repr,
            )
            for table in tables
        }
    await engine.dispose()
    return found
