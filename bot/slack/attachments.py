"""What hangs on an ask, and on its thread, is fetched and read: the ask's own first, then the thread's newest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bot import log
from bot.db.file_refs import FileRef
from bot.files.attachment import Attachment
from bot.files.kinds import is_wordy, kind_told
from bot.files.reading import LARGEST, LONGEST_TEXT, TOO_LARGE, UNREADABLE, File, read
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.fetching import GONE, NOT_NOW, OUTSIDE, REFUSED, Fetcher, NotFetched, fetching
from bot.slack.hanging import name_of
from bot.slack.installations import Clients, NotInstalled

_log = log.get(__name__)

WITHIN_S = 40.0
"""For everything that hangs on one ask."""

ROOM = 80_000
"""Bytes of words that a model is shown of all files together: some twenty thousand tokens."""

MOST_PICTURES = 8
_MOST_BEFORE = 5
_MOST_BYTES = 3 * LARGEST
_AT_ONCE = 4
"""So many files are in memory at a time, of all asks in work."""

NO_SCOPE = "I was installed without the optional scope `files:read`"
NO_TIME = "there was no time left for it"
TOO_MUCH = "there is too much attached already"
TOO_MANY = f"I look at {MOST_PICTURES} pictures at most"
HIDDEN = "your Slack plan hides it"
_REASONS = {"missing_scope": NO_SCOPE, "file_not_found": GONE, "file_deleted": GONE, "ratelimited": NOT_NOW}


@dataclass(slots=True)
class _Room:
    """What is left of the limits of one ask; a file among so many `to_come` that may hold words gets its share of them."""

    words: int = ROOM
    pictures: int = MOST_PICTURES
    fetched: int = _MOST_BYTES
    to_come: int = 1

    def take(self, found: Attachment, size: int) -> None:
        self.words -= len(found.text.encode())
        self.pictures -= found.picture is not None
        self.fetched -= size


class Attachments:
    """Reads files with each workspace's own token; keeps nothing."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def read(
        self, workspace_id: UUID, asked: Sequence[FileRef], before: Sequence[FileRef] = ()
    ) -> dict[str, Attachment]:
        """By file id: all that are `asked` about, and what there is time and room for of those `before`, newest first.

        Raises DatabaseAway.
        """
        found: dict[str, Attachment] = {}
        if not asked and not before:
            return found
        room, groups = _Room(), (asked, before[:_MOST_BEFORE])
        try:
            async with asyncio.timeout(WITHIN_S), fetching(self._clients.base_url) as fetcher:
                for ref, room.to_come in [(ref, _wordy(refs[n:])) for refs in groups for n, ref in enumerate(refs)]:
                    found[ref.id] = found.get(ref.id) or await self._one(fetcher, workspace_id, ref, room)
        except TimeoutError:
            _log.warning("files_unread", reason="too slow", read=len(found), of=len(asked))
        return {**{ref.id: Attachment(ref.name or "a file", remark=NO_TIME) for ref in asked}, **found}

    async def _one(self, fetcher: Fetcher, workspace_id: UUID, ref: FileRef, room: _Room) -> Attachment:
        name, content = ref.name or "a file", b""
        try:
            _worth_it(ref.mimetype, name, ref.size, room)
            told = await self._told(workspace_id, ref)
            name, mimetype = name_of(told) or name, str(told.get("mimetype", ""))
            _worth_it(mimetype, name, ref.size, room)
            async with self._gate:
                token = (await self._clients.access(workspace_id)).token
                most = min(LONGEST_TEXT if is_wordy(mimetype) else LARGEST, room.fetched)
                content, whole = await fetcher.fetch(_address(told), token, mimetype, most)
                found = await read(File(name, mimetype, content, whole), room.words // room.to_come)
        except (NotFetched, NotInstalled) as error:
            _log.info("file_unread", file=ref.id, reason=str(error))
            found = Attachment(name, remark=error.sentence if isinstance(error, NotFetched) else NOT_NOW)
        room.take(found, len(content))
        return found

    async def _told(self, workspace_id: UUID, ref: FileRef) -> dict[str, Any]:
        """What Slack says now of a file that this workspace may see. Raises NotFetched, NotInstalled, DatabaseAway."""
        client = await self._clients.of(workspace_id)
        try:
            told = (await client.call("files.info", file=ref.id)).get("file")
        except SlackRefused as refused:
            raise NotFetched(str(refused), sentence=_REASONS.get(refused.code, REFUSED)) from refused
        except SlackUnsure as unsure:
            raise NotFetched(str(unsure), sentence=NOT_NOW) from unsure
        return told if isinstance(told, dict) else {}


def _wordy(refs: Sequence[FileRef]) -> int:
    """How many of these may hold words; at least one."""
    silent = [ref for ref in refs if ref.mimetype.startswith("image/") or kind_told(ref.mimetype, ref.name)]
    return max(1, len(refs) - len(silent))


def _worth_it(mimetype: str, name: str, size: int, room: _Room) -> None:
    """Raises NotFetched for what could not be read or shown."""
    if kind := kind_told(mimetype, name):
        raise NotFetched(kind, sentence=UNREADABLE[kind])
    if size > LARGEST and not is_wordy(mimetype):
        raise NotFetched(f"{size} bytes", sentence=TOO_LARGE)
    if room.fetched < (1 if is_wordy(mimetype) else max(1, size)):
        raise NotFetched(f"{size} bytes more", sentence=TOO_MUCH)
    if mimetype.startswith("image/") and room.pictures < 1:
        raise NotFetched("pictures", sentence=TOO_MANY)


def _address(told: dict[str, Any]) -> str:
    """Where the bytes are. Raises NotFetched."""
    if told.get("is_external") or told.get("mode") == "external":
        raise NotFetched("external", sentence=OUTSIDE)
    if told.get("mode") == "tombstone":
        raise NotFetched("tombstone", sentence=GONE)
    if told.get("mode") == "hidden_by_limit":
        raise NotFetched("hidden_by_limit", sentence=HIDDEN)
    return str(told.get("url_private_download") or told.get("url_private") or "")
