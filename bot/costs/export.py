"""The ledger as files: read page by page, so that a month of a million rows is never held in memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from bot.costs.money import exact
from bot.db.cost_tables import CostRow
from bot.db.database import Database
from bot.db.ledger import COLUMNS, Window

PAGE = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def pages(db: Database, workspace_id: UUID, window: Window, size: int = PAGE) -> AsyncIterator[Sequence[CostRow]]:
    """The rows of a window, oldest first; each page is a unit of work of its own."""
    after = None
    while True:
        async with db.unit(workspace_id) as unit:
            page = await unit.ledger.page(window, after, size)
        if page:
            yield page
        if len(page) < size:
            return
        after = (page[-1].created_at, page[-1].id)


async def csv_of_ledger(db: Database, workspace_id: UUID, window: Window, size: int = PAGE) -> AsyncIterator[bytes]:
    """One line per attempt, after a header: every column of `cost_log`, exact, in UTC; what is NULL is empty."""
    yield csv_lines([COLUMNS])
    async for page in pages(db, workspace_id, window, size):
        yield csv_lines([[cell(getattr(row, name)) for name in COLUMNS] for row in page])


def csv_lines(rows: Sequence[Sequence[str]]) -> bytes:
    """RFC 4180, UTF-8."""
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue().encode()


def cell(value: Any) -> str:
    """A value without loss; words that a spreadsheet would calculate begin with an apostrophe."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    match value:
        case None:
            return ""
        case Decimal():
            return exact(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case dict() | list() | bool():
            return json.dumps(value, sort_keys=True, separators=(",", ":"))
        case _:
            return str(value)
