"""`/lucy-costs dial`: how dear a failed answer is, to a workspace, a channel or a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.db.database import Database
from bot.db.dials import Scope
from bot.routing.stakes import Dial
from bot.slack.costs_words import Asker, NotUnderstood, say

_DIAL = re.compile(r"dial(?:\s+(eco|balanced|quality))?(?:\s+(?:(me)|<#(\w+)(?:\|[^>]*)?>|(#\S+)))?", re.IGNORECASE)
_HOW = "Say it like this: `/lucy-costs dial eco`, `dial quality #legal`, `dial balanced me`."
MEANS = {
    Dial.ECO: "cheap models unless they would likely fail",
    Dial.BALANCED: "the cheapest model that should do",
    Dial.QUALITY: "a stronger model when in doubt",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What is wanted: show (`dial` is None) or set, for the workspace (`key` is empty), a channel or oneself."""

    dial: Dial | None
    scope: Scope
    key: str = ""


def understand(words: str, user_id: str) -> Turn:
    """What is wanted. Raises NotUnderstood."""
    found = _DIAL.fullmatch(words)
    if not found:
        raise NotUnderstood(words, sentence=_HOW)
    dial, me, channel, plain = found.groups()
    if plain:
        raise NotUnderstood(
            words, sentence=f"I can't see a channel {plain}. Pick it from Slack's list so that I get its id."
        )
    wanted = Dial(dial.lower()) if dial else None
    if me:
        return Turn(wanted, "user", user_id)
    return Turn(wanted, "channel", channel) if channel else Turn(wanted, "workspace")


class DialForm:
    """Shows and turns the dial: admins for the workspace and its channels, everyone for themselves."""

    begins: ClassVar[frozenset[str]] = frozenset({"dial"})
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs dial eco` · `balanced` · `quality` weighs price against quality, `dial` shows how",
        "`/lucy-costs dial eco #random` does so for a channel, `dial quality me` for your own asks",
    )

    def __init__(self, db: Database) -> None:
        self._db = db

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood, NotAllowed."""
        wanted = understand(words, asker.user_id)
        if wanted.dial is None:
            await say(respond, await self._shown(wanted, asker))
        else:
            await say(respond, await self.turn(wanted.dial, wanted, asker))

    async def turn(self, dial: Dial, wanted: Turn, asker: Asker) -> str:
        """Set it; what holds then, in words. Raises NotAllowed."""
        if wanted.scope != "user":
            asker.must_be_admin()
        async with self._db.unit(asker.workspace_id) as unit:
            await unit.dials.turn(wanted.scope, wanted.key, dial, asker.user_id)
        return f"From now on *{dial}* {_for(wanted)}: {MEANS[dial]}."

    async def _shown(self, wanted: Turn, asker: Asker) -> str:
        channel_id = wanted.key if wanted.scope == "channel" else asker.channel_id
        async with self._db.unit(asker.workspace_id) as unit:
            found = await unit.dials.dials(channel_id, asker.user_id)
        workspace = found.get("workspace", Dial.BALANCED)
        lines = [f"Workspace: *{workspace}*", f"<#{channel_id}>: *{found.get('channel', 'as the workspace')}*"]
        lines.append(f"You: *{found.get('user', 'as the channel')}*")
        return "\n".join(lines)


def _for(wanted: Turn) -> str:
    match wanted.scope:
        case "workspace":
            return "for this workspace"
        case "channel":
            return f"in <#{wanted.key}>"
        case "user":
            return "for what you ask"
