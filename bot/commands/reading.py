"""What the reading commands need: a database, one workspace, its reports."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from bot.app import open_database
from bot.config import Settings
from bot.costs import explain
from bot.costs.periods import Period, zone_of
from bot.costs.price_book import load_price_book
from bot.costs.references import NoSuchCall, hex_of
from bot.costs.reports import Reports, SpendReport
from bot.db.database import Database
from bot.db.digests import Kind
from bot.db.ids import workspace_id_of
from bot.digests.compose import Composer
from bot.digests.digest import Digest
from bot.digests.spans import ended
from bot.errors import SettingError
from bot.routing.stakes import Dial, Stakes, prices_in, reachable
from bot.routing.tiers import read_tiers
from bot.routing.whatif import Replay, replayed


async def report_at(settings: Settings, slack_id: str, period: Period, by: str) -> SpendReport:
    """One workspace's spend, by its Slack id or because it is the only one. Raises SettingError, TooMuch."""
    async with open_database(settings) as db:
        baseline = read_tiers(settings.tiers, {}, load_price_book()).baseline[0]
        return await Reports(db, baseline).spend(await workspace_at(db, slack_id), period, by)


@asynccontextmanager
async def database_at(settings: Settings, slack_id: str) -> AsyncIterator[tuple[Database, UUID]]:
    """The database, and one workspace, by its Slack id or because it is the only one. Raises SettingError."""
    async with open_database(settings) as db:
        yield db, await workspace_at(db, slack_id)


async def explained_at(settings: Settings, slack_id: str, told: str, as_json: bool) -> list[str]:
    """The sum of every attempt that an id or reference names. Raises SettingError, NoSuchCall."""
    reference = hex_of(told)
    async with open_database(settings) as db, db.unit(await workspace_at(db, slack_id)) as unit:
        rows = await unit.past.find(reference)
    if not rows:
        raise NoSuchCall(told)
    if as_json:
        return [json.dumps([explain.as_json(explain.explain(row)) for row in rows], indent=2)]
    return [f"{row.id}\n{explain.as_text(explain.explain(row))}\n" for row in rows]


async def digest_at(settings: Settings, slack_id: str, kind: Kind, zone: str | None) -> Digest:
    """One workspace's latest digest of a kind, in a zone or its own. Raises SettingError, UnknownZone."""
    async with open_database(settings) as db:
        baseline = read_tiers(settings.tiers, {}, load_price_book()).baseline[0]
        workspace_id = await workspace_at(db, slack_id)
        async with db.unit(workspace_id) as unit:
            setting = await unit.digests.setting(kind)
        zone = zone or (setting.zone if setting else "UTC")
        span = ended(kind, datetime.now(UTC).astimezone(zone_of(zone)).date())
        named = setting is None or setting.people
        return await Composer(db, baseline).compose(workspace_id, span, zone, named=named)


async def workspace_at(db: Database, slack_id: str) -> UUID:
    """A workspace by its Slack id, or the only one there is. Raises SettingError."""
    if slack_id:
        return workspace_id_of(slack_id)
    async with db.operations() as operations:
        known = await operations.workspaces()
    if len(known) != 1:
        raise SettingError(f"--workspace: there are {len(known)} workspaces here; name one by its Slack id")
    return known[0]


async def replay_at(settings: Settings, slack_id: str, dial: Dial, days: int) -> Replay:
    """One workspace's choices of the last days, decided again at a dial. Raises SettingError."""
    async with open_database(settings) as db:
        workspace_id = await workspace_at(db, slack_id)
        async with db.unit(workspace_id) as unit:
            choices, leaning = await unit.choices.billed(days), await unit.dials.leaning("", "")
        stakes = Stakes(prices_in(reachable(settings.tiers, load_price_book())), dial, leaning.shifts)
        return replayed(choices, stakes)
