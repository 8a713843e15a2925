"""What people do in Slack, as the page tells of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.slack.workspace import SlackWorkspace

DEEDS: dict[str, Callable[[SlackWorkspace, dict[str, Any]], Awaitable[object]]] = {
    "say": lambda slack, sent: slack.say(
        sent["user"], sent["channel"], sent["text"], sent.get("thread_ts"), sent.get("files", ())
    ),
    "command": lambda slack, sent: slack.command(sent["command"], sent["text"], sent["user"], sent["channel"]),
    "stop": lambda slack, sent: slack.stop(sent["user"], sent["channel"], sent["thread_ts"]),
    "edit": lambda slack, sent: slack.edit(sent["channel"], sent["ts"], sent["text"]),
    "delete": lambda slack, sent: slack.delete(sent["channel"], sent["ts"]),
    "press": lambda slack, sent: slack.press(
        sent["action_id"], sent["value"], sent["user"], sent["channel"], sent["ts"]
    ),
    "shortcut": lambda slack, sent: slack.shortcut(sent["callback_id"], sent["user"], sent["channel"], sent["ts"]),
    "home": lambda slack, sent: slack.open_home(sent["user"], sent["tab"]),
    "act": lambda slack, sent: slack.act(slack.state.homes[sent["user"]], sent["action"], sent["user"]),
}
