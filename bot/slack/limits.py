"""Slack's limits, kept by all replicas together: so many calls of a method per workspace, so many posts per channel.

Who can do something else than wait asks `take` itself: a stream without a token becomes one post.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from bot.db.database import Database
from bot.db.slack_buckets import Bucket

_POST = "chat.postMessage"
_MINUTE_S = 60.0

PER_MINUTE = {
    _POST: 300,
    "chat.update": 50,
    "chat.startStream": 20,
    "chat.appendStream": 100,
    "chat.stopStream": 20,
    "conversations.history": 50,
    "conversations.replies": 50,
    "files.info": 100,
}
"""Calls per workspace: Slack's published tiers (2: 20, 3: 50, 4: 100); of posts "several hundred"."""
_AT_ONCE = 4
"""A quarter of a minute's calls may come at once; so many posts in one channel, which takes one a second."""


class Share(Protocol):
    """What one workspace may call."""

    async def take(self, method: str, channel_id: str = "") -> float:
        """0 and the call is counted, or the seconds until it may be made. Raises DatabaseAway."""
        ...

    async def obey(self, method: str, seconds: float) -> None:
        """Slack said Retry-After: no replica calls the method before. Raises DatabaseAway."""
        ...


class Shares(Protocol):
    """What every workspace may call."""

    def of(self, workspace_id: UUID) -> Share:
        """One workspace's share."""
        ...


class Limits:
    """The buckets of every workspace, in the database."""

    def __init__(self, db: Database, times: float = 1) -> None:
        """`times` Slack's published rates, for who was granted more or has a Slack without limits."""
        self._db, self._times = db, times

    async def take(self, workspace_id: UUID, method: str, channel_id: str = "") -> float:
        """0 and the call is counted, or the seconds until it may be made, and nothing is. Raises DatabaseAway."""
        buckets = self._buckets(method, channel_id)
        if not buckets:
            return 0
        while (wait_s := await self._taken(workspace_id, buckets)) is None:
            async with self._db.unit(workspace_id, single=True) as unit:
                await unit.slack_buckets.make(buckets)
        return wait_s

    async def obey(self, workspace_id: UUID, method: str, seconds: float) -> None:
        """Slack said Retry-After: no replica calls the method before. Raises DatabaseAway."""
        for bucket in self._buckets(method, ""):
            async with self._db.unit(workspace_id, single=True) as unit:
                await unit.slack_buckets.close(bucket, seconds)

    def of(self, workspace_id: UUID) -> Share:
        """One workspace's share."""
        return _OfWorkspace(self, workspace_id)

    async def _taken(self, workspace_id: UUID, buckets: list[Bucket]) -> float | None:
        async with self._db.unit(workspace_id, single=True) as unit:
            return await unit.slack_buckets.take(buckets)

    def _buckets(self, method: str, channel_id: str) -> list[Bucket]:
        if method not in PER_MINUTE:
            return []
        calls = PER_MINUTE[method] * self._times
        buckets = [Bucket(method, _MINUTE_S / calls, max(1, calls / _AT_ONCE))]
        if method == _POST and channel_id:
            buckets.append(Bucket(f"{_POST} {channel_id}", 1 / self._times, max(1, _AT_ONCE * self._times)))
        return buckets


@dataclass(frozen=True, slots=True)
class _OfWorkspace:
    limits: Limits
    workspace_id: UUID

    async def take(self, method: str, channel_id: str = "") -> float:
        return await self.limits.take(self.workspace_id, method, channel_id)

    async def obey(self, method: str, seconds: float) -> None:
        await self.limits.obey(self.workspace_id, method, seconds)


class Unlimited:
    """Counts nothing: Slack's own word is the limit, for each process by itself."""

    async def take(self, method: str, channel_id: str = "") -> float:
        """Always at once."""
        return 0

    async def obey(self, method: str, seconds: float) -> None:
        """Nobody else is told."""
