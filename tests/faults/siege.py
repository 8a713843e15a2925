"""One round of the long form: three Lucys are struck again and again while people talk; then it is judged."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import asyncpg

from bot.db.database import Database
from bot.sandbox.sandbox import Sandbox
from tests.faults.fleet import Fleet
from tests.faults.nursery import Nursery
from tests.faults.plan import Plan, Strike
from tests.faults.talk import Talk
from tests.faults.verdict import Verdict, judge

MODEL_S, PACE_S = 0.3, 0.05
QUICK = ("gemini", "openai")
"""Their answers are short enough to be read while they grow; a report comes as quickly as it can."""
_PATIENCE_S = 240
_OPEN = "SELECT count(*) FROM inbox WHERE state IN ('new', 'leased')"


def _nobody_listens() -> None:
    return


async def besieged(
    plan: Plan,
    sandbox: Sandbox,
    doors: tuple[asyncpg.Connection, Database],
    folder: Path,
    lucys: Nursery,
    tell: Callable[[], None] = _nobody_listens,
) -> Verdict:
    """Carry out a plan on the database behind both `doors`, and judge what came of it; `tell` hears of every blow."""
    onlooker, db = doors
    for vendor in sandbox.providers.values():
        vendor.answer_s, vendor.pace_s = MODEL_S, PACE_S if plan.streamed and vendor.name in QUICK else 0.0
    fleet = Fleet(sandbox, db.url, folder, plan.settings, lucys.start)
    talk = Talk(sandbox, fleet, f"{plan.seed}:{plan.number}")
    struck, over, left = asyncio.Event(), asyncio.Event(), len(plan.strikes)

    async def when_it_is_time(strikes: Sequence[Strike]) -> AsyncIterator[Strike]:
        nonlocal left
        for strike in strikes:
            await talk.quiet(strike.answers)
            await asyncio.sleep(strike.after_s)
            yield strike
            tell()
        left -= 1
        if not left:
            struck.set()

    async with asyncio.TaskGroup() as group:
        for place, strikes in enumerate(plan.strikes):
            group.create_task(fleet.suffer(place, when_it_is_time(strikes), over))
        await talk.until(struck)
        with contextlib.suppress(TimeoutError):
            await _until_done(onlooker)
        over.set()
    return replace(await judge(talk.asked, sandbox, doors), stops_s=fleet.stops_s)


async def _until_done(onlooker: asyncpg.Connection) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while await onlooker.fetchval(_OPEN):
            await asyncio.sleep(0.1)
