"""Files: an address to send the bytes to, the bytes, and the end that shows the file in a channel or keeps it for a message."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.sandbox.slack.rules import Rejected, check_channel
from bot.sandbox.slack.state import SlackState

Answer = dict[str, Any]
FORM_ONLY = frozenset({"files.getUploadURLExternal", "files.completeUploadExternal"})
"""Methods that take no JSON body."""

_PNG = b"\x89PNG"


class Files:
    """`files.getUploadURLExternal`, the upload, `files.completeUploadExternal`; what stands complete can be read."""

    def __init__(self, state: SlackState, origin: Callable[[], str]) -> None:
        self._state, self._origin = state, origin
        self._announced: dict[str, tuple[str, int]] = {}
        self._received: dict[str, bytes] = {}
        self.stored: dict[str, bytes] = {}
        self.methods: dict[str, Callable[[Answer], Answer]] = {
            "files.getUploadURLExternal": self._address,
            "files.completeUploadExternal": self._complete,
        }

    def routes(self, app: web.Application) -> None:
        """Where bytes go in, and where people download them."""
        app.router.add_post(f"/upload/{self._state.team_id}/{{file}}", self._upload)
        app.router.add_get(f"/files/{self._state.team_id}/{{file}}", self._download)

    def _address(self, sent: Answer) -> Answer:
        name, length = str(sent.get("filename") or ""), str(sent.get("length") or "")
        if not name or not length.isdigit() or int(length) < 1:
            raise Rejected("invalid_arguments")
        file = f"F{secrets.token_hex(5).upper()}"
        self._announced[file] = (name, int(length))
        return {"upload_url": f"{self._origin()}/upload/{self._state.team_id}/{file}", "file_id": file}

    def located(self, block: Answer) -> Answer:
        """A picture of ours as Slack shows it: with an address."""
        file = (block.get("slack_file") or {}).get("id")
        return {**block, "image_url": self._url(file)} if file else block

    def _url(self, file: str) -> str:
        return f"{self._origin()}/files/{self._state.team_id}/{file}"

    async def _upload(self, request: web.Request) -> web.Response:
        file = request.match_info["file"]
        body = await request.content.read()
        if file not in self._announced or len(body) != self._announced[file][1]:
            return web.Response(status=400, text="not what was announced")
        self._received[file] = body
        return web.Response(text=f"OK - {len(body)}")

    def _complete(self, sent: Answer) -> Answer:
        try:
            files = json.loads(str(sent.get("files")))
            ids = [str(file["id"]) for file in files]
        except (ValueError, TypeError, KeyError) as error:
            raise Rejected("invalid_arguments") from error
        if not ids or any(file not in self._received for file in ids):
            raise Rejected("file_not_found")
        channel = check_channel(self._state, sent["channel_id"], to_post=False) if sent.get("channel_id") else None
        shown = [self._stand(file) for file in ids]
        if channel:
            text = str(sent.get("initial_comment") or "")
            self._state.add(channel, {"user": self._state.bot_user_id, "text": text, "files": shown})
        return {"files": [{"id": file["id"], "title": file["name"]} for file in shown]}

    def _stand(self, file: str) -> Answer:
        self.stored[file] = self._received.pop(file)
        self._state.files.add(file)
        name, size = self._announced.pop(file)
        return {
            "id": file,
            "name": name,
            "size": size,
            "url_private": self._url(file),
        }

    async def _download(self, request: web.Request) -> web.Response:
        stored = self.stored.get(request.match_info["file"])
        if stored is None:
            raise web.HTTPNotFound
        if stored.startswith(_PNG):
            return web.Response(body=stored, content_type="image/png")
        return web.Response(body=stored, content_type="text/csv", headers={"Content-Disposition": "attachment"})
