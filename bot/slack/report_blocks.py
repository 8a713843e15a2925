"""A spend report as Slack shows it: with its native table and chart, or in text blocks where it refuses those."""

from __future__ import annotations

from typing import Any

from bot.costs.money import percent, show
from bot.costs.reports import SpendReport, in_words, per_call, shortened
from bot.db.rollups import Sums
from bot.slack.blocks import plain_text
from bot.slack.data_blocks import amount, data_table, spend_chart
from bot.slack.report_names import Names

_ROWS = 16


def native_blocks(report: SpendReport, names: Names, note: str = "") -> list[dict[str, Any]]:
    """A header, the total in words, a chart of the days, a table of the rows."""
    figures = [spend_chart(report)] if report.days else []
    if report.by and report.rows:
        figures.append(data_table(report, names))
    return [*_head(report), *figures, _foot(report, note)]


def text_blocks(report: SpendReport, names: Names, note: str = "") -> list[dict[str, Any]]:
    """A header, the total in words, the rows as lines."""
    rows: list[dict[str, Any]] = []
    if report.by and report.rows:
        told = _list(report, names) if report.by in {"channel", "thread"} else _fence(report, names)
        rows.append({"type": "section", "text": {"type": "mrkdwn", "text": told[:3000]}})
    return [*_head(report), *rows, _foot(report, note)]


def _head(report: SpendReport) -> list[dict[str, Any]]:
    title = f"Lucy's costs: {report.period.label}"[:150]
    return [
        {"type": "header", "text": plain_text(title)},
        {"type": "section", "text": {"type": "mrkdwn", "text": in_words(report)}},
    ]


def _foot(report: SpendReport, note: str) -> dict[str, Any]:
    told = f"{note} · Days in {report.period.zone}" if note else f"Days in {report.period.zone}"
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": told}]}


def _fence(report: SpendReport, names: Names) -> str:
    """Rows in a code fence, so that they line up: key, cost, share, calls, cost per call."""
    shown = shortened(report.rows, _ROWS)
    labels = [names.word(row.key) for row in shown]
    width = min(34, max(map(len, labels), default=0))
    money = max((len(amount(row)) for row in shown), default=0)
    lines = [_line(row, name, width, money, report.total) for row, name in zip(shown, labels, strict=True)]
    return "```\n" + "\n".join(lines) + "\n```"


def _line(row: Sums, name: str, width: int, money: int, total: Sums) -> str:
    short = name if len(name) <= width else name[: width - 1] + "…"
    share = percent(row.cost_usd, total.cost_usd)
    return f"{short:<{width}}  {amount(row):>{money}}  {share:>5}  {row.calls:>6,} calls{_each(row)}"


def _list(report: SpendReport, names: Names) -> str:
    """Rows as a list, where Slack draws channels and links."""
    return "\n".join(
        f"• {names.markup(row.key)}: *{amount(row)}* ({percent(row.cost_usd, report.total.cost_usd)}) · "
        f"{row.calls:,} calls{_each(row)}"
        for row in shortened(report.rows, _ROWS)
    )


def _each(row: Sums) -> str:
    each = per_call(row)
    return "" if each is None else f", {show(each)} each"
