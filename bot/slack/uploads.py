"""Files for Slack: an address, the bytes, and the end: shown in somebody's direct messages, or kept for a message."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import IO
from uuid import UUID

import aiohttp

from bot.errors import LucyError
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure
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
        file_id = await _bring(client, file)
        told = await client.call("chat.postMessage", channel=user_id, text=words)
        await client.call("files.completeUploadExternal", files=_ended(file_id, file), channel_id=str(told["channel"]))


async def keep(client: SlackClient, file: Written) -> str:
    """Upload a file that nobody sees until a message shows it; its id. Raises NoFileScope, SlackRefused, SlackUnsure."""
    file_id = await _bring(client, file)
    await client.call("files.completeUploadExternal", files=_ended(file_id, file))
    return file_id


async def _bring(client: SlackClient, file: Written) -> str:
    try:
        address = await client.call("files.getUploadURLExternal", filename=file.name, length=file.size)
    except SlackRefused as refused:
        if refused.code == "missing_scope":
            raise NoFileScope(refused.code) from refused
        raise
    await _post(str(address["upload_url"]), file)
    return str(address["file_id"])


def _ended(file_id: str, file: Written) -> str:
    return json.dumps([{"id": file_id, "title": file.name}])


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
