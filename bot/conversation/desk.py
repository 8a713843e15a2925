"""What one replica has in work: so many asks in all, and no more of one workspace or person than leaves room for others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from bot.db.inbox import TakenAsk
from bot.db.turns import Turn

_LONGEST_RETRY_S = 300.0


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
