"""Files to one person: an address from Slack, the bytes, and the end that shows the file in their direct messages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import IO
from uuid import UUID

import aiohttp

from bot.errors import LucyError
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.installations import Clients

SCOPE = "files:write"
_UPLOAD_S = 600
_LARGEST = 1_000_000_000
"""Bytes; Slack takes files of up to a gigabyte."""


class NoFileScope(LucyError):
    """The app was installed without the optional scope for files."""

    sentence = (
        f"I can't send files here: I was installed without the optional scope `{SCOPE}`. Install me again with it, or "
        "ask whoever runs me for `lucy costs export`."
    )


class TooLarge(LucyError):
    """Slack takes no such file."""

    sentence = "That file would be larger than Slack takes. Ask for a shorter period."


@dataclass(frozen=True, slots=True)
class Written:
    """A file that stands ready, from its beginning; `size` in bytes."""

    name: str
    content: IO[bytes]
    size: int


class Uploads:
    """Sends files through each workspace's own token."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    async def send(self, workspace_id: UUID, user_id: str, file: Written, words: str) -> None:
        """To nobody but the user. Raises NoFileScope, TooLarge, NotInstalled, SlackRefused, SlackUnsure."""
        if file.size > _LARGEST:
            raise TooLarge(f"{file.size} bytes")
        client = await self._clients.of(workspace_id)
        try:
            address = await client.call("files.getUploadURLExternal", filename=file.name, length=file.size)
        except SlackRefused as refused:
            if refused.code == "missing_scope":
                raise NoFileScope(refused.code) from refused
            raise
        await _post(str(address["upload_url"]), file)
        told = await client.call("chat.postMessage", channel=user_id, text=words)
        files = json.dumps([{"id": address["file_id"], "title": file.name}])
        await client.call("files.completeUploadExternal", files=files, channel_id=str(told["channel"]))


async def _post(url: str, file: Written) -> None:
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.size)}
    timeout = aiohttp.ClientTimeout(total=_UPLOAD_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as web,
            web.post(url, data=file.content, headers=headers) as answer,
        ):
            if answer.status != 200:
                raise SlackUnsure(f"upload: {answer.status}")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SlackUnsure(f"upload: {type(error).__name__}") from error
