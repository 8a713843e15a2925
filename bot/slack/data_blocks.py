"""Slack's two native blocks for figures, as dicts: the SDK has no classes for them.

Shapes and limits: docs.slack.dev/reference/block-kit/blocks/data-table-block (caption required; a header without rich
text and at most 100 rows; at most 20 columns; `page_size` 1 to 100; cells `raw_text`, `raw_number` {value, text},
`rich_text`) and .../data-visualization-block (title at most 50 characters; `chart` of type bar, line, area: 1 to 6
`series` {name, data: [{label, value}]} whose labels are the `axis_config.categories`, at most 20 of at most 20
characters; at most two in a message), read in November 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bot.costs.money import percent, show
from bot.costs.reports import SpendReport, per_call, shortened
from bot.db.rollups import Sums
from bot.slack.report_names import Names

Block = dict[str, Any]
_MOST_ROWS, _PAGE, _MOST_POINTS, _LABEL = 60, 10, 20, 20
_TITLES = {
    "model": "Model", "tier": "Tier", "user": "Person", "channel": "Channel", "purpose": "Purpose", "thread": "Thread",
}  # fmt: skip


def data_table(report: SpendReport, names: Names) -> Block:
    """The rows of a report: name, cost, share of the workspace's total, calls, cost per call."""
    by = report.by or ""
    head = [_words(title) for title in (_TITLES[by], "Cost", "Share", "Calls", "Per call")]
    rows = [_row(row, names.cell(row.key), report.total) for row in shortened(report.rows, _MOST_ROWS)]
    return {
        "type": "data_table",
        "caption": f"Lucy's costs {report.period.label} by {_TITLES[by].lower()}",
        "page_size": _PAGE,
        "row_header_column_index": 0,
        "rows": [head, *rows],
    }


def spend_chart(report: SpendReport) -> Block:
    """Spend per local day as bars; days are put together where there are more of them than Slack draws."""
    days = report.period.days()
    spans = _spans(days)
    labels = [_label(span) for span in spans]
    by_day = {row.key: row for row in report.days}
    series = [_series("Settled", labels, [_sum(span, by_day, "cost_usd") for span in spans])]
    if report.total.estimated_usd:
        series.append(_series("Estimated", labels, [_sum(span, by_day, "estimated_usd") for span in spans]))
    unit = "day" if len(spans) == len(days) else f"{len(spans[0])} days"
    return {
        "type": "data_visualization",
        "title": f"Spend per {unit}",
        "chart": {
            "type": "bar",
            "series": series,
            "axis_config": {"categories": labels, "y_label": "USD"},
        },
    }


def _row(row: Sums, name: Block, total: Sums) -> list[Block]:
    each = per_call(row)
    share = row.cost_usd / total.cost_usd if total.cost_usd else Decimal(0)
    return [
        name,
        _number(row.cost_usd, amount(row)),
        _number(share, percent(row.cost_usd, total.cost_usd)),
        _number(Decimal(row.calls), f"{row.calls:,}"),
        _number(each or Decimal(0), "–" if each is None else show(each)),
    ]


def amount(row: Sums) -> str:
    """What a row cost; never $0.00 when nobody knows the price, and what is estimated apart."""
    if row.unpriced and not row.cost_usd:
        return "unpriced"
    return show(row.cost_usd) + (f" + ~{show(row.estimated_usd)}" if row.estimated_usd else "")


def _spans(days: Sequence[date]) -> list[Sequence[date]]:
    length = -(-len(days) // _MOST_POINTS)
    return [days[at : at + length] for at in range(0, len(days), length)]


def _label(span: Sequence[date]) -> str:
    first, last = span[0], span[-1]
    if len(span) == 1:
        return f"{first:%b} {first.day}"
    if last - first > timedelta(days=25):
        return f"{first:%b %Y} – {last:%b %Y}"[:_LABEL]
    return f"{first:%b} {first.day}–{last.day if first.month == last.month else f'{last:%b} {last.day}'}"


def _sum(span: Sequence[date], by_day: dict[str, Sums], figure: str) -> Decimal:
    found = [by_day[day.isoformat()] for day in span if day.isoformat() in by_day]
    return sum((getattr(row, figure) for row in found), Decimal(0))


def _series(name: str, labels: Sequence[str], amounts: Sequence[Decimal]) -> Block:
    points = [{"label": label, "value": float(usd)} for label, usd in zip(labels, amounts, strict=True)]
    return {"name": name, "data": points}


def _words(text: str) -> Block:
    return {"type": "raw_text", "text": text}


def _number(value: Decimal, text: str) -> Block:
    return {"type": "raw_number", "value": float(value), "text": text}
