"""Lists of messages, page by page, as Slack cuts them."""

from __future__ import annotations

import re
from typing import Any

from bot.sandbox.slack.rules import Rejected

Message = dict[str, Any]
_TS = re.compile(r"\d{1,11}(\.\d{1,6})?")
_MOST = 1000


def page(messages: list[Message], sent: dict[str, Any], root: Message | None = None) -> dict[str, Any]:
    """A page of what lies between `oldest` and `latest`; a thread's `root` stands on the first one all the same."""
    limit, start = (
        _number(sent.get("limit") or 100, "invalid_limit"),
        _number(sent.get("cursor") or 0, "invalid_cursor"),
    )
    if not 0 < limit <= _MOST:
        raise Rejected("invalid_limit")
    fitting = [message for message in messages if message is root or _between(message["ts"], sent)]
    shown = fitting[start : start + limit]
    if not _true(sent.get("include_all_metadata")):
        shown = [{key: value for key, value in message.items() if key != "metadata"} for message in shown]
    more = start + limit < len(fitting)
    return {
        "messages": shown,
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }


def _between(ts: str, sent: dict[str, Any]) -> bool:
    oldest, latest = _ts(sent, "oldest", "0"), _ts(sent, "latest", "99999999999")
    return oldest < float(ts) < latest or (_true(sent.get("inclusive")) and float(ts) in {oldest, latest})


def _ts(sent: dict[str, Any], name: str, otherwise: str) -> float:
    given = str(sent.get(name) or otherwise)
    if not _TS.fullmatch(given):
        raise Rejected(f"invalid_ts_{name}")
    return float(given)


def _number(given: object, code: str) -> int:
    if not str(given).isdigit():
        raise Rejected(code)
    return int(str(given))


def _true(given: object) -> bool:
    return str(given).lower() in {"1", "true"}
