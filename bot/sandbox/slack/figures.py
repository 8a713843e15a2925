"""What Slack rejects in its two native blocks for figures: `data_table` and `data_visualization`.

Source: docs.slack.dev/reference/block-kit/blocks/data-table-block and .../data-visualization-block, November 2026.
"""

from __future__ import annotations

import math
from typing import Any

FIGURES = frozenset({"data_table", "data_visualization"})
MOST_CHARTS = 2
_TABLE = frozenset({"type", "caption", "rows", "page_size", "row_header_column_index", "block_id"})
_CHART = frozenset({"type", "title", "chart", "block_id"})
_MOST_WORDS = 10_000
_LABEL = 20


def misdrawn(block: dict[str, Any]) -> bool:
    """True for a block of `FIGURES` that Slack would refuse."""
    if block["type"] == "data_table":
        return not (set(block) <= _TABLE and _words(block.get("caption")) and _table(block))
    return not (set(block) <= _CHART and _words(block.get("title"), 50) and _chart(block.get("chart")))


def _table(block: dict[str, Any]) -> bool:
    rows = block.get("rows")
    if not isinstance(rows, list) or not 2 <= len(rows) <= 101 or not all(isinstance(row, list) for row in rows):
        return False
    width = len(rows[0])
    if not 1 <= width <= 20 or any(len(row) != width for row in rows):
        return False
    cells = [cell for row in rows for cell in row]
    if not all(_cell(cell) for cell in cells) or any(cell["type"] == "rich_text" for cell in rows[0]):
        return False
    return (
        sum(len(cell.get("text", "")) for cell in cells) <= _MOST_WORDS
        and _within(block.get("page_size", 5), 1, 100)
        and _within(block.get("row_header_column_index", 0), 0, width - 1)
    )


def _cell(cell: Any) -> bool:
    match cell:
        case {"type": "raw_text", "text": text, **more}:
            return not more and _words(text, _MOST_WORDS)
        case {"type": "raw_number", "text": text, "value": value, **more}:
            return not more and _words(text, _MOST_WORDS) and _number(value)
        case {"type": "rich_text", "elements": [_, *_]}:
            return True
        case _:
            return False


def _chart(chart: Any) -> bool:
    match chart:
        case {"type": "pie", "segments": [_, *_] as segments, **more}:
            return not more and len(segments) <= 6 and all(_segment(segment) for segment in segments)
        case {"type": "bar" | "line" | "area", "series": [_, *_] as series, "axis_config": dict() as axis, **more}:
            return not more and len(series) <= 6 and _plotted(series, axis)
        case _:
            return False


def _segment(segment: Any) -> bool:
    match segment:
        case {"label": label, "value": value, **more}:
            return not more and _words(label, _LABEL) and _number(value) and value > 0
        case _:
            return False


def _plotted(series: list[Any], axis: dict[str, Any]) -> bool:
    labels = axis.get("categories")
    if not isinstance(labels, list) or not 1 <= len(labels) <= 20 or not all(_words(label, _LABEL) for label in labels):
        return False
    titles = [axis[name] for name in ("x_label", "y_label") if name in axis]
    known = set(axis) <= {"categories", "x_label", "y_label"} and all(_words(title, 50) for title in titles)
    names = [one.get("name") for one in series if isinstance(one, dict)]
    unlike = len(set(labels)) == len(labels) and len(set(names)) == len(series)
    return known and unlike and all(_one(one, labels) for one in series)


def _one(series: dict[str, Any], labels: list[str]) -> bool:
    match series:
        case {"name": name, "data": list() as data, **more}:
            told = [point.get("label") for point in data if isinstance(point, dict) and _number(point.get("value"))]
            return not more and _words(name, _LABEL) and told == labels and len(data) == len(labels)
        case _:
            return False


def _words(text: Any, most: int = 10_000) -> bool:
    return isinstance(text, str) and 0 < len(text) <= most


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _within(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and least <= value <= most
