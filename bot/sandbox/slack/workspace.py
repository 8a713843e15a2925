"""The local Slack as people and tests use it: say something, run a command, look at what stands there."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from bot.sandbox.slack.delivery import Deliverer
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.rules import Rejected, check_content
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.state import Listener, SlackState, shown
from bot.sandbox.slack.web_api import WebApi

_RESPONSES = 5


class SlackWorkspace:
    """One team with people, channels and an app called Lucy."""

    def __init__(self, state: SlackState, sockets: Sockets, retry_delays_s: tuple[float, ...]) -> None:
        self.state, self.faults, self.sockets = state, Faults(), sockets
        self.delivery = Deliverer(self.state, self.sockets, retry_delays_s)
        self.api = WebApi(self.state, self.faults, lambda: self.origin)
        self.origin = ""
        self._whispers: dict[str, tuple[str, str, list[dict[str, Any]]]] = {}

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL is set to."""
        return f"{self.origin}/api/"

    def routes(self, app: web.Application) -> None:
        """Add the response URLs of this team."""
        app.router.add_post(f"/response/{self.state.team_id}/{{token}}", self._respond)
        self.api.files.routes(app)

    def subscribe(self, listener: Listener) -> None:
        """`listener` hears of every visible change as a plain dict."""
        self.state.subscribe(listener)

    def attach(self, user: str, name: str, content: bytes) -> str:
        """Someone adds a file to what they are about to say; its id."""
        return str(self.api.files.attach(user, name, content)["id"])

    async def say(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, files: Sequence[str] = ()
    ) -> str:
        """Someone posts, perhaps with files; the app hears of it as Slack would tell it. The ts."""
        message: dict[str, Any] = {"user": user, "text": text, **({"thread_ts": thread_ts} if thread_ts else {})}
        if files:
            message |= {"subtype": "file_share", "files": [self.api.files.kept[file] for file in files]}
        stored = self.state.add(channel, message)
        for event in self.events_of(channel, stored):
            await self.delivery.event(event)
        return str(stored["ts"])

    def events_of(self, channel: str, message: dict[str, Any]) -> list[dict[str, Any]]:
        """The deliveries one post causes: an app_mention, a message, both, or nothing the app subscribes to."""
        if not self.state.installed or self.state.bot_user_id not in self.state.channels[channel].members:
            return []
        event = {**message, "channel": channel, "event_ts": message["ts"]}
        kind = self.state.channels[channel].kind
        told = [{**event, "type": "app_mention"}] if kind != "im" and self._named(message) else []
        if kind == "im" or self.state.app.hears_channels:
            told.append({**event, "type": "message", "channel_type": kind})
        return told

    async def uninstall(self) -> None:
        """The team removes the app: its token ends, and the app is told."""
        self.state.installed = False
        self.state.revoked.add(self.state.bot_token)
        await self.delivery.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.state.bot_user_id]}})
        await self.delivery.event({"type": "app_uninstalled"})

    async def command(self, command: str, text: str, user: str, channel: str) -> list[dict[str, Any]]:
        """Someone runs a slash command; what only they see, so far."""
        url, shown = self._response_url(channel, user)
        fields = {
            "command": command, "text": self._escaped(text), "user_id": user, "channel_id": channel,
            "team_id": self.state.team_id, "response_url": url, "trigger_id": self.state.new_trigger(user),
        }  # fmt: skip
        if self.state.org:
            fields |= {"enterprise_id": self.state.org["id"], "is_enterprise_install": "true"}
        await self.delivery.form(fields, "slash_commands")
        return shown

    async def press(self, action_id: str, value: str, user: str, channel: str, ts: str) -> int:
        """Someone presses a button of a message; what only they see then is told to the listeners."""
        action = {"action_id": action_id, "value": value, "type": "button", "action_ts": self.state.new_ts()}
        more = {"message": self.state.find(channel, ts), "response_url": self._response_url(channel, user)[0]}
        return (await self._interact("block_actions", user, channel={"id": channel}, actions=[action], **more))[0]

    async def stop(self, user: str, channel: str, thread_ts: str) -> int:
        """Someone presses Slack's Stop: what streams there ends, and the app is told."""
        event = {"channel": channel, "thread_ts": thread_ts, "user": user, "event_ts": self.state.new_ts()}
        ended = self.api.streams.end(channel, thread_ts)
        return await self.delivery.event({"type": "agent_session_stopped", "streaming_message_ts": ended, **event})

    async def delete(self, channel: str, ts: str) -> None:
        """Someone takes their message away; the app hears of it where it hears of messages."""
        message = self.state.find(channel, ts)
        assert message
        self.state.messages[channel].remove(message)
        self.state.tell("deleted", channel=channel, ts=ts)
        kind = self.state.channels[channel].kind
        if kind == "im" or self.state.app.hears_channels:
            gone = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": message, "channel_type": kind}
            await self.delivery.event({"type": "message", "channel": channel, "ts": self.state.new_ts(), **gone})

    async def edit(self, channel: str, ts: str, text: str) -> None:
        """Someone changes their message; the app hears of it where it hears of messages."""
        message = self.state.find(channel, ts)
        assert message
        before = dict(message)
        message.update(text=text, edited={"user": message["user"], "ts": self.state.new_ts()})
        self.state.tell("message", channel=channel, message=shown(message))
        kind = self.state.channels[channel].kind
        if kind == "im" or self.state.app.hears_channels:
            changed = {
                "subtype": "message_changed",
                "message": dict(message),
                "previous_message": before,
                "hidden": True,
            }
            event = {"channel": channel, "channel_type": kind, "ts": self.state.new_ts(), **changed}
            await self.delivery.event({"type": "message", **event})

    async def shortcut(self, callback_id: str, user: str, channel: str, ts: str) -> int:
        """Someone picks a shortcut from a message's menu."""
        message = self.state.find(channel, ts)
        more = {"callback_id": callback_id, "message_ts": ts, "response_url": self._response_url(channel, user)[0]}
        where = {"id": channel, "name": self.state.channels[channel].name}
        return (await self._interact("message_action", user, channel=where, message=message, **more))[0]

    async def open_home(self, user: str, tab: str = "home") -> int:
        """Someone looks at Lucy's Home, or at their `messages` with her; the app is told of it."""
        event = {"user": user, "channel": self.state.direct(user), "tab": tab, "event_ts": self.state.new_ts()}
        shown = {"view": self.state.homes[user]} if tab == "home" and user in self.state.homes else {}
        return await self.delivery.event({"type": "app_home_opened", **event, **shown})

    async def act(self, view: dict[str, Any], action: dict[str, Any], user: str) -> int:
        """Someone presses or picks something in their Home or in a modal."""
        done = {"action_ts": self.state.new_ts(), **action}
        more = {"view": view, "container": {"type": "view", "view_id": view["id"]}, "actions": [done]}
        return (await self._interact("block_actions", user, **more))[0]

    async def submit(self, view_id: str, values: dict[str, Any], user: str) -> dict[str, Any]:
        """Someone sends off a modal that the app opened, `values` by block and action; what they see then."""
        view = {**self.state.views[view_id], "state": {"values": values}}
        return self.api.views.answered(view_id, *await self._interact("view_submission", user, view=view))

    async def _interact(self, kind: str, user: str, **more: Any) -> tuple[int, dict[str, Any]]:
        payload = {
            "type": kind, "user": {"id": user, "team_id": self.state.team_id}, "team": {"id": self.state.team_id}, "api_app_id": self.state.app_id,
            "enterprise": self.state.org, "is_enterprise_install": bool(self.state.org), "trigger_id": self.state.new_trigger(user), **more,
        }  # fmt: skip
        return await self.delivery.form({"payload": json.dumps(payload)}, "interactive")

    def _response_url(self, channel: str, user: str) -> tuple[str, list[dict[str, Any]]]:
        """A response_url, and what will be said through it."""
        token = secrets.token_hex(8)
        shown: list[dict[str, Any]] = []
        self._whispers[token] = (channel, user, shown)
        return f"{self.origin}/response/{self.state.team_id}/{token}", shown

    def _named(self, message: dict[str, Any]) -> bool:
        return f"<@{self.state.bot_user_id}" in message["text"]

    def messages(self, channel: str, thread_ts: str | None = None) -> list[dict[str, Any]]:
        """What stands in a channel, or in one of its threads."""
        return self.state.thread(channel, thread_ts) if thread_ts else list(self.state.messages[channel])

    def answers(self, channel: str, thread_ts: str) -> list[str]:
        """What Lucy said in a thread."""
        return [words_of(m) for m in self.messages(channel, thread_ts) if m.get("user") == self.state.bot_user_id]

    def _escaped(self, text: str) -> str:
        """Slack turns #names and @names into ids when a command's should_escape is on."""
        ids = {channel.name: channel.id for channel in self.state.channels.values()}
        people = {person.name.split()[0].lower(): person.id for person in self.state.people.values()}
        text = re.sub(
            r"(?<!\w)@(\w+)", lambda m: f"<@{people[m[1].lower()]}|{m[1]}>" if m[1].lower() in people else m[0], text
        )
        return re.sub(r"#([\w-]+)", lambda m: f"<#{ids[m[1]]}|{m[1]}>" if m[1] in ids else m[0], text)

    async def _respond(self, request: web.Request) -> web.Response:
        channel, user, shown = self._whispers.get(request.match_info["token"], ("", "", []))
        if not channel or len(shown) >= _RESPONSES:
            return web.Response(status=404, text="used_url")
        message = await request.json()
        try:
            check_content(self.state, message)
        except Rejected as no:
            return web.Response(status=400, text=no.code)
        shown.append(message)
        self.state.tell("ephemeral", channel=channel, user=user, message=message)
        return web.Response(text="ok")


def words_of(message: dict[str, Any]) -> str:
    """What people read of a message: its Markdown blocks, else its text."""
    blocks = [block["text"] for block in message.get("blocks", []) if block.get("type") == "markdown"]
    return "\n".join(blocks) or str(message.get("text", ""))
