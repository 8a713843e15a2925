"""A spend report as Slack shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.costs.money import percent, show
from bot.costs.reports import SpendReport, in_words
from bot.db.rollups import Sums
from bot.routing.choice import Tier

_ROWS = 15


def report_blocks(report: SpendReport, note: str = "", names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """A header, the total in words, the rows as a table that lines up."""
    blocks: list[dict[str, Any]] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": f"Lucy's costs: {report.period.label}"[:150]},
        },
        {"type": "section", "text": {"type": "mrkdwn", "text": in_words(report)}},
    ]
    if report.by and report.rows:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": table(report, names or {})}})
    told = f"{note} · Days in {report.period.zone}" if note else f"Days in {report.period.zone}"
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": told}]})
    return blocks


def table(report: SpendReport, names: Mapping[str, str]) -> str:
    """Rows in a code fence: key, cost, share, calls."""
    shown = report.rows[:_ROWS]
    labels = [label(report.by or "", row.key, names) for row in shown]
    width = min(34, max(map(len, labels), default=0))
    money = max((len(amount(row)) for row in shown), default=0)
    lines = [_line(row, name, width, money, report.total) for row, name in zip(shown, labels, strict=True)]
    more = len(report.rows) - len(shown)
    return "```\n" + "\n".join([*lines, *([f"… and {more} more"] if more > 0 else [])]) + "\n```"


def label(by: str, key: str, names: Mapping[str, str]) -> str:
    """A key as people call it."""
    if by == "tier" and key.isdigit():
        return f"{key} {Tier(int(key)).name.lower()}"
    return plain(names.get(key, key))


def amount(row: Sums) -> str:
    """What a row cost; never $0.00 when nobody knows the price."""
    return "unpriced" if row.unpriced and not row.cost_usd else show(row.cost_usd)


def plain(words: str) -> str:
    """A name that cannot ping, link or end a code fence."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "'")


def _line(row: Sums, name: str, width: int, money: int, total: Sums) -> str:
    short = name if len(name) <= width else name[: width - 1] + "…"
    share = percent(row.cost_usd, total.cost_usd)
    return f"{short:<{width}}  {amount(row):>{money}}  {share:>5}  {row.calls:>6,} calls"
