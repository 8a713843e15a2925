"""The digest in Slack: how it looks, and how it is posted and found again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bot import log
from bot.costs.money import percent, show
from bot.costs.reports import savings
from bot.db.rollups import Sums
from bot.digests.compose import Digest, change
from bot.digests.run import Unsure
from bot.errors import Undeliverable
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.data_blocks import amount
from bot.slack.installations import Clients, NotInstalled
from bot.slack.people import People
from bot.slack.report_names import Names, plain

_log = log.get(__name__)
_EVENT_TYPE = "lucy_digest"
_BARS = "▁▂▃▄▅▆▇█"
_PASSING = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_CLOCKS_APART_S = 60


class DigestChannel:
    """Posts digests through each workspace's own token."""

    def __init__(self, clients: Clients, people: People) -> None:
        self._clients, self._people = clients, people

    async def post(self, workspace_id: UUID, channel_id: str, digest: Digest, key: str) -> str:
        """The ts. Raises Undeliverable or Unsure."""
        known = await self._people.names(workspace_id, [row.key for row in digest.users])
        names = {user_id: plain(name) for user_id, name in known.items()}
        metadata = {"event_type": _EVENT_TYPE, "event_payload": {"key": key}}
        try:
            client = await self._clients.of(workspace_id)
            answer = await client.call(
                "chat.postMessage",
                channel=channel_id,
                text=headline(digest),
                blocks=digest_blocks(digest, names),
                metadata=metadata,
            )
        except NotInstalled as error:
            raise Undeliverable("not installed") from error
        except SlackRefused as error:
            raise (Unsure if error.code in _PASSING else Undeliverable)(error.code) from error
        except SlackUnsure as error:
            raise Unsure(str(error)) from error
        return str(answer["ts"])

    async def find(self, workspace_id: UUID, channel_id: str, key: str, since: datetime) -> str | None:
        """The ts of a digest that stands there already, posted after `since`. Raises Unsure.

        None too where Slack won't let us look: one digest too many is better than none.
        """
        asked = {"channel": channel_id, "oldest": f"{since.timestamp() - _CLOCKS_APART_S:.6f}", "limit": 200}
        try:
            client = await self._clients.of(workspace_id)
            cursor = ""
            while True:
                page = await client.call("conversations.history", **asked, cursor=cursor, include_all_metadata=True)
                ts = next((str(message["ts"]) for message in page.get("messages", []) if _key(message) == key), None)
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if ts or not cursor:
                    return ts
        except (SlackRefused, NotInstalled):
            return None
        except SlackUnsure as error:
            raise Unsure(str(error)) from error

    async def tell(self, workspace_id: UUID, user_id: str, sentence: str) -> None:
        """A direct message; never raises."""
        try:
            await (await self._clients.of(workspace_id)).call("chat.postMessage", channel=user_id, text=sentence)
        except (SlackRefused, SlackUnsure, NotInstalled) as error:
            _log.warning("not_told", error=str(error))


def _key(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != _EVENT_TYPE:
        return None
    return str((metadata.get("event_payload") or {}).get("key"))


def headline(digest: Digest) -> str:
    """The digest in one line, for notifications and screen readers."""
    total = digest.report.total
    return f"Lucy cost {show(total.cost_usd)} on {digest.report.period.label} ({total.calls:,} model calls)"


def digest_blocks(digest: Digest, names: dict[str, str]) -> list[dict[str, Any]]:
    """What was spent, how that compares, on what and by whom, what it saved, and what is uncertain."""
    total = digest.report.total
    title = f"Lucy's costs on {digest.report.period.label}"
    if not total.calls:
        return [_header(title), _section("A quiet day: no model was called, nothing was spent.")]
    fields = [
        f"*Spent*\n{show(total.cost_usd)}",
        f"*Model calls*\n{total.calls:,}",
        f"*Same weekday, a week ago*\n{change(total.cost_usd, digest.same_weekday_usd)}",
        f"*Mean of the 7 days before*\n{change(total.cost_usd, digest.seven_day_mean_usd)}",
    ]
    return [
        _header(title),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": field} for field in fields]},
        _section(savings(digest.report.saved_usd, digest.report.baseline_model)),
        _section(f"{sparkline(digest.days)}  spend per day, the last {len(digest.days)} days"),
        {"type": "divider"},
        _section(f"*By tier*  {_tiers(digest)}"),
        _section(f"*Top models*\n{_top(digest.models, total, {})}"),
        _section(f"*Top people*\n{_top(digest.users, total, names)}"),
        _section(
            f"*Top channels*\n{_top(digest.channels, total, {row.key: f'<#{row.key}>' for row in digest.channels})}"
        ),
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": _trust(total, digest.report.period.zone)}],
        },
    ]


def sparkline(days: Sequence[Sums]) -> str:
    """Spend per day, oldest first, as little bars."""
    dearest = max((day.cost_usd for day in days), default=None)
    if not dearest:
        return ""
    return "".join(_BARS[int(day.cost_usd / dearest * (len(_BARS) - 1))] for day in days)


def _tiers(digest: Digest) -> str:
    total = digest.report.total.cost_usd
    return " · ".join(f"{Names('tier').word(row.key)} {percent(row.cost_usd, total)}" for row in digest.tiers)


def _top(rows: Sequence[Sums], total: Sums, names: dict[str, str]) -> str:
    return "\n".join(
        f"• {names.get(row.key, row.key)}: {amount(row)} ({percent(row.cost_usd, total.cost_usd)})" for row in rows
    )


def _trust(total: Sums, zone: str) -> str:
    estimated = f" · {show(total.estimated_usd)} estimated" if total.estimated_usd else ""
    return (
        f"{total.fallbacks} fallbacks · {total.failed} failed · {total.unpriced} unpriced · {total.unknown} of unknown cost"
        f"{estimated} · day in {zone}"
    )


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text[:150]}}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}}
