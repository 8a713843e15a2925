"""Tells what is due: budgets' warnings, requests for more and what became of them, refused asks. Ticks; safe to restart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bot import log
from bot.costs.budget_words import level
from bot.db.budget_notices import Notice, Request, starts_of
from bot.db.budgets import BudgetKey
from bot.db.crowds import CROWDED
from bot.db.database import Database
from bot.db.digests import Kind
from bot.slack.budget_blocks import (
    decided_words,
    outcome_words,
    request_blocks,
    section,
    warning_blocks,
    whose,
)
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.crowd_words import refused_words
from bot.slack.installations import Clients, NotInstalled
from bot.slack.people import People

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class _Message:
    """What to post, and the places to try, best first; `only` one person sees it."""

    places: tuple[str, ...]
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None
    only: str | None = None


class BudgetNotices:
    """Posts the notices of every workspace through its own token."""

    def __init__(self, db: Database, clients: Clients, people: People) -> None:
        self._db, self._clients, self._people = db, clients, people

    async def tick(self) -> None:
        """Tell what is due, everywhere."""
        async with self._db.operations() as operations:
            workspaces = await operations.budget_notices_due()
        for workspace_id in workspaces:
            await self.tell(workspace_id)

    async def tell(self, workspace_id: UUID) -> None:
        """Tell what is due in one workspace. What Slack did not answer to is tried again after the lease."""
        async with self._db.unit(workspace_id) as unit:
            notices = await unit.budget_notices.claim()
        loudest = _loudest(notices)
        for notice in notices:
            try:
                placed = await self._post(workspace_id, notice) if notice.key in loudest else None
            except SlackUnsure as error:
                _log.warning("notice_left", key=notice.key, error=str(error))
                continue
            async with self._db.unit(workspace_id) as unit:
                await unit.budget_notices.told(notice.key, *(placed or ()))

    async def _post(self, workspace_id: UUID, notice: Notice) -> tuple[str, str] | None:
        """(channel, ts) where it stands now; None when there is nothing to say, or nowhere. Raises SlackUnsure."""
        message = await self._message(workspace_id, notice)
        if message is None:
            return None
        for place in message.places:
            more = {"thread_ts": message.thread_ts, "user": message.only}
            said = {"text": message.text, "blocks": message.blocks, **{name: one for name, one in more.items() if one}}
            try:
                client = await self._clients.of(workspace_id)
                if message.only:
                    return place, str((await client.call("chat.postEphemeral", channel=place, **said))["message_ts"])
                answer = await client.call("chat.postMessage", channel=place, **said)
                return str(answer["channel"]), str(answer["ts"])
            except (SlackRefused, NotInstalled) as error:
                _log.warning("notice_refused", key=notice.key, error=str(error))
        return None

    async def _message(self, workspace_id: UUID, notice: Notice) -> _Message | None:
        if notice.kind == "warning":
            return await self._warning(workspace_id, notice)
        if notice.kind == CROWDED:
            return _crowded(notice.facts)
        async with self._db.unit(workspace_id) as unit:
            request = await unit.budget_notices.read_request(UUID(str(notice.facts["request"])))
            standing = await unit.budgets.standing(request.key) if request else None
        if request is None or standing is None:
            return None
        names = await self._names(workspace_id, request.key, request.asker, request.decided_by)
        if notice.kind == "request":
            if request.state != "waiting":
                return None
            asked = f"{names[request.asker]} asks for a larger budget: {level(standing)}"
            return _Message((str(notice.facts["to"]),), asked, request_blocks(standing, request, names))
        await self._settle(workspace_id, request, decided_words(request, standing, names))
        told = outcome_words(request, standing, names)
        return _Message((request.channel_id, request.asker), told, [section(told)], request.thread_ts)

    async def _warning(self, workspace_id: UUID, notice: Notice) -> _Message | None:
        facts = notice.facts
        key = BudgetKey(str(facts["scope"]), str(facts["key"]), str(facts["span"]))
        async with self._db.unit(workspace_id) as unit:
            standing = await unit.budgets.standing(key)
            digests = [await unit.digests.setting(kind) for kind in Kind]
        if standing is None or standing.starts != starts_of(facts):
            return None
        names = await self._names(workspace_id, key)
        approvers = await self._people.approvers(workspace_id, standing.budget.set_by)
        channels = [one.channel_id for one in digests if one and (one.people or key.scope != "user")]
        places = (*channels[:1], *approvers[:1])
        text = f"{whose(key, names, capital=True)} budget has reached {facts['level']} %: {level(standing)}"
        return _Message(places, text, warning_blocks(standing, int(facts["level"]), names))

    async def _settle(self, workspace_id: UUID, request: Request, decided: str) -> None:
        """The admins' messages lose their buttons; one that cannot be changed answers a press with what was decided."""
        async with self._db.unit(workspace_id) as unit:
            messages = await unit.budget_notices.where_told(f"request:{request.id}:")
        for channel, ts in messages:
            try:
                client = await self._clients.of(workspace_id)
                await client.call("chat.update", channel=channel, ts=ts, text=decided, blocks=[section(decided)])
            except (SlackRefused, SlackUnsure, NotInstalled) as error:
                _log.info("request_left_open", error=str(error))

    async def _names(self, workspace_id: UUID, key: BudgetKey, *user_ids: str | None) -> dict[str, str]:
        people = {user_id for user_id in (*user_ids, key.key if key.scope == "user" else None) if user_id}
        return await self._people.names(workspace_id, people)


def _crowded(facts: Mapping[str, object]) -> _Message:
    """Who asks too much is told alone; Slack shows that in a thread only if it has replies."""
    told, alone = refused_words(facts), bool(facts.get("alone"))
    thread = None if alone and not facts.get("replies") else str(facts["thread_ts"])
    return _Message((str(facts["channel"]),), told, [section(told)], thread, str(facts["user"]) if alone else None)


def _loudest(notices: Iterable[Notice]) -> set[str]:
    """The keys worth a message: of several levels of one budget reached at once only the highest."""
    highest: dict[object, Notice] = {}
    for notice in notices:
        facts = notice.facts
        same = (
            notice.key if notice.kind != "warning" else (facts["scope"], facts["key"], facts["span"], facts["starts"])
        )
        if same not in highest or facts["level"] > highest[same].facts["level"]:
            highest[same] = notice
    return {notice.key for notice in highest.values()}
