"""What one replica has in work: so many asks in all, and no more of one workspace or person than leaves room for others."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from bot.db.inbox import TakenAsk
from bot.db.turns import Turn

_LONGEST_RETRY_S = 300.0
_ANY_NUMBER = 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How many asks at once, for how long a lease, how soon again after a failure (seconds).

    `alone`: there is one workspace only, and no neighbour to leave room for.
    """

    concurrency: int = 16
    lease_s: float = 60
    retry_s: float = 2
    alone: bool = True

    def again_in(self, tries: int) -> timedelta:
        """Twice as long after every try, at most five minutes."""
        return timedelta(seconds=min(self.retry_s * 2.0 ** (tries - 1), _LONGEST_RETRY_S))

    @property
    def of_a_workspace(self) -> int:
        """So many asks of one workspace at once: a quarter of the places stays free for others."""
        return self.concurrency if self.alone else max(1, self.concurrency * 3 // 4)

    @property
    def of_a_person(self) -> int:
        """So many asks of one person at once: half of their workspace's."""
        return max(1, self.of_a_workspace // 2)


class News:
    """How many asks may be ready: as many as were heard of since, and any number once in a while, for what others know.

    So the queue is not asked again after each ask whether there is another.
    """

    def __init__(self, every_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._every_s, self._clock = every_s, clock
        self._heard, self._all_at = 0, 0.0
        self._is_news = asyncio.Event()

    def heard(self) -> None:
        """One was stored here, or is done with, which may let another begin."""
        self._heard += 1
        self._is_news.set()

    async def wait(self) -> None:
        """Until there is news, or once in a while."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_news.wait(), self._every_s)
        self._is_news.clear()

    def due(self) -> int:
        """So many may be ready."""
        if (now := self._clock()) >= self._all_at:
            self._heard, self._all_at = _ANY_NUMBER, now + self._every_s
        return self._heard

    def looked(self, due: int, *, found: bool) -> None:
        """One of those that were `due` was taken; or none was ready, and what was heard of meanwhile is news."""
        self._heard -= 1 if found else due


class Desk:
    """The asks in work here, counted. Replicas need not agree: each keeps room on its own desk."""

    def __init__(self, pace: Pace) -> None:
        self._pace, self._last = pace, uuid4()
        self._workspaces: Counter[UUID] = Counter()
        self._people: Counter[tuple[UUID, str]] = Counter()

    @property
    def full(self) -> bool:
        """True when no ask at all may be taken."""
        return self._workspaces.total() >= self._pace.concurrency

    @property
    def turn(self) -> Turn:
        """Whose ask may be taken next."""
        full = [one for one, count in self._workspaces.items() if count >= self._pace.of_a_workspace]
        busy = [one for one, count in self._people.items() if count >= self._pace.of_a_person]
        return Turn(self._last, tuple(full), tuple(busy))

    def take(self, ask: TakenAsk) -> None:
        """It is in work; the next turn is another workspace's."""
        self._last = ask.workspace_id
        self._workspaces[ask.workspace_id] += 1
        self._people[ask.workspace_id, ask.user_id] += 1

    def clear(self, ask: TakenAsk) -> None:
        """It is no longer."""
        self._workspaces = +(self._workspaces - Counter([ask.workspace_id]))
        self._people = +(self._people - Counter([(ask.workspace_id, ask.user_id)]))
