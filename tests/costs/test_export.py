"""Rows = rollup = report = export, to the last digit, and each workspace and each person sees their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from bot.costs.export import cell, csv_of_ledger
from bot.costs.focus import focus_csv, focus_of_ledger
from bot.costs.periods import Period, period
from bot.costs.reports import DIMENSIONS, Reports
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.db.ledger import COLUMNS, Window
from bot.db.workspaces import Workspace
from tests.costs.faulty_ledger import fill
from tests.costs.ledger import rows
from tests.costs.spending import Spent, spend

START = datetime(2026, 10, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
OCTOBER = period("last month", NOW)
MONTH = Window(OCTOBER.start, OCTOBER.end)
OTHER = workspace_id_of("T0OTHER")


async def read(db: Database, workspace_id: UUID, window: Window = MONTH, size: int = 1000) -> list[dict[str, str]]:
    parts = [part async for part in csv_of_ledger(db, workspace_id, window, size)]
    return list(csv.DictReader(io.StringIO(b"".join(parts).decode(), newline="")))


async def focus(db: Database, workspace_id: UUID) -> tuple[list[dict[str, str]], int]:
    acme = Workspace(workspace_id, "T0ACME", "Acme", "U0LUCY", active=True, created_at=START)
    export = await focus_of_ledger(db, acme, MONTH, size=7)
    return list(csv.DictReader(io.StringIO(focus_csv(export).decode(), newline=""))), export.unpriced


def total(of: Iterable[dict[str, str]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in of if row[name]), Decimal(0))


@pytest.mark.parametrize("seed", [1, 2])
async def test_rows_rollup_report_and_exports_are_one_sum(db: Database, workspace_id: UUID, seed: int) -> None:
    await fill(db, workspace_id, START, seed)
    await fill(db, OTHER, START, seed + 100, count=50)
    ledger = [row for row in await rows(db, workspace_id) if row.state != "open"]
    spent = sum((row.cost_usd or Decimal(0) for row in ledger), Decimal(0))

    reports = [await Reports(db, "big/model").spend(workspace_id, OCTOBER, by) for by in DIMENSIONS]
    lines, (charges, unpriced) = await read(db, workspace_id, size=7), await focus(db, workspace_id)

    for report in reports:
        summed = report.total
        for part in (report.rows, report.days):
            assert sum(row.cost_usd + row.estimated_usd for row in part) == spent
            assert [sum(getattr(row, name) for row in part) for name in ("calls", "failed", "estimated", "unknown")] == [
                summed.calls, summed.failed, summed.estimated, summed.unknown,
            ]  # fmt: skip
        assert (summed.cost_usd + summed.estimated_usd, summed.calls) == (spent, len(ledger))
    assert total(lines, "cost_usd") == spent == total(charges, "BilledCost") == total(charges, "EffectiveCost")
    assert total(charges, "x_BaselineCost") == reports[0].total.baseline_usd
    assert total(charges, "x_CacheSavedCost") + saved_unpriced(lines) == reports[0].total.cache_saved_usd
    assert total(charges, "x_UnknownReservedCost") == reports[0].total.unknown_reserved_usd
    assert unpriced == reports[0].total.unpriced == sum(line["cost_source"] == "unpriced" for line in lines)


def saved_unpriced(lines: list[dict[str, str]]) -> Decimal:
    return total((line for line in lines if line["cost_source"] == "unpriced"), "cache_saved_usd")


async def test_breakdowns_from_rows_are_those_of_the_rollup(db: Database, workspace_id: UUID) -> None:
    await fill(db, workspace_id, START, seed=3, count=100)

    async with db.unit(workspace_id) as unit:
        for key in ("model", "tier", "user", "channel", "purpose"):
            assert await unit.ledger.by(key, MONTH, 99) == await unit.rollups.by(
                key, Period("", MONTH.start, MONTH.end, "UTC")
            )


async def test_an_export_holds_every_attempt_and_every_column_in_order(db: Database, workspace_id: UUID) -> None:
    await fill(db, workspace_id, START, seed=4, count=40)
    ledger = {str(row.id): row for row in await rows(db, workspace_id)}

    lines = await read(db, workspace_id, size=3)

    assert tuple(lines[0]) == tuple(COLUMNS)
    assert {line["id"] for line in lines} == set(ledger)
    assert [line["created_at"] for line in lines] == sorted(line["created_at"] for line in lines)
    for line in lines:
        row = ledger[line["id"]]
        assert {name: line[name] for name in COLUMNS} == {name: cell(getattr(row, name)) for name in COLUMNS}


async def test_a_member_gets_their_own_rows_and_no_other_workspaces(db: Database, workspace_id: UUID) -> None:
    await fill(db, workspace_id, START, seed=5, count=40)
    await fill(db, OTHER, START, seed=6, count=40)

    own = await read(db, workspace_id, Window(MONTH.start, MONTH.end, "UADA"), size=2)
    charges, _ = await focus(db, OTHER)

    assert {line["user_id"] for line in own} == {"UADA"}
    assert {line["workspace_id"] for line in own} == {str(workspace_id)}
    assert total(charges, "BilledCost") == total(await read(db, OTHER), "cost_usd")


async def test_words_that_a_spreadsheet_would_calculate_stay_words(db: Database, workspace_id: UUID) -> None:
    await spend(db, workspace_id, START, Spent("1", model='=HYPERLINK("http://evil.example")'))

    line, charge = (await read(db, workspace_id))[0], (await focus(db, workspace_id))[0][0]

    assert line["model"] == charge["ResourceId"] == '\'=HYPERLINK("http://evil.example")'
