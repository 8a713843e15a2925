"""What a Home tells, read: sums from the rollup, a person's last asks by their own index, the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.costs.footer import STOPPED, answering, price
from bot.costs.reports import Overview, Reports
from bot.db.budgets import Standing
from bot.db.database import Database
from bot.db.digests import DigestSetting, Kind
from bot.db.recent import Failure, RecentAsk
from bot.db.switches import Switches
from bot.db.tier_bounds import TierBound
from bot.db.unit import Unit

_ASKS, _FAILURES = 5, 3


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose Home it is."""

    workspace_id: UUID
    user_id: str
    is_admin: bool


@dataclass(frozen=True, slots=True)
class AskLately:
    """An ask that is done with, what the line under its answer says it cost, and which model answered, if one did."""

    ask: RecentAsk
    price: str
    model: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set: digests by kind, bounds, switches, and the dials that touch the viewer by scope."""

    digests: Mapping[Kind, DigestSetting]
    bounds: Sequence[TierBound]
    switches: Switches
    dials: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it; `is_first` where nobody asked anything yet."""

    viewer: Viewer
    overview: Overview
    budgets: Sequence[Standing]
    asks: Sequence[AskLately]
    failures: Sequence[Failure]
    settings: Settings
    is_first: bool


async def facts_of(db: Database, reports: Reports, viewer: Viewer, now: datetime) -> Facts:
    """Members get the workspace's total and their own, admins all. Raises DatabaseAway."""
    overview = await reports.overview(viewer.workspace_id, viewer.user_id, now, sees_all=viewer.is_admin)
    own = None if viewer.is_admin else viewer.user_id
    async with db.unit(viewer.workspace_id) as unit:
        budgets = [one for one in await unit.budgets.standings() if viewer.is_admin or _applies(one, viewer.user_id)]
        asks = [await _lately(unit, ask) for ask in await unit.recent.asks(viewer.user_id, _ASKS)]
        failures = await unit.recent.failures(overview.week.period.start, own, _FAILURES, sorted(STOPPED))
        is_first = not overview.month.total.calls and not await unit.recent.any()
        return Facts(viewer, overview, budgets, asks, failures, await _settings(unit, viewer.user_id), is_first)


def _applies(standing: Standing, user_id: str) -> bool:
    key = standing.budget.key
    return key.scope == "workspace" or (key.scope == "user" and key.key == user_id)


async def _lately(unit: Unit, ask: RecentAsk) -> AskLately:
    rows = await unit.costs.of_task(ask.task_id, (ask.created_at, ask.done_at))
    served = answering(rows)
    return AskLately(ask, price(rows), served.model if served else None)


async def _settings(unit: Unit, user_id: str) -> Settings:
    digests = {setting.kind: setting for setting in await unit.digests.settings()}
    return Settings(digests, await unit.bounds.all(), await unit.switches.read(), await unit.dials.dials("", user_id))
