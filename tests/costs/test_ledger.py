"""Rows move once, and the rollup moves with them by the difference: on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from asyncpg import CheckViolationError

from bot.db.costs import MissingPartition, Outcome
from bot.db.database import Database
from bot.db.ids import new_id, workspace_id_of
from bot.db.inbox import NewAsk
from bot.errors import LeaseLost
from tests.costs.ledger import (
    FAILED,
    FAST,
    SETTLED,
    UNKNOWN,
    execute,
    move,
    opened,
    recomputed,
    rollup,
    rows,
    sweep,
)

NOBODY_ELSE = workspace_id_of("T0OTHER")
TWO_HOURS_MS = 7_200_000


async def test_an_open_row_holds_its_reserve_and_is_in_no_sum(db: Database, workspace_id: UUID) -> None:
    await opened(db, workspace_id)

    [row] = await rows(db, workspace_id)
    assert (row.state, row.reserved_usd, row.model, row.cost_usd) == ("open", Decimal("0.05"), "a/small", None)
    assert await rollup(db, workspace_id) == {}


async def test_settling_moves_every_dimension_in_the_same_statement(db: Database, workspace_id: UUID) -> None:
    key = await opened(db, workspace_id, like=replace(FAST, attempt=2))

    assert await move(db, key, SETTLED)

    sums = await rollup(db, workspace_id)
    assert {(dimension, name) for _, dimension, name in sums} == {
        ("total", ""), ("model", "a/small"), ("tier", "1"), ("user", "U1"), ("channel", "C1"), ("purpose", "reply"),
        ("user_model", "U1|a/small"),
    }  # fmt: skip
    for values in sums.values():
        assert values["calls"] == values["fallbacks"] == 1
        assert values["cost_usd"] == Decimal("0.000123456789")


async def test_a_row_settles_once(db: Database, workspace_id: UUID) -> None:
    key = await opened(db, workspace_id)
    await move(db, key, SETTLED)
    before = await rollup(db, workspace_id)

    again = [await move(db, key, outcome) for outcome in (SETTLED, FAILED, UNKNOWN)]

    assert again == [False, False, False]
    assert await rollup(db, workspace_id) == before


async def test_what_is_settled_does_not_expire_and_what_was_not_written_takes_no_room(
    db: Database, workspace_id: UUID
) -> None:
    key = await opened(db, workspace_id)
    [before] = await rows(db, workspace_id)

    await move(db, key, SETTLED)

    [after] = await rows(db, workspace_id)
    assert before.expires_at is not None
    assert (after.expires_at, after.cache_write_1h_tokens) == (None, None)


async def test_the_attempts_of_a_task_are_found_by_the_time_of_any_clock_in_its_id_and_without_one(
    db: Database, workspace_id: UUID
) -> None:
    made = UUID(int=new_id().int + (TWO_HOURS_MS << 80))
    keys = [await opened(db, workspace_id, like=replace(FAST, task_id=task)) for task in (made, made, FAST.task_id)]

    async with db.unit(workspace_id) as unit:
        timed, timeless = await unit.costs.of_task(made), await unit.costs.of_task(FAST.task_id)

    assert [row.id for row in (*timed, *timeless)] == [key.id for key in keys]


async def test_a_late_truth_replaces_an_unknown(db: Database, workspace_id: UUID) -> None:
    key = await opened(db, workspace_id)
    await move(db, key, UNKNOWN)
    [guess] = {tuple(values.items()) for values in (await rollup(db, workspace_id)).values()}
    assert dict(guess) | {"calls": 1, "unknown": 1, "unknown_reserved_usd": Decimal("0.05")} == dict(guess)

    assert await move(db, key, replace(SETTLED, model="a/other"))

    sums = await rollup(db, workspace_id)
    assert sums == recomputed(await rows(db, workspace_id))
    assert {name for _, dimension, name in sums if dimension == "model"} == {"a/other"}


async def test_the_rates_of_an_attempt_outlive_its_failure(db: Database, workspace_id: UUID) -> None:
    key = await opened(db, workspace_id)

    await move(db, key, UNKNOWN)

    [row] = await rows(db, workspace_id)
    assert row.rates == {"input": "1", "output": "2"}


async def test_the_sweep_takes_what_has_expired_and_nothing_else(db: Database, workspace_id: UUID) -> None:
    expired = await opened(db, workspace_id, lifetime_s=-1)
    await opened(db, workspace_id, lifetime_s=60)
    await opened(db, NOBODY_ELSE, lifetime_s=-1)

    swept = await sweep(db, workspace_id)

    states = {row.id: (row.state, row.error_class) for row in await rows(db, workspace_id)}
    assert swept == 1
    assert states.pop(expired.id) == ("unknown", "expired")
    assert list(states.values()) == [("open", None)]
    assert [row.state for row in await rows(db, NOBODY_ELSE)] == ["open"]


async def test_the_sweep_over_all_workspaces_settles_each_ones_sums(db: Database, workspace_id: UUID) -> None:
    for owner in (workspace_id, NOBODY_ELSE, NOBODY_ELSE):
        await opened(db, owner, lifetime_s=-1)

    async with db.operations() as operations:
        swept = await operations.sweep_costs()

    assert swept == 3
    for owner in (workspace_id, NOBODY_ELSE):
        assert await rollup(db, owner) == recomputed(await rows(db, owner)) != {}


async def test_another_workspace_cannot_settle_my_row(db: Database, workspace_id: UUID) -> None:
    key = await opened(db, workspace_id)

    assert not await move(db, replace(key, workspace_id=NOBODY_ELSE), SETTLED)

    assert [row.state for row in await rows(db, workspace_id)] == ["open"]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_rows_are_the_rollup_whatever_happens_at_once(db: Database, workspace_id: UUID, seed: int) -> None:
    dice = random.Random(seed)
    owners = (workspace_id, NOBODY_ELSE)

    async def live(owner: UUID) -> None:
        like = replace(FAST, tier=dice.randint(1, 3), user_id=f"U{dice.randint(1, 2)}", attempt=dice.randint(1, 2))
        key = await opened(db, owner, dice.choice([-1, 60]), like)
        ends = [dice.choice([_random_end(dice), None]) for _ in range(dice.randint(0, 4))]
        await asyncio.gather(*(sweep(db, owner) if end is None else move(db, key, end) for end in ends))

    await asyncio.gather(*(live(dice.choice(owners)) for _ in range(40)))

    for owner in owners:
        assert await rollup(db, owner) == recomputed(await rows(db, owner))


async def test_a_month_without_a_partition_says_so_and_is_made(db: Database, workspace_id: UUID) -> None:
    month = datetime.now(UTC)
    await execute(db, f"DROP TABLE cost_log_{month:%Y_%m}")
    with pytest.raises(MissingPartition):
        await opened(db, workspace_id)

    async with db.operations() as operations:
        await operations.add_partitions()

    assert (await opened(db, workspace_id)).created_at.month == month.month


async def test_an_attempt_of_long_ago_finds_its_partition(db: Database, workspace_id: UUID) -> None:
    long_ago = datetime(2019, 2, 28, 23, 59, tzinfo=UTC)

    async with db.unit(workspace_id) as unit:
        key = await unit.costs.open(replace(FAST, id=new_id()), 60, at=long_ago)

    assert key.created_at == long_ago


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SETTLED, cost_usd=None),
        replace(SETTLED, cost_usd=Decimal(-1)),
        replace(SETTLED, cost_usd=Decimal("NaN")),
        replace(SETTLED, cached_input_tokens=101),
        replace(SETTLED, reasoning_tokens=21),
        replace(FAILED, cost_usd=Decimal(1)),
        replace(SETTLED, state="paid"),
        replace(SETTLED, cost_source="guess"),
    ],
)
async def test_the_table_itself_refuses_a_wrong_row(db: Database, workspace_id: UUID, wrong: Outcome) -> None:
    key = await opened(db, workspace_id)

    with pytest.raises(CheckViolationError):
        await move(db, key, wrong)

    assert await rollup(db, workspace_id) == {}


def _random_end(dice: random.Random) -> Outcome:
    return dice.choice(
        [
            replace(SETTLED, model=dice.choice(["a/small", "b/big"])),
            replace(SETTLED, usage_source="estimated"),
            replace(SETTLED, cost_usd=None, cost_source="unpriced", baseline_usd=None),
            replace(SETTLED, state="failed", error_class="content_filter"),
            FAILED,
            UNKNOWN,
        ]
    )


async def test_nothing_leaves_under_a_lease_that_is_gone(db: Database, workspace_id: UUID) -> None:
    async with db.unit(workspace_id) as unit:
        task_id = await unit.inbox.add(NewAsk("Ev1", "C1", "channel", "1.0", "1.0", "U1", "hello"))
    async with db.operations() as operations:
        ask = await operations.claim("ours", 60)
    assert ask is not None
    assert task_id == ask.task_id
    ours = replace(FAST, task_id=ask.task_id, lease_id=ask.lease.lease_id)

    await opened(db, workspace_id, like=ours)
    async with db.unit(workspace_id) as unit:
        await unit.inbox.hand_back(ask.lease)
    with pytest.raises(LeaseLost):
        await opened(db, workspace_id, like=ours)

    assert len(await rows(db, workspace_id)) == 1
