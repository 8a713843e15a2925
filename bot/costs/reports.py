"""What was spent: one shape for `/lucy-costs`, `lucy costs`, the digest and Lucy's own answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from bot.costs.money import exact, show
from bot.costs.periods import Period
from bot.db.database import Database
from bot.db.rollups import Sums

DIMENSIONS = ("model", "tier", "user", "channel", "purpose")


@dataclass(frozen=True, slots=True)
class SpendReport:
    """A workspace's total for a period, its rows by one dimension (dearest first), and the baseline it is held against."""

    period: Period
    total: Sums
    by: str | None
    rows: tuple[Sums, ...]
    baseline_model: str

    @property
    def saved_usd(self) -> Decimal:
        """What the same tokens would have cost at the baseline, less what they did; negative when they cost more."""
        return self.total.baseline_usd - self.total.cost_usd - self.total.estimated_usd

    def as_json(self) -> dict[str, object]:
        """Exact figures as strings."""
        return {
            "period": {
                "label": self.period.label,
                "start": self.period.start.isoformat(),
                "end": self.period.end.isoformat(),
            },
            "baseline_model": self.baseline_model,
            "saved_usd": exact(self.saved_usd),
            "total": _row(self.total),
            "by": self.by,
            "rows": [_row(row) for row in self.rows],
        }


class Reports:
    """Reads rollups: the time does not grow with the ledger."""

    def __init__(self, db: Database, baseline_model: str) -> None:
        self._db, self._baseline_model = db, baseline_model

    async def spend(self, workspace_id: UUID, period: Period, by: str | None = None) -> SpendReport:
        """The total, and rows `by` a dimension."""
        async with self._db.unit(workspace_id) as unit:
            totals = await unit.rollups.by("total", period.start, period.end)
            rows = await unit.rollups.by(by, period.start, period.end) if by else []
        return self._report(period, totals, by, rows)

    async def own(self, workspace_id: UUID, user_id: str, period: Period, by: str = "user") -> SpendReport:
        """The workspace's total, and rows of what one member asked: in all, or by `model`."""
        async with self._db.unit(workspace_id) as unit:
            totals = await unit.rollups.by("total", period.start, period.end)
            if by == "model":
                rows = await unit.rollups.models_of(user_id, period.start, period.end)
            else:
                rows = await unit.rollups.by("user", period.start, period.end, user_id)
        return self._report(period, totals, by, rows)

    def _report(self, period: Period, totals: Sequence[Sums], by: str | None, rows: Sequence[Sums]) -> SpendReport:
        return SpendReport(period, totals[0] if totals else Sums(""), by, tuple(rows), self._baseline_model)


def in_words(report: SpendReport) -> str:
    """The total in a few lines of Markdown; settled and estimated sums apart, what is uncertain counted."""
    total = report.total
    if not total.calls:
        return f"Nothing was spent ({report.period.label}): no model was called."
    lines = [f"*{show(total.cost_usd)}* {report.period.label} · {total.calls:,} model calls"]
    lines.append(savings(report.saved_usd, report.baseline_model))
    notes = [
        f"{show(total.estimated_usd)} more is estimated" if total.estimated_usd else "",
        f"{total.fallbacks} answered by a fallback" if total.fallbacks else "",
        f"{total.failed} failed" if total.failed else "",
        f"{total.unpriced} unpriced" if total.unpriced else "",
        f"{total.diverged} over 1 % from the list price" if total.diverged else "",
        f"{total.unknown} of unknown cost (at most {show(total.unknown_reserved_usd)})" if total.unknown else "",
    ]
    told = ", ".join(note for note in notes if note)
    return "\n".join([*lines, told] if told else lines)


def savings(saved: Decimal, baseline_model: str) -> str:
    """Savings never stand without the name of what they are measured against."""
    verb = "saved against" if saved >= 0 else "more than"
    return f"{show(abs(saved))} {verb} always using `{baseline_model}` at list price"


def _row(sums: Sums) -> dict[str, object]:
    return {
        name: exact(value) if isinstance(value, Decimal) else value
        for name in Sums.__slots__
        for value in (getattr(sums, name),)
    }
