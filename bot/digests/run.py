"""Digests are posted once per workspace and local day, whatever dies, restarts or changes its clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from bot import log
from bot.costs.periods import UnknownZone, zone_of
from bot.costs.reports import Reports
from bot.db.database import Database
from bot.db.digests import DigestRun, DigestSetting
from bot.digests.compose import Digest, compose
from bot.errors import LucyError, Undeliverable

_log = log.get(__name__)


class Unsure(LucyError):
    """The post may stand in Slack or not; the next tick after the lease looks it up."""


class Channel(Protocol):
    """Where digests go."""

    async def post(self, workspace_id: UUID, channel_id: str, digest: Digest, key: str) -> str:
        """The ts. Raises Undeliverable or Unsure."""
        ...

    async def find(self, workspace_id: UUID, channel_id: str, key: str, since: datetime) -> str | None:
        """The ts of a digest that stands there already, posted after `since`. Raises Unsure."""
        ...

    async def tell(self, workspace_id: UUID, user_id: str, sentence: str) -> None:
        """A direct message to whoever set the digest; never raises."""
        ...


class DigestRunner:
    """Ticks over every workspace that wants a digest."""

    def __init__(self, db: Database, reports: Reports, channel: Channel) -> None:
        self._db, self._reports, self._channel = db, reports, channel

    async def tick(self, now: datetime | None = None) -> int:
        """Post what is due at `now`; how many were posted."""
        async with self._db.operations() as operations:
            settings = await operations.digests_wanted()
        posted = 0
        for setting in settings:
            day = due_day(setting, now or datetime.now(UTC))
            if day is not None:
                posted += await self._post_once(setting, day)
        return posted

    async def post_now(self, workspace_id: UUID, channel_id: str, zone: str = "UTC") -> str:
        """Post yesterday's digest again, on demand. Raises Undeliverable or Unsure."""
        yesterday = datetime.now(UTC).astimezone(zone_of(zone)).date() - timedelta(days=1)
        digest = await compose(self._db, self._reports, workspace_id, yesterday, zone)
        return await self._channel.post(workspace_id, channel_id, digest, f"digest:{yesterday}:on demand")

    async def _post_once(self, setting: DigestSetting, day: date) -> bool:
        async with self._db.unit(setting.workspace_id) as unit:
            run = await unit.digests.claim(day, setting.channel_id)
        if run is None:
            return False
        try:
            ts = await self._post(setting, run)
            await self._finish(run, "posted", ts)
        except Undeliverable as error:
            await self._finish(run, "failed")
            await self._channel.tell(setting.workspace_id, setting.set_by, undelivered(setting, error))
            return False
        except LucyError as error:
            _log.warning("digest_left", workspace_id=str(setting.workspace_id), error=type(error).__name__)
            return False
        return True

    async def _post(self, setting: DigestSetting, run: DigestRun) -> str:
        key = f"digest:{run.local_date}"
        if run.intent_at:
            found = await self._channel.find(run.workspace_id, run.channel_id, key, run.intent_at)
            if found:
                return found
        digest = await compose(self._db, self._reports, run.workspace_id, run.local_date, setting.zone)
        async with self._db.unit(run.workspace_id) as unit:
            await unit.digests.intend(run)
        return await self._channel.post(run.workspace_id, run.channel_id, digest, key)

    async def _finish(self, run: DigestRun, state: str, ts: str | None = None) -> None:
        async with self._db.unit(run.workspace_id) as unit:
            await unit.digests.finish(run, state, ts)


def due_day(setting: DigestSetting, now: datetime) -> date | None:
    """The local day whose digest is due: yesterday, once its hour has come since the digest was set.

    Days missed before yesterday are not caught up. A clock change cannot make a day due twice: the day is the key.
    """
    try:
        zone = zone_of(setting.zone)
    except UnknownZone:
        return None
    local = now.astimezone(zone)
    due_at = datetime.combine(local.date(), setting.at, zone)
    latest = local.date() if local >= due_at else local.date() - timedelta(days=1)
    fell_due = datetime.combine(latest, setting.at, zone)
    return latest - timedelta(days=1) if fell_due >= setting.set_at else None


def undelivered(setting: DigestSetting, error: Undeliverable) -> str:
    """What whoever set the digest is told."""
    return (
        f"I couldn't post the cost digest to <#{setting.channel_id}> ({error}). "
        "Please invite me there, or choose another channel with `/lucy-costs digest`."
    )
