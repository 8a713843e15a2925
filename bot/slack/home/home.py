"""Publishes a person's Home: when they open it, and when they changed something there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bot import log
from bot.costs.reports import Reports
from bot.db.database import Database
from bot.errors import DatabaseAway
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.events import short_id
from bot.slack.home.facts import Facts, Viewer, facts_of
from bot.slack.home.guide import PROMPTS
from bot.slack.home.view import away_view, home_view
from bot.slack.installations import Clients, NotInstalled
from bot.slack.people import People
from bot.slack.permalinks import Permalinks

_log = log.get(__name__)
_SOFT = (SlackRefused, SlackUnsure, NotInstalled, DatabaseAway)
_LINKS_WITHIN_S = 1.0
_CONFLICT = "hash_conflict"

View = dict[str, Any]


def _now() -> datetime:
    return datetime.now(UTC)


class Home:
    """Each publishing reads anew; a Home that could not be published stays as it was until it is opened again."""

    def __init__(
        self, db: Database, clients: Clients, people: People, reports: Reports, now: Callable[[], datetime] = _now
    ) -> None:
        self._db, self._clients, self._people, self._reports, self._now = db, clients, people, reports, now
        self._permalinks = Permalinks(clients)

    async def opened(self, event: dict[str, Any], workspace_id: UUID) -> None:
        """Someone looks at their Home, or at their messages with Lucy."""
        user_id, channel_id = short_id(event.get("user")), short_id(event.get("channel"))
        if event.get("tab") == "home" and user_id:
            await self.publish(workspace_id, user_id, seen=(event.get("view") or {}).get("hash"))
        elif event.get("tab") == "messages" and channel_id:
            await self._suggest(workspace_id, channel_id)

    async def publish(self, workspace_id: UUID, user_id: str, note: str = "", seen: str | None = None) -> None:
        """Show a person what holds now, with a `note` above it.

        `seen` is the hash of the Home before them: when another one took its place meanwhile, it is read once more.
        """
        try:
            if not await self._published(workspace_id, user_id, note, seen):
                await self._published(workspace_id, user_id, note, None)
        except _SOFT as error:
            _log.warning("home_not_published", workspace_id=str(workspace_id), error=str(error))

    async def _published(self, workspace_id: UUID, user_id: str, note: str, seen: str | None) -> bool:
        """False when another Home than the one that was seen stands there now."""
        client = await self._clients.of(workspace_id)
        view = await self._view(workspace_id, user_id, note)
        only = {"hash": seen} if seen else {}
        try:
            await client.call("views.publish", user_id=user_id, view=view, **only)
        except SlackRefused as refused:
            if refused.code == _CONFLICT and seen:
                return False
            raise
        return True

    async def _view(self, workspace_id: UUID, user_id: str, note: str) -> View:
        try:
            person = await self._people.find(workspace_id, user_id)
            viewer = Viewer(workspace_id, user_id, person.is_admin)
            facts = await facts_of(self._db, self._reports, viewer, self._now())
        except DatabaseAway:
            _log.warning("home_without_figures", workspace_id=str(workspace_id), reason="database away")
            return away_view()
        keys = [one.budget.key.key for one in facts.budgets if one.budget.key.scope == "user"]
        names, links = await asyncio.gather(self._people.names(workspace_id, keys), self._links(facts))
        return home_view(facts, names, links, note)

    async def _links(self, facts: Facts) -> dict[str, str]:
        """Links to the asks that are shown, as far as Slack says them in time."""
        keys = [f"{one.ask.channel_id}|{one.ask.ts}" for one in facts.asks]
        try:
            async with asyncio.timeout(_LINKS_WITHIN_S):
                return await self._permalinks.of(facts.viewer.workspace_id, keys) if keys else {}
        except TimeoutError:
            _log.info("links_unknown", reason="too slow")
            return {}

    async def _suggest(self, workspace_id: UUID, channel_id: str) -> None:
        """Prompts for who looks at their messages. With a thread_ts an agent's prompts would be lost in silence."""
        try:
            client = await self._clients.of(workspace_id)
            await client.try_once("assistant.threads.setSuggestedPrompts", channel_id=channel_id, prompts=list(PROMPTS))
        except _SOFT as error:
            _log.info("prompts_not_set", error=str(error))
