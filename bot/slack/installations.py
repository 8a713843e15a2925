"""Where a workspace's token comes from: the one in the settings, or its own encrypted installation. Never another's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltError

from bot import log
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.db.installations import Installation
from bot.db.workspaces import Workspace
from bot.errors import LucyError, SettingError
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure
from bot.slack.limits import Shares

_log = log.get(__name__)
_PAUSES_S = (0, 0, 0.5, 1, 2, 4)
"""Another replica may be renewing."""
_REMEMBER_S, _AT_MOST = 5.0, 5000
Renew = Callable[[UUID], Awaitable[None]]


class NotInstalled(LucyError):
    """No token for this workspace."""


@dataclass(frozen=True, slots=True)
class Access:
    """What Lucy may act as in one workspace."""

    slack_id: str
    token: str
    bot_id: str
    bot_user_id: str

    def __repr__(self) -> str:
        return f"Access({self.slack_id!r})"


class Tokens(Protocol):
    """Looks up a workspace's access."""

    async def access(self, workspace_id: UUID) -> Access:
        """Raises NotInstalled."""
        ...

    def forget(self, workspace_id: UUID) -> None:
        """Whatever is remembered of it may be out of date."""
        ...


class OneToken:
    """The single workspace of SLACK_BOT_TOKEN."""

    def __init__(self, access: Access) -> None:
        self._access, self._workspace_id = access, workspace_id_of(access.slack_id)

    async def access(self, workspace_id: UUID) -> Access:
        if workspace_id != self._workspace_id:
            raise NotInstalled("this process serves one workspace")
        return self._access

    def forget(self, workspace_id: UUID) -> None:
        """There is nothing newer than the settings."""


class StoredTokens:
    """The workspaces that installed Lucy over OAuth; a token that ran out while nobody was there is renewed first.

    What was read is remembered for five seconds: one answer asks for its token ten times.
    """

    def __init__(
        self,
        db: Database,
        renew: Renew,
        pauses_s: Sequence[float] = _PAUSES_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._renew, self._pauses_s, self._clock = db, renew, pauses_s, clock
        self._known: dict[UUID, tuple[Access, float]] = {}

    async def access(self, workspace_id: UUID) -> Access:
        known, until = self._known.get(workspace_id, (None, 0.0))
        if known and self._clock() < until:
            return known
        for pause_s in self._pauses_s:
            workspace, found = await self._read(workspace_id)
            if workspace is None or found is None or not workspace.active:
                raise NotInstalled("no active installation")
            if found.lasts_s is None or found.lasts_s > 0:
                access = Access(workspace.slack_id, found.bot_token, found.bot_id, found.bot_user_id)
                return self._remembered(workspace_id, access, found.lasts_s)
            await asyncio.sleep(pause_s)
            await self._renew(workspace_id)
        raise NotInstalled("the token has run out and cannot be renewed")

    def forget(self, workspace_id: UUID) -> None:
        self._known.pop(workspace_id, None)

    def _remembered(self, workspace_id: UUID, access: Access, lasts_s: float | None) -> Access:
        if len(self._known) >= _AT_MOST:
            self._known.clear()
        self._known[workspace_id] = (
            access,
            self._clock() + min(_REMEMBER_S, _REMEMBER_S if lasts_s is None else lasts_s),
        )
        return access

    async def _read(self, workspace_id: UUID) -> tuple[Workspace | None, Installation | None]:
        async with self._db.unit(workspace_id) as unit:
            return await unit.workspaces.read(), await unit.installations.read()


class Clients:
    """Web API clients, one per workspace and call."""

    def __init__(
        self,
        tokens: Tokens,
        base_url: str,
        limits: Shares | None = None,
        connections: aiohttp.ClientSession | None = None,
    ) -> None:
        """Without `limits` only Slack's own refusals hold calls back."""
        self.base_url = base_url
        self._tokens, self._limits, self._connections = tokens, limits, connections
        self._doubt: Callable[[UUID], Awaitable[None]] | None = None

    def listen(self, doubt: Callable[[UUID], Awaitable[None]]) -> None:
        """`doubt` hears of every workspace whose token seems dead."""
        self._doubt = doubt

    async def of(self, workspace_id: UUID, *, doubted: bool = False) -> SlackClient:
        """The client of a workspace; nobody hears what one says that is `doubted` already. Raises NotInstalled."""
        share = self._limits.of(workspace_id) if self._limits else None
        doubt = None if doubted or self._doubt is None else partial(self._doubt, workspace_id)
        if doubted:
            self._tokens.forget(workspace_id)
        token = (await self._tokens.access(workspace_id)).token
        return SlackClient(token, self.base_url, share, self._connections, doubt)

    async def access(self, workspace_id: UUID) -> Access:
        """As whom Lucy acts there. Raises NotInstalled."""
        return await self._tokens.access(workspace_id)

    async def bot_user(self, workspace_id: UUID) -> str:
        """Lucy's own user id there. Raises NotInstalled."""
        return (await self._tokens.access(workspace_id)).bot_user_id

    def authorizer(self) -> Callable[..., Awaitable[AuthorizeResult]]:
        """Bolt's question who we are there, answered from memory or our store without a call to Slack."""

        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            for slack_id in (team_id, enterprise_id):
                try:
                    access = await self._tokens.access(workspace_id_of(slack_id or ""))
                except NotInstalled:
                    continue
                return AuthorizeResult(
                    enterprise_id=enterprise_id,
                    team_id=team_id,
                    bot_token=access.token,
                    bot_id=access.bot_id,
                    bot_user_id=access.bot_user_id,
                )
            raise BoltError(f"Lucy is not installed in {team_id or enterprise_id}")

        return authorize


async def introduce(token: str, base_url: str, db: Database) -> Access:
    """`auth.test` at start creates the token's workspace; Slack being away is waited for. Raises SettingError."""
    client, pause_s = SlackClient(token, base_url), 1.0
    while True:
        try:
            me = await client.call("auth.test")
            break
        except SlackRefused as refused:
            raise SettingError(f"SLACK_BOT_TOKEN: Slack refused it ({refused.code})") from refused
        except SlackUnsure as unsure:
            _log.warning("slack_away", error=str(unsure), again_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 30)
    owner = "enterprise_id" if me.get("is_enterprise_install") else "team_id"
    access = Access(str(me.get(owner) or me["team_id"]), token, str(me.get("bot_id", "")), str(me["user_id"]))
    async with db.unit(workspace_id_of(access.slack_id)) as unit:
        await unit.workspaces.welcome(access.slack_id, str(me.get("team", "")), access.bot_user_id)
    return access
