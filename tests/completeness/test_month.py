"""Invariant 5 over a month: faults every day, two partitions, a zone whose clocks change in between."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from bot.costs.folding import fold
from bot.costs.periods import Period
from bot.costs.reports import Reports
from bot.db.costs import CostStore, NewAttempt, OpenAttempt
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.unit import Unit
from tests.completeness.agreement import agreed
from tests.completeness.lane import Door, lane
from tests.completeness.play import Play
from tests.completeness.run import Stage, stage
from tests.completeness.scenario import scenario
from tests.costs.ledger import rows

SEED = 31
ZONE = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 10, 10)
DAYS = 32
A_DAY = 2


class Dated(Door):
    """A door through which attempts are opened at a time of the past."""

    at: datetime

    @asynccontextmanager
    async def unit(self, workspace_id: UUID, *, single: bool = False) -> AsyncIterator[Unit]:
        async with super().unit(workspace_id) as unit:
            vars(unit)["costs"] = _DatedCosts(unit.costs, self.at)
            yield unit

    def another(self) -> Dated:
        return dated(self, self.at)


class _DatedCosts(CostStore):
    def __init__(self, costs: CostStore, at: datetime) -> None:
        super().__init__(costs._session, costs._workspace_id)
        self._at = at

    async def open(self, attempt: NewAttempt, lifetime_s: float, at: datetime | None = None) -> OpenAttempt:
        return await super().open(attempt, lifetime_s, at or self._at)

    async def open_free(self, attempt: NewAttempt, lifetime_s: float) -> OpenAttempt | None:
        return None  # it opens by the clock alone


@pytest.mark.slow
async def test_the_books_of_a_month_of_faults_agree(
    db: Database, workspace_id: UUID, database_url: str, cipher: Cipher
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.workspaces.live_in(ZONE.key)
    async with stage(database_url, cipher) as running:
        numbers = iter(range(DAYS * A_DAY))
        over = asyncio.Event()
        folding = asyncio.create_task(keep_folding(db, over))
        await asyncio.gather(*(a_lane(running, workspace_id, numbers) for _ in range(4)))
        over.set()
        await folding

    for _ in range(2):
        await hold_to(db, workspace_id, running)
        await fold(db)


async def hold_to(db: Database, workspace_id: UUID, running: Stage) -> None:
    """The books agree, in all and day by day."""
    desks = running.world.desks.values()
    invoice = [line for desk in desks for line in desk.invoice]
    counts = await agreed(db, workspace_id, invoice, sum(desk.requests for desk in desks), ZONE.key)
    assert min(counts.exact, counts.estimated, counts.unknown, counts.free) > 0
    ledger = await rows(db, workspace_id)
    assert {row.created_at.month for row in ledger} == {10, 11}
    by_day: dict[date, Decimal] = defaultdict(Decimal)
    for row in ledger:
        by_day[row.created_at.astimezone(ZONE).date()] += row.cost_usd or 0
    for day in days():
        total = (await Reports(db, "a model").spend(workspace_id, whole(day))).total
        assert (day, total.cost_usd + total.estimated_usd) == (day, by_day[day])


async def keep_folding(db: Database, over: asyncio.Event) -> None:
    """As the job would, all the time."""
    while not over.is_set():
        await fold(db)
        await asyncio.sleep(0.01)


async def a_lane(running: Stage, workspace_id: UUID, numbers: Iterator[int]) -> None:
    async with lane(running.url, running.cipher) as (door, proxy):
        for number in numbers:
            at = moment(number)
            desks = running.world.desks[number]
            play = Play(running.tools, dated(door, at), proxy, desks, SEED, number, named=workspace_id)
            await play.play(scenario(SEED, number))


def dated(door: Door, at: datetime) -> Dated:
    there = Dated(door._connections, door._cipher)
    there.at = at
    return there


def moment(number: int) -> datetime:
    """A time of the day that a scenario belongs to, the hours around midnight too."""
    minutes = random.Random(number).randrange(24 * 60)
    return datetime.combine(days()[number % DAYS], time(), ZONE).astimezone(UTC) + timedelta(minutes=minutes)


def days() -> list[date]:
    return [FIRST + timedelta(days=n) for n in range(DAYS)]


def whole(day: date) -> Period:
    start, end = (datetime.combine(d, time(), ZONE).astimezone(UTC) for d in (day, day + timedelta(days=1)))
    return Period(str(day), start, end, "Europe/Berlin")
