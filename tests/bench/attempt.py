"""What the ledger costs its client: one attempt opened, settled and rolled up, beside the bare driver."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from statistics import median
from typing import Any

from bot.db.cost_sql import OPEN_FREE
from bot.db.costs import NewAttempt, Outcome
from bot.db.database import Database
from bot.db.ids import new_id, workspace_id_of
from bot.db.settling import SETTLE
from tests.bench.figure import Figure
from tests.bench.scratch import bare_connection, scratch_database
from tests.costs.ledger import FAST, SETTLED

BLOCKS, ATTEMPTS = 30, 50
WORKSPACE = workspace_id_of("T0BENCH")
OUTCOME = replace(
    SETTLED,
    usage={"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 60}},
    rates={"input": "1", "output": "2"},
    provider_response_id="chatcmpl-0123456789",
    latency_ms=900,
)


async def attempt_cost() -> AsyncIterator[Figure]:
    """Both ways in turns, so that a busy machine slows both; the middle of their blocks."""
    async with scratch_database() as db, bare_connection(db) as connection:

        async def ours() -> None:
            await through_the_ledger(db)

        async def theirs() -> None:
            await through_the_driver(connection)

        await cpu_ms(ours), await cpu_ms(theirs)
        pairs = [(await cpu_ms(ours), await cpu_ms(theirs)) for _ in range(BLOCKS)]
    mine, bare = median(own for own, _ in pairs), median(other for _, other in pairs)
    yield Figure("open + settle + rollup of an attempt, client CPU", mine, "ms", 1.5, f"bare asyncpg {bare:.2f} ms")
    yield Figure("the same against bare asyncpg", median(own / other for own, other in pairs), "x", 3)


async def cpu_ms(attempt: Callable[[], Awaitable[None]]) -> float:
    began = time.process_time()
    for _ in range(ATTEMPTS):
        await attempt()
    return (time.process_time() - began) / ATTEMPTS * 1000


async def through_the_ledger(db: Database) -> None:
    async with db.unit(WORKSPACE, single=True) as unit:
        key = await unit.costs.open_free(replace(FAST, id=new_id()), 60)
    assert key
    async with db.unit(WORKSPACE, single=True) as unit:
        assert await unit.settling.settle(key, OUTCOME)


async def through_the_driver(connection: Any) -> None:
    attempt = {**_of(FAST), "id": new_id(), "workspace_id": WORKSPACE, "model": FAST.requested_model}
    attempt |= {"created_at": None, "lifetime_s": 60, "held": None}
    created_at = await connection.fetchval(OPEN_FREE.sql, *OPEN_FREE.arguments(attempt))
    outcome = {**_of(OUTCOME), "workspace_id": WORKSPACE, "created_at": created_at, "id": attempt["id"]}
    outcome |= {"task_id": None, "lease_id": None, "sealed": [], "actions": None}
    assert await connection.fetchval(SETTLE.sql, *SETTLE.arguments(outcome))


def _of(row: NewAttempt | Outcome) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).__slots__}
