"""Who is who in a workspace: names and roles, looked up softly and remembered for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from bot import log
from bot.db.database import Database
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure
from bot.slack.installations import Clients, NotInstalled

_log = log.get(__name__)
_REMEMBER_S = 600.0
_AT_MOST = 5000
_AT_ONCE = 8
_APPROVERS, _PAGE, _PAGES = 5, 200, 5


@dataclass(frozen=True, slots=True)
class Person:
    """Someone in a workspace. `is_admin`: Slack's, or whom those named; `is_member`: neither a guest nor a bot, and still there.

    `is_guest`: of one or several channels, or a stranger of another organisation.
    """

    name: str
    is_admin: bool
    named: bool = False
    is_member: bool = False
    is_guest: bool = False
    is_bot: bool = False


class People:
    """users.info behind a memory of ten minutes, per workspace."""

    def __init__(
        self,
        clients: Clients,
        clock: Callable[[], float] = time.monotonic,
        *,
        within_s: float = 3.0,
        db: Database | None = None,
    ) -> None:
        """`within_s`: how long all the names of one answer may take together, in seconds; `db` knows the named admins."""
        self._clients, self._clock, self._within_s, self._db = clients, clock, within_s, db
        self._known: dict[tuple[UUID, str], tuple[float, Person]] = {}

    async def find(self, workspace_id: UUID, user_id: str, *, fresh: bool = False) -> Person:
        """The person; one whom Slack won't show us is called by their id and is no admin. `fresh`: ask Slack now."""
        person = await self.look(workspace_id, user_id, fresh=fresh)
        if person.is_admin or not person.is_member or user_id not in await self._named(workspace_id):
            return person
        return replace(person, is_admin=True, named=True)

    async def look(self, workspace_id: UUID, user_id: str, *, fresh: bool = False) -> Person:
        """The person as Slack knows them, whoever was named an admin of Lucy's."""
        person = self._remembered(workspace_id, user_id)
        if person is not None and not fresh:
            return person
        try:
            client = await self._clients.of(workspace_id)
        except NotInstalled:
            return Person(user_id, is_admin=False)
        return await self._look_up(client, workspace_id, user_id)

    async def _named(self, workspace_id: UUID) -> list[str]:
        """Whom the workspace's admins named; never remembered, so that whoever is dismissed is so at once."""
        if self._db is None:
            return []
        async with self._db.unit(workspace_id) as unit:
            return list(await unit.admins.named())

    async def names(self, workspace_id: UUID, user_ids: Iterable[str]) -> dict[str, str]:
        """Names by id, looked up side by side; whoever is not found in time is called by their id."""
        people = {user_id: self._remembered(workspace_id, user_id) for user_id in user_ids}
        names = {user_id: person.name if person else user_id for user_id, person in people.items()}
        unknown = [user_id for user_id, person in people.items() if person is None]
        if not unknown:
            return names
        try:
            client = await self._clients.of(workspace_id)
            async with asyncio.timeout(self._within_s):
                await self._learn(client, workspace_id, unknown, names)
        except NotInstalled:
            _log.info("names_unknown", reason="not installed")
        except TimeoutError:
            _log.info("names_unknown", reason="too slow", people=len(unknown))
        return names

    async def _learn(
        self, client: SlackClient, workspace_id: UUID, user_ids: Iterable[str], names: dict[str, str]
    ) -> None:
        """Put every name into `names` as soon as it is known."""
        turn = asyncio.Semaphore(_AT_ONCE)

        async def learn(user_id: str) -> None:
            async with turn:
                names[user_id] = (await self._look_up(client, workspace_id, user_id)).name

        async with asyncio.TaskGroup() as group:
            for user_id in user_ids:
                group.create_task(learn(user_id))

    def _remembered(self, workspace_id: UUID, user_id: str) -> Person | None:
        until, person = self._known.get((workspace_id, user_id), (0.0, None))
        return person if until > self._clock() else None

    async def _look_up(self, client: SlackClient, workspace_id: UUID, user_id: str) -> Person:
        try:
            user = (await client.call("users.info", user=user_id)).get("user", {})
        except (SlackRefused, SlackUnsure):
            return Person(user_id, is_admin=False)
        profile = user.get("profile", {})
        name = profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user_id
        guest = any(user.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger"))
        bot = bool(user.get("is_bot"))
        member = not (guest or bot or user.get("deleted"))
        admin = bool(user.get("is_admin") or user.get("is_owner"))
        person = Person(str(name), admin, is_member=member, is_guest=guest, is_bot=bot)
        if len(self._known) >= _AT_MOST:
            self._known.clear()
        self._known[workspace_id, user_id] = (self._clock() + _REMEMBER_S, person)
        return person

    async def approvers(self, workspace_id: UUID, first: str) -> list[str]:
        """At most five of Slack's admins and owners and whom they named, `first` before the others if they are one."""
        cursor, admins = "", []
        try:
            client = await self._clients.of(workspace_id)
            for _ in range(_PAGES):
                page = await client.call("users.list", limit=_PAGE, cursor=cursor)
                admins += [str(user["id"]) for user in page.get("members", []) if _may_decide(user)]
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor or len(admins) >= _APPROVERS:
                    break
        except (SlackRefused, SlackUnsure, NotInstalled):
            _log.info("admins_unlisted", workspace_id=str(workspace_id))
        admins += [user_id for user_id in await self._named(workspace_id) if user_id not in admins]
        if first not in admins and (await self.find(workspace_id, first)).is_admin:
            admins.append(first)
        return sorted(admins, key=lambda user_id: user_id != first)[:_APPROVERS]


def _may_decide(user: dict[str, Any]) -> bool:
    return bool(user.get("is_admin") or user.get("is_owner")) and not user.get("is_bot") and not user.get("deleted")
