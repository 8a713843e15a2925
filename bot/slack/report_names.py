"""The keys of a report as people call them: in plain words, in Slack's markup, and as a cell of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.db.ledger import REST
from bot.routing.choice import Tier

_TIERS = {str(int(tier)): tier.name.lower() for tier in Tier}
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Names:
    """What the keys of one dimension are called; `people` by user id, `links` of threads by key."""

    by: str
    zone: str = "UTC"
    people: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def word(self, key: str) -> str:
        """In plain words, as Slack shows them: nothing pings, links or ends a code fence."""
        if key == REST:
            return "all the rest"
        if self.by == "tier" and key in _TIERS:
            return f"{key} {_TIERS[key]}"
        return plain(self.people.get(key, key)[:_LONGEST]) or "–"

    def markup(self, key: str) -> str:
        """As Slack's markup: channels by name, threads as a link."""
        if key == REST or self.by not in {"channel", "thread"}:
            return self.word(key)
        channel, _, ts = key.partition("|")
        place = f"<#{channel}>" if _has_name(channel) else _nameless(channel)
        if not ts:
            return place
        link = self.links.get(key)
        return f"{place} {f'<{link}|{self._time(ts)}>' if link else self._time(ts)}"

    def cell(self, key: str) -> dict[str, Any]:
        """As a cell of a table; people are words, because a mention would ping them."""
        channel, _, ts = key.partition("|")
        if key == REST or self.by not in {"channel", "thread"}:
            return {"type": "raw_text", "text": _unescaped(self.word(key))}
        parts: list[dict[str, Any]] = [{"type": "text", "text": _nameless(channel)}]
        if _has_name(channel):
            parts = [{"type": "channel", "channel_id": channel}]
        if ts:
            link, told = self.links.get(key), self._time(ts)
            parts.append({"type": "text", "text": "  "})
            parts.append({"type": "link", "url": link, "text": told} if link else {"type": "text", "text": told})
        return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}

    def _time(self, ts: str) -> str:
        try:
            return moment(datetime.fromtimestamp(float(ts), UTC), self.zone)
        except (ValueError, OverflowError, OSError):
            return plain(ts[:20])


def moment(at: datetime, zone: str) -> str:
    """`Nov 30, 14:02`, in a zone."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%b} {local.day}, {local:%H:%M}"


def plain(words: str) -> str:
    """A name that cannot ping, link or end a code fence."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "'")


def _unescaped(words: str) -> str:
    """Raw text is shown as it is."""
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _has_name(channel: str) -> bool:
    return channel[:1] in {"C", "G"} and channel.isalnum()


def _nameless(channel: str) -> str:
    return "direct message" if channel.startswith("D") else plain(channel[:_LONGEST]) or "no channel"
