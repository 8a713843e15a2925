"""Which of Slack's events are asks. Pure: a payload in, what to store out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.db.inbox import NewAsk
from bot.slack.hanging import files_of

LONGEST_TEXT = 40_000
_LAST_S = 10**11
_HUMAN_SUBTYPES = (None, "file_share", "thread_broadcast")


@dataclass(frozen=True, slots=True)
class Incoming:
    """An ask, the Slack team or organisation whose workspace it belongs to, and as whom Lucy is in it."""

    slack_id: str
    ask: NewAsk
    bot_user: str | None = None


def workspace_of(body: Any) -> str | None:
    """The Slack id a delivery belongs to: its authorization's, never the event's own team."""
    if not isinstance(body, dict):
        return None
    grants = body.get("authorizations")
    grant = grants[0] if isinstance(grants, list) and grants and isinstance(grants[0], dict) else {}
    if not grant:
        return short_id(body.get("team_id"))
    owner = "enterprise_id" if grant.get("is_enterprise_install") else "team_id"
    return short_id(grant.get(owner)) or short_id(body.get("team_id"))


def incoming(body: Any) -> Incoming | None:
    """The ask in a delivery, or None when nobody wants an answer."""
    event = body.get("event") if isinstance(body, dict) else None
    return read(body, event) if isinstance(event, dict) and _is_ask(event, _bot_user(body)) else None


def read(body: dict[str, Any], event: dict[str, Any]) -> Incoming | None:
    """What somebody says, as an ask; None where Slack leaves out what it takes."""
    slack_id, event_id = workspace_of(body), short_id(body.get("event_id"))
    channel, ts = short_id(event.get("channel")), short_id(event.get("ts"))
    user = short_id(event.get("user")) or short_id(event.get("bot_id"))
    if not slack_id or not event_id or not channel or not ts or not user:
        return None
    kind = short_id(event.get("channel_type")) or ("im" if channel.startswith("D") else "channel")
    thread = short_id(event.get("thread_ts")) or ts
    text = clean(_text(event.get("text")) or "")
    team = short_id(event.get("user_team")) or short_id(event.get("team")) or short_id(body.get("team_id"))
    ask = NewAsk(event_id, channel, kind, thread, ts, user, text, files_of(event), team)
    return Incoming(slack_id, ask, _bot_user(body))


def is_message(body: dict[str, Any]) -> bool:
    """True for what somebody says, edits or takes away."""
    event = body.get("event")
    return isinstance(event, dict) and event.get("type") == "message"


def is_farewell(body: dict[str, Any]) -> bool:
    """True for an uninstall or a revoked bot token; people's own tokens are not ours."""
    event = body.get("event")
    if not isinstance(event, dict):
        return False
    if event.get("type") == "app_uninstalled":
        return True
    tokens = event.get("tokens")
    return event.get("type") == "tokens_revoked" and isinstance(tokens, dict) and bool(tokens.get("bot"))


def happened_at(body: dict[str, Any]) -> datetime:
    """When Slack says that an event happened; now, when it doesn't."""
    seconds = body.get("event_time")
    if not isinstance(seconds, int) or not 0 < seconds < _LAST_S:
        return datetime.now(UTC)
    return datetime.fromtimestamp(seconds, UTC)


def clean(text: str) -> str:
    """Text that PostgreSQL and models can take: no NUL, no lone surrogates, bounded."""
    whole = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return whole[:LONGEST_TEXT]


def _is_ask(event: dict[str, Any], bot_user: str | None) -> bool:
    if event.get("bot_id") or event.get("subtype") not in _HUMAN_SUBTYPES or event.get("user") == bot_user:
        return False
    if event.get("type") == "app_mention":
        return True
    if event.get("type") != "message":
        return False
    named = bool(bot_user) and f"<@{bot_user}" in str(event.get("text"))
    return event.get("channel_type") == "im" or named


def _bot_user(body: dict[str, Any]) -> str | None:
    grants = body.get("authorizations")
    return (
        _text(grants[0].get("user_id")) if isinstance(grants, list) and grants and isinstance(grants[0], dict) else None
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def short_id(value: object) -> str | None:
    """One of Slack's ids or times: short, printable ASCII; anything else is none."""
    text = _text(value)
    return text if text and len(text) <= 255 and text.isascii() and text.isprintable() else None
