"""Invariant 5, to the last digit: the rows, the invoice, the rollup, the report and the export say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from bot.costs.periods import Period
from bot.costs.reports import Reports
from bot.db.cost_tables import CostRow
from bot.db.database import Database
from bot.sandbox.providers.invoice import InvoiceLine
from tests.costs.ledger import by_day, recomputed, rollup, rows

ALWAYS = Period("ever", datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), "UTC")


class Violation(AssertionError):
    """The books do not agree."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows and lines there were, and how sure the rows are."""

    attempts: int = 0
    lines: int = 0
    exact: int = 0
    estimated: int = 0
    unknown: int = 0
    free: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in Counts.__slots__))


async def agreed(
    db: Database, workspace_id: UUID, invoice: Sequence[InvoiceLine], requests: int, zone: str | None = None
) -> Counts:
    """The counts of a workspace whose books agree; days of `zone` may be folded already. Raises Violation."""
    ledger = await rows(db, workspace_id)
    _hold(requests <= len(ledger), f"{requests} requests left, {len(ledger)} rows stand")
    wrong = mistakes(ledger, invoice)
    _hold(not wrong, "; ".join(wrong))
    rolled, demanded = await rollup(db, workspace_id), recomputed(ledger)
    agree = by_day(rolled, zone) == by_day(demanded, zone) if zone else rolled == demanded
    _hold(agree, "the rollup is not the sum of the rows")
    await _reports_are_the_rows(db, workspace_id, ledger)
    return Counts(
        attempts=len(ledger),
        lines=len(invoice),
        exact=sum(row.usage_source == "reported" for row in ledger),
        estimated=sum(row.usage_source == "estimated" for row in ledger),
        unknown=sum(row.state == "unknown" for row in ledger),
        free=sum(row.state == "failed" and row.usage_source == "none" for row in ledger),
    )


def mistakes(ledger: Sequence[CostRow], invoice: Sequence[InvoiceLine]) -> list[str]:
    """Every row that is not its line, every line without its one row, every row that says what nobody charged."""
    wrong = [f"row {row.id} is still open" for row in ledger if row.state == "open"]
    lines = {line.request_id: line for line in invoice}
    for row in ledger:
        if row.usage_source == "reported":
            line = lines.pop(row.provider_response_id or "", None)
            if line is None or not _same(row, line):
                wrong.append(f"row {row.id} ({row.cost_usd}) is not its line {line}")
    uncertain = [row for row in ledger if row.state == "unknown" or row.usage_source == "estimated"]
    for row in [row for row in uncertain if row.provider_response_id in lines]:
        if not _covers(row, lines.pop(row.provider_response_id or "")):
            wrong.append(f"row {row.id} reserves less than its line")
        uncertain.remove(row)
    for line in sorted(lines.values(), key=lambda line: -line.amount_usd):
        covering = [row for row in uncertain if _asked_for(row, line) and _covers(row, line)]
        if covering:
            uncertain.remove(min(covering, key=lambda row: (row.state == "unknown", row.reserved_usd)))
        else:
            wrong.append(f"no row for {line}")
    wrong += [
        f"row {row.id}: an estimate without a line ({row.error_class})" for row in uncertain if row.state != "unknown"
    ]
    free = [row for row in ledger if row.state == "failed" and row.usage_source == "none"]
    wrong += [f"row {row.id}: a request that never arrived costs {row.cost_usd}" for row in free if row.cost_usd != 0]
    return wrong


async def _reports_are_the_rows(db: Database, workspace_id: UUID, ledger: Sequence[CostRow]) -> None:
    spent = sum((row.cost_usd or Decimal(0) for row in ledger), Decimal(0))
    report = await Reports(db, "a model").spend(workspace_id, ALWAYS, "model")
    _hold(report.total.cost_usd + report.total.estimated_usd == spent, "the report's total is not the rows'")
    _hold(report.total.calls == len(ledger), "the report counts other calls than there are rows")
    by_model = sum((sums.cost_usd + sums.estimated_usd for sums in report.rows), Decimal(0))
    _hold(by_model == spent, "the report's models are not the rows'")
    async with db.unit(workspace_id) as unit:
        _hold(await unit.costs.total() == spent, "the export is not the rows")


def _same(row: CostRow, line: InvoiceLine) -> bool:
    counted = (row.input_tokens, row.cached_input_tokens, row.output_tokens)
    charged = (line.input_tokens, line.cached_tokens, line.output_tokens)
    return row.cost_usd == line.amount_usd and counted == charged and _asked_for(row, line) and _covers(row, line)


def _asked_for(row: CostRow, line: InvoiceLine) -> bool:
    return row.provider == line.vendor and row.requested_model.endswith(line.model)


def _covers(row: CostRow, line: InvoiceLine) -> bool:
    return row.reserved_usd is not None and row.reserved_usd >= line.amount_usd


def _hold(truth: object, otherwise: str) -> None:
    if not truth:
        raise Violation(otherwise)
