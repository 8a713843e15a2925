"""Who is who in a workspace: names and roles, looked up softly and remembered for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.installations import Clients, NotInstalled

_REMEMBER_S = 600.0
_AT_MOST = 5000


@dataclass(frozen=True, slots=True)
class Person:
    """Someone in a workspace."""

    name: str
    is_admin: bool


class People:
    """users.info behind a memory of ten minutes, per workspace."""

    def __init__(self, clients: Clients, clock: Callable[[], float] = time.monotonic) -> None:
        self._clients, self._clock = clients, clock
        self._known: dict[tuple[UUID, str], tuple[float, Person]] = {}

    async def find(self, workspace_id: UUID, user_id: str) -> Person:
        """The person; one whom Slack won't show us is called by their id and is no admin."""
        known = self._known.get((workspace_id, user_id))
        if known and known[0] > self._clock():
            return known[1]
        try:
            client = await self._clients.of(workspace_id)
            user = (await client.call("users.info", user=user_id)).get("user", {})
        except (SlackRefused, SlackUnsure, NotInstalled):
            return Person(user_id, is_admin=False)
        profile = user.get("profile", {})
        name = profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user_id
        person = Person(str(name), bool(user.get("is_admin") or user.get("is_owner")))
        if len(self._known) >= _AT_MOST:
            self._known.clear()
        self._known[workspace_id, user_id] = (self._clock() + _REMEMBER_S, person)
        return person

    async def names(self, workspace_id: UUID, user_ids: Iterable[str]) -> dict[str, str]:
        """Names by id."""
        return {user_id: (await self.find(workspace_id, user_id)).name for user_id in user_ids}
