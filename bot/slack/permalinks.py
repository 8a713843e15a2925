"""Links to threads, asked of Slack for the few that are shown first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from bot.slack.client import SlackClient, SlackRefused, SlackUnsure
from bot.slack.installations import Clients, NotInstalled

_FIRST = 5


class Permalinks:
    """chat.getPermalink, softly: a thread without a link is shown without one."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    async def of(self, workspace_id: UUID, keys: Sequence[str]) -> dict[str, str]:
        """Links of the first five of these `channel|thread_ts` that have one; nobody else's direct messages."""
        wanted = [key for key in keys[:_FIRST] if "|" in key and not key.startswith("D")]
        try:
            client = await self._clients.of(workspace_id)
        except NotInstalled:
            return {}
        links = await asyncio.gather(*(_link(client, *key.split("|", 1)) for key in wanted))
        return {key: link for key, link in zip(wanted, links, strict=True) if link}


async def _link(client: SlackClient, channel: str, ts: str) -> str:
    try:
        return str((await client.call("chat.getPermalink", channel=channel, message_ts=ts)).get("permalink", ""))
    except (SlackRefused, SlackUnsure):
        return ""
