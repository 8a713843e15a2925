"""No cap is overshot: not by two hundred asks at once over several processes, not by any order of events."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.db.budgets import BudgetKey, Mode, OverBudget
from bot.db.costs import OpenAttempt
from bot.db.database import Database
from bot.db.ids import new_id
from tests.conftest import CIPHER_KEY
from tests.costs.budgeting import BEN, DAILY, ENG, WORKSPACE, agree, limit, opens, standings
from tests.costs.ledger import FAILED, SETTLED, UNKNOWN, execute, move, rows, sweep
from tests.tracked import ROOT

PROCESSES, ASKS_EACH, ROOM_FOR = 4, 50, 37


async def test_of_two_hundred_asks_over_four_processes_exactly_those_that_fit_are_admitted(
    db: Database, workspace_id: UUID
) -> None:
    await limit(db, workspace_id, WORKSPACE, str(Decimal("0.05") * ROOM_FOR))
    await limit(db, workspace_id, DAILY, "1000")
    await limit(db, workspace_id, BEN, "1000")

    admitted = await asyncio.gather(*(_crowd(db.url, workspace_id) for _ in range(PROCESSES)))

    assert sum(admitted) == ROOM_FOR == len(await rows(db, workspace_id))
    await agree(db, workspace_id)


async def _crowd(url: str, workspace_id: UUID) -> int:
    words = ("-m", "tests.costs.crowd", url, CIPHER_KEY, str(workspace_id), str(ASKS_EACH))
    process = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    return int(said)


async def test_opening_settling_sweeping_and_new_limits_at_once_leave_exact_counters(
    db: Database, workspace_id: UUID
) -> None:
    keys = (WORKSPACE, DAILY, BEN, ENG)
    for key in keys:
        await limit(db, workspace_id, key, "2")

    async def asks(seed: int) -> None:
        for turn in range(8):
            with suppress(OverBudget):
                opened = await opens(db, workspace_id, "0.05")
                await move(db, opened, (SETTLED, FAILED, UNKNOWN)[(seed + turn) % 3])
                await move(db, opened, SETTLED if (seed + turn) % 2 else UNKNOWN)

    async def changes() -> None:
        for turn in range(12):
            await limit(db, workspace_id, keys[turn % 4], f"{1 + turn % 3}")
            await sweep(db, workspace_id)

    await asyncio.gather(*(asks(seed) for seed in range(12)), changes(), changes())

    assert any(row.state == "unknown" for row in await rows(db, workspace_id))
    await agree(db, workspace_id)


EVENTS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(["0.01", "0.05", "0.4"])),
    st.tuples(st.sampled_from(["settle", "guess", "fail", "lose", "sweep"]), st.integers(0, 30)),
    st.tuples(st.sampled_from(["limit", "end"]), st.sampled_from([WORKSPACE, DAILY, BEN, ENG])),
    st.tuples(st.just("move to"), st.sampled_from(["UTC", "Asia/Kathmandu", "Pacific/Kiritimati"])),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, min_size=8, max_size=24))
async def test_whatever_happens_counters_are_the_sums_of_their_rows_and_no_cap_is_overshot(
    db: Database, workspace_id: UUID, events: list[tuple[str, str | int | BudgetKey]]
) -> None:
    mine = await _fresh(db, workspace_id)
    opened: list[OpenAttempt] = []

    for event, argument in events:
        await _happens(db, mine, opened, event, argument)

        await agree(db, mine)
        for standing in (await standings(db, mine)).values():
            assert standing.reserved_usd >= 0


async def _happens(
    db: Database, mine: UUID, opened: list[OpenAttempt], event: str, argument: str | int | BudgetKey
) -> None:
    match event, argument:
        case "open", str(usd):
            await _opens_within_every_cap(db, mine, opened, usd)
        case (("settle" | "guess" | "fail" | "lose"), int(which)) if opened:
            guess = replace(SETTLED, usage_source="estimated", cost_usd=Decimal("0.3"))
            outcome = {"settle": SETTLED, "guess": guess, "fail": FAILED, "lose": UNKNOWN}[event]
            await move(db, opened[which % len(opened)], outcome)
        case "sweep", _:
            await execute(db, f"UPDATE cost_log SET expires_at = now() - interval '1 s' WHERE workspace_id = '{mine}'")
            await sweep(db, mine)
        case "limit", BudgetKey() as key:
            await limit(db, mine, key, "0.5", Mode.STEP_DOWN if key == BEN else Mode.STOP)
        case "end", BudgetKey() as key:
            async with db.unit(mine) as unit:
                await unit.budgets.remove(key)
        case "move to", str(zone):
            async with db.unit(mine) as unit:
                await unit.workspaces.live_in(zone)
                await unit.budgets.recount()
        case _:
            pass


async def _opens_within_every_cap(db: Database, mine: UUID, opened: list[OpenAttempt], usd: str) -> None:
    before = (await standings(db, mine)).values()
    fits = all(one.taken_usd + Decimal(usd) <= one.budget.limit_usd for one in before)
    try:
        opened.append(await opens(db, mine, usd))
    except OverBudget:
        assert not fits
    else:
        assert fits


async def _fresh(db: Database, workspace_id: UUID) -> UUID:
    """Another workspace for each example: the database outlives it."""
    fresh = new_id()
    async with db.unit(fresh) as unit:
        await unit.workspaces.welcome(str(fresh), "", "")
    return fresh
