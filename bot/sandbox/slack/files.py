"""Files: those of the app go to an address and are shown in a channel or kept for a message; those of people are attached.

Bytes are for who is logged in, and for the team's own token with the scope; anybody else is sent to a login page.
"""

from __future__ import annotations

import json
import mimetypes
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.sandbox.slack.rotation import check_token
from bot.sandbox.slack.rules import Rejected, check_channel
from bot.sandbox.slack.state import SlackState

Answer = dict[str, Any]
FORM_ONLY = frozenset({"files.getUploadURLExternal", "files.completeUploadExternal"})
"""Methods that take no JSON body."""

SESSION = "d"
"""The cookie of a browser that is logged in."""


class Files:
    """`files.getUploadURLExternal`, the upload, `files.completeUploadExternal`, `files.info`; `kept` is what stands complete.

    A `moved` file is sent for to another address.
    """

    def __init__(self, state: SlackState, origin: Callable[[], str]) -> None:
        self._state, self._origin = state, origin
        self._announced: dict[str, tuple[str, int]] = {}
        self._received: dict[str, bytes] = {}
        self.stored: dict[str, bytes] = {}
        self.kept: dict[str, Answer] = {}
        self.moved: dict[str, str] = {}
        self.methods: dict[str, Callable[[Answer], Answer]] = {
            "files.getUploadURLExternal": self._address,
            "files.completeUploadExternal": self._complete,
            "files.info": self._info,
        }

    def routes(self, app: web.Application) -> None:
        """Where bytes go in, and where people download them."""
        app.router.add_post(f"/upload/{self._state.team_id}/{{file}}", self._upload)
        app.router.add_get(f"/files/{self._state.team_id}/{{file}}", self._download)
        app.router.add_get(f"/login/{self._state.team_id}", self._login)

    def attach(self, user: str, name: str, content: bytes) -> Answer:
        """Somebody brings a file along; it stands with the message that names it."""
        return self._stand(_new_id(), user, name, content)

    def delete(self, file: str) -> None:
        """Whoever brought it takes it away; a tombstone stays in its message."""
        del self.stored[file]
        self.kept[file].clear()
        self.kept[file].update(id=file, mode="tombstone")

    def _address(self, sent: Answer) -> Answer:
        name, length = str(sent.get("filename") or ""), str(sent.get("length") or "")
        if not name or not length.isdigit() or int(length) < 1:
            raise Rejected("invalid_arguments")
        file = _new_id()
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
        lucy = self._state.bot_user_id
        shown = [self._stand(file, lucy, self._announced.pop(file)[0], self._received.pop(file)) for file in ids]
        if channel:
            text = str(sent.get("initial_comment") or "")
            self._state.add(channel, {"user": self._state.bot_user_id, "text": text, "files": shown})
        return {"files": [{"id": file["id"], "title": file["name"]} for file in shown]}

    def _info(self, sent: Answer) -> Answer:
        found = self.kept.get(str(sent.get("file")))
        if found is None:
            raise Rejected("file_not_found")
        if found.get("mode") == "tombstone":
            raise Rejected("file_deleted")
        return {"file": found}

    def _stand(self, file: str, user: str, name: str, content: bytes) -> Answer:
        self.stored[file] = content
        self._state.files.add(file)
        self.kept[file] = {
            "id": file, "name": name, "size": len(content), "user": user, "mode": "hosted", "is_external": False,
            "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream", "url_private": self._url(file),
        }  # fmt: skip
        return self.kept[file]

    async def _download(self, request: web.Request) -> web.Response:
        file = request.match_info["file"]
        if not self._may_read(request):
            raise web.HTTPFound(f"{self._origin()}/login/{self._state.team_id}?redir={request.path}")
        if file in self.moved:
            raise web.HTTPFound(self.moved[file])
        if file not in self.stored:
            raise web.HTTPNotFound
        mimetype = self.kept[file]["mimetype"]
        headers = {"X-Content-Type-Options": "nosniff"}
        if mimetype not in {"image/png", "image/jpeg"}:
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=self.stored[file], content_type=mimetype, headers=headers)

    def _may_read(self, request: web.Request) -> bool:
        if request.cookies.get(SESSION) == self._state.session:
            return True
        try:
            check_token(self._state, request.headers.get("Authorization", "").removeprefix("Bearer "))
        except Rejected:
            return False
        return "files:read" in self._state.scopes

    async def _login(self, _: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Sign in</title>", content_type="text/html")


def _new_id() -> str:
    return f"F{secrets.token_hex(5).upper()}"
