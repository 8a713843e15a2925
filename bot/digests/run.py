"""Digests are posted once per workspace and span, whatever dies, restarts or changes its clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from bot import log
from bot.costs.periods import zone_of
from bot.db.database import Database
from bot.db.digests import DigestRun, DigestSetting, Kind, Quiet
from bot.digests.compose import Composer
from bot.digests.digest import Digest
from bot.digests.spans import Span, due, ended, fell_due
from bot.errors import LucyError, Undeliverable

_log = log.get(__name__)

LATE = timedelta(minutes=5)
"""Ticks come every half minute: one that posts so much later was not the first, or Lucy was away."""


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

    def __init__(self, db: Database, composer: Composer, channel: Channel) -> None:
        self._db, self._composer, self._channel = db, composer, channel

    async def tick(self, now: datetime | None = None) -> int:
        """Post what is due at `now`, by the database's clock when it is left out; how many were posted."""
        async with self._db.operations() as operations:
            settings = await operations.digests_wanted()
            moment = now or await operations.now()
        posted = 0
        for setting in settings:
            span = due(setting, moment)
            if span is not None:
                posted += await self._post_once(setting, span, _late_since(setting, moment))
        return posted

    async def post_now(
        self, workspace_id: UUID, channel_id: str, kind: Kind = Kind.DAILY, zone: str = "UTC", *, named: bool = True
    ) -> str:
        """Post the latest digest of a kind again, on demand. Raises Undeliverable or Unsure."""
        span = ended(kind, datetime.now(UTC).astimezone(zone_of(zone)).date())
        digest = await self._composer.compose(workspace_id, span, zone, named=named)
        return await self._channel.post(workspace_id, channel_id, digest, f"{_key(span)}:on demand")

    async def _post_once(self, setting: DigestSetting, span: Span, late_since: datetime | None) -> bool:
        async with self._db.unit(setting.workspace_id) as unit:
            run = await unit.digests.claim(span.kind, span.last, setting.channel_id)
        if run is None:
            return False
        try:
            ts = await self._post(setting, run, span, run.intent_at or late_since)
            await self._finish(run, "posted" if ts else "silent", ts)
        except Undeliverable as error:
            await self._finish(run, "failed")
            await self._channel.tell(setting.workspace_id, setting.set_by, undelivered(setting, error))
            return False
        except LucyError as error:
            _log.warning("digest_left", workspace_id=str(setting.workspace_id), error=type(error).__name__)
            return False
        return bool(ts)

    async def _post(
        self, setting: DigestSetting, run: DigestRun, span: Span, maybe_since: datetime | None
    ) -> str | None:
        """The ts; None when there was nothing to tell and silence is wished. It may stand there `maybe_since` then."""
        if maybe_since:
            found = await self._channel.find(run.workspace_id, run.channel_id, _key(span), maybe_since)
            if found:
                return found
        digest = await self._composer.compose(run.workspace_id, span, setting.zone, named=setting.people)
        if setting.quiet is Quiet.SILENT and not digest.total.calls:
            return None
        async with self._db.unit(run.workspace_id) as unit:
            await unit.digests.intend(run, digest.total.spent_usd)
        return await self._channel.post(run.workspace_id, run.channel_id, digest, _key(span))

    async def _finish(self, run: DigestRun, state: str, ts: str | None = None) -> None:
        async with self._db.unit(run.workspace_id) as unit:
            await unit.digests.finish(run, state, ts)


def _late_since(setting: DigestSetting, now: datetime) -> datetime | None:
    """When it fell due, if that is long ago: this database may be a backup, and the digest posted in what was lost."""
    at = fell_due(setting, now)
    return at if at and now - at > LATE else None


def _key(span: Span) -> str:
    """What tells one digest from every other message."""
    return f"digest:{span.last}" if span.kind is Kind.DAILY else f"digest:{span.kind}:{span.last}"


def undelivered(setting: DigestSetting, error: Undeliverable) -> str:
    """What whoever set the digest is told."""
    return (
        f"I couldn't post the {setting.kind} cost digest to <#{setting.channel_id}> ({error}). "
        "Please invite me there, or choose another channel with `/lucy-costs digest`."
    )
