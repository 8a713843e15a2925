"""What a Slack workspace holds: people, channels, messages."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.cast import Cast, Channel

Listener = Callable[[dict[str, Any]], None]

SCOPES = frozenset({
    "app_mentions:read", "assistant:write", "channels:history", "chat:write", "commands", "files:read", "files:write",
    "groups:history", "im:history", "mpim:history", "team:read", "users:read",
})  # fmt: skip


@dataclass(slots=True)
class App:
    """What Slack knows of Lucy's app, whatever team it is installed in.

    `hears_channels`: whether it subscribed to message.channels, which tells it of every post in its channels.
    `rotates`: whether its tokens expire.
    """

    id: str = "A0LUCY"
    client_id: str = "1.2"
    client_secret: str = ""
    signing_secret: str = ""
    token: str = ""
    events_url: str | None = None
    hears_channels: bool = True
    rotates: bool = False


def new_app() -> App:
    """The same secrets for every run."""
    client, signing, token = (_secret("T0ACME", purpose) for purpose in ("client", "signing", "app"))
    return App(client_secret=client, signing_secret=signing, token=f"xapp-{token}")


class SlackState:
    """One team; every visible change is told to the listeners as a plain dict."""

    def __init__(self, cast: Cast, app: App, *, installed: bool = True) -> None:
        self.team_id, self.team, self.app = cast.team_id, cast.team, app
        self.bot_user_id, self.bot_id, self.app_id = cast.bot_user_id, cast.bot_id, app.id
        self.bot_token, self.app_token = f"xoxb-{_secret(cast.team_id, 'bot')}", app.token
        self.signing_secret, self.session = app.signing_secret, _secret(cast.team_id, "session")
        self.installed = installed
        self.scopes = set(SCOPES)
        self.refused_blocks: set[str] = set()
        self.files: set[str] = set()
        self.revoked: set[str] = set()
        self.expires: dict[str, float] = {}
        self.refresh_token: str | None = None
        self.org: dict[str, str] | None = None
        self.people = {person.id: person for person in cast.people}
        self.channels = {channel.id: channel for channel in cast.channels}
        self.messages: dict[str, list[dict[str, Any]]] = {channel: [] for channel in self.channels}
        self.views: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self._triggers: dict[str, tuple[float, str]] = {}
        self._listeners: list[Listener] = []
        self._ticks = itertools.count(1)
        for channel, user, text in cast.said:
            self.messages[channel].append({"type": "message", "user": user, "text": text, "ts": self.new_ts()})

    def knows(self, token: str) -> bool:
        """Whether a token is this team's, be it run out or revoked."""
        return token == self.bot_token or token in self.expires

    def owner(self) -> dict[str, Any]:
        """Whose an installation is: the team's, or its whole organisation's."""
        team = None if self.org else {"id": self.team_id, "name": self.team}
        return {"team": team, "enterprise": self.org, "is_enterprise_install": bool(self.org)}

    def subscribe(self, listener: Listener) -> None:
        """`listener` hears of every visible change."""
        self._listeners.append(listener)

    def tell(self, event: str, **facts: Any) -> None:
        """Tell every listener."""
        for listener in self._listeners:
            listener({"event": event, **facts})

    def new_ts(self) -> str:
        """A timestamp that no other message has and that grows."""
        return f"{int(time.time())}.{next(self._ticks):06d}"

    def new_trigger(self, user: str) -> str:
        """A trigger_id, which opens one view for someone within three seconds."""
        trigger = secrets.token_hex(8)
        self._triggers[trigger] = time.monotonic(), user
        return trigger

    def pull(self, trigger: object) -> tuple[float, str] | None:
        """When a trigger was made and for whom, once; None for one that never was, or was used."""
        return self._triggers.pop(str(trigger), None)

    def direct(self, user: str) -> str:
        """The direct message between someone and Lucy, which begins when she first writes to them."""
        members = {user, self.bot_user_id}
        channel = next((c for c in self.channels.values() if c.kind == "im" and c.members == members), None)
        if channel is None:
            channel = Channel(f"D{user[1:]}", "Lucy", kind="im", members=members)
            self.channels[channel.id], self.messages[channel.id] = channel, []
        return channel.id

    def add(self, channel: str, message: dict[str, Any]) -> dict[str, Any]:
        """Store a message under a new ts."""
        stored = {"type": "message", **message, "ts": self.new_ts()}
        self.messages[channel].append(stored)
        self.tell("message", channel=channel, message=shown(stored))
        return stored

    def find(self, channel: str, ts: str) -> dict[str, Any] | None:
        """A message by its ts."""
        return next((message for message in self.messages.get(channel, []) if message["ts"] == ts), None)

    def thread(self, channel: str, ts: str) -> list[dict[str, Any]]:
        """The root and its replies, oldest first."""
        return [m for m in self.messages.get(channel, []) if m["ts"] == ts or m.get("thread_ts") == ts]


def shown(message: dict[str, Any]) -> dict[str, Any]:
    """A message without what only apps see."""
    return {key: value for key, value in message.items() if key != "metadata"}


def _secret(team_id: str, purpose: str) -> str:
    """The same for every run, so that what an earlier run encrypted can still be read."""
    return hashlib.sha256(f"sandbox {team_id} {purpose}".encode()).hexdigest()[:32]
