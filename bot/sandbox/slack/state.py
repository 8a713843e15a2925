"""What a Slack workspace holds: people, channels, messages."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Listener = Callable[[dict[str, Any]], None]

SCOPES = frozenset({
    "app_mentions:read", "assistant:write", "channels:history", "chat:write", "commands", "groups:history",
    "im:history", "mpim:history", "team:read", "users:read",
})  # fmt: skip


_CHATTER = (
    ("C0GENERAL", "U0ADA", "Morning all! The release moved to Thursday, thanks to everyone who tested last night."),
    ("C0GENERAL", "U0DEV", "Roadmap review at 3. I invited *Lucy* to this channel: mention her and see what it costs."),
    ("C0ENG", "U0BEN", "Checkout test is flaky again, looking at it now. `make test` fails one run in ten."),
    ("C0FINANCE", "U0CHL", "I set Lucy's daily digest to post here at nine."),
    ("C0RANDOM", "U0EVA", "Cinnamon buns in the kitchen."),
)
"""What was said before the demo began."""


@dataclass(slots=True)
class Person:
    """Someone in the workspace."""

    id: str
    name: str
    title: str = ""
    is_admin: bool = False
    is_owner: bool = False
    is_bot: bool = False


@dataclass(slots=True)
class Channel:
    """A channel or a direct message; `members` matter for who may post."""

    id: str
    name: str
    topic: str = ""
    kind: str = "channel"
    archived: bool = False
    members: set[str] = field(default_factory=set)


class SlackState:
    """One team; every visible change is told to the listeners as a plain dict."""

    def __init__(self, team_id: str = "T0ACME") -> None:
        self.team_id, self.team = team_id, "Acme"
        self.bot_user_id, self.bot_id, self.app_id = "U0LUCY", "B0LUCY", "A0LUCY"
        self.bot_token, self.app_token = f"xoxb-{_secret(team_id, 'bot')}", f"xapp-{_secret(team_id, 'app')}"
        self.signing_secret = _secret(team_id, "signing")
        self.scopes = set(SCOPES)
        self.revoked: set[str] = set()
        self.people = {person.id: person for person in _people()}
        self.channels = {channel.id: channel for channel in _channels(set(self.people))}
        self.messages: dict[str, list[dict[str, Any]]] = {channel: [] for channel in self.channels}
        self._listeners: list[Listener] = []
        self._ticks = itertools.count(1)
        for channel, user, text in _CHATTER:
            self.messages[channel].append({"type": "message", "user": user, "text": text, "ts": self.new_ts()})

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


def _people() -> list[Person]:
    return [
        Person("U0ADA", "Ada Okafor", "Head of Engineering", is_admin=True, is_owner=True),
        Person("U0BEN", "Ben Ito", "Backend engineer"),
        Person("U0CHL", "Chloé Martin", "Finance", is_admin=True),
        Person("U0DEV", "Dev Patel", "Product manager"),
        Person("U0EVA", "Eva Lindqvist", "Support"),
        Person("U0LUCY", "Lucy", "App", is_bot=True),
        Person("U0CIBT", "buildbot", "App", is_bot=True),
    ]


def _channels(everyone: set[str]) -> list[Channel]:
    return [
        Channel("C0GENERAL", "general", "Company-wide announcements", members=set(everyone)),
        Channel("C0ENG", "engineering", "Builds, bugs and beautiful diffs", members=set(everyone)),
        Channel("C0FINANCE", "finance", "Budgets and the daily digest", members=set(everyone)),
        Channel("C0RANDOM", "random", "Everything else", members=set(everyone)),
        Channel("C0QUIET", "quiet", "Lucy is not in here", members=everyone - {"U0LUCY"}),
        Channel("C0OLD", "old-project", "Archived", archived=True, members=set(everyone)),
        Channel("D0LUCY", "Lucy", "", kind="im", members={"U0ADA", "U0LUCY"}),
    ]
