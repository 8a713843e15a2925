"""The digest in Slack: posted, and found again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from bot import log
from bot.digests.digest import Digest
from bot.digests.run import Unsure
from bot.errors import Undeliverable
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure
from bot.slack.digest_blocks import Called, digest_blocks, digest_text, thread_key
from bot.slack.digest_chart import looks
from bot.slack.installations import Clients, NotInstalled
from bot.slack.people import People
from bot.slack.permalinks import Permalinks

_log = log.get(__name__)
_EVENT_TYPE = "lucy_digest"
_PASSING = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_CLOCKS_APART_S = 60


class DigestChannel:
    """Posts digests through each workspace's own token."""

    def __init__(self, clients: Clients, people: People) -> None:
        self._clients, self._people, self._links = clients, people, Permalinks(clients)

    async def post(self, workspace_id: UUID, channel_id: str, digest: Digest, key: str) -> str:
        """The ts. Raises Undeliverable or Unsure."""
        try:
            client = await self._clients.of(workspace_id)
            return await self._post(client, channel_id, digest, await self._called(workspace_id, digest), key)
        except NotInstalled as error:
            raise Undeliverable("not installed") from error
        except SlackRefused as error:
            raise (Unsure if error.code in _PASSING else Undeliverable)(error.code) from error
        except SlackUnsure as error:
            raise Unsure(str(error)) from error

    async def _post(self, client: SlackClient, channel_id: str, digest: Digest, called: Called, key: str) -> str:
        """With the best chart that Slack takes; a refused message had no effect, so that it stands there once."""
        metadata = {"event_type": _EVENT_TYPE, "event_payload": {"key": key}}
        message = {"channel": channel_id, "text": digest_text(digest, called), "metadata": metadata}
        async for chart in looks(client, digest):
            blocks = digest_blocks(digest, called, chart)
            try:
                return str((await client.call("chat.postMessage", **message, blocks=blocks))["ts"])
            except SlackRefused as refused:
                if not refused.code.startswith("invalid_blocks"):
                    raise
        return str((await client.call("chat.postMessage", **message))["ts"])

    async def _called(self, workspace_id: UUID, digest: Digest) -> Called:
        causes = [cause.key for one in digest.anomalies for cause in one.causes if cause.dimension == "user"]
        rows = [row.key for top in digest.tops if top.dimension == "user" for row in top.rows]
        people = await self._people.names(workspace_id, {key for key in (*rows, *causes) if key})
        links = await self._links.of(workspace_id, [thread_key(thread) for thread in digest.threads])
        return Called(people, links, digest)

    async def find(self, workspace_id: UUID, channel_id: str, key: str, since: datetime) -> str | None:
        """The ts of a digest that stands there already, posted after `since`. Raises Unsure.

        None too where Slack won't let us look: one digest too many is better than none.
        """
        asked = {"channel": channel_id, "oldest": f"{since.timestamp() - _CLOCKS_APART_S:.6f}", "limit": 200}
        try:
            client = await self._clients.of(workspace_id)
            cursor = ""
            while True:
                page = await client.call("conversations.history", **asked, cursor=cursor, include_all_metadata=True)
                ts = next((str(message["ts"]) for message in page.get("messages", []) if _key(message) == key), None)
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if ts or not cursor:
                    return ts
        except (SlackRefused, NotInstalled):
            return None
        except SlackUnsure as error:
            raise Unsure(str(error)) from error

    async def tell(self, workspace_id: UUID, user_id: str, sentence: str) -> None:
        """A direct message; never raises."""
        try:
            await (await self._clients.of(workspace_id)).call("chat.postMessage", channel=user_id, text=sentence)
        except (SlackRefused, SlackUnsure, NotInstalled) as error:
            _log.warning("not_told", error=str(error))


def _key(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != _EVENT_TYPE:
        return None
    return str((metadata.get("event_payload") or {}).get("key"))
