"""What was spent: one shape for `/lucy-costs`, `lucy costs`, the digest and Lucy's own answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from bot.costs.money import exact, percent, show
from bot.costs.periods import Period
from bot.costs.periods import period as period_of
from bot.db.database import Database
from bot.db.ledger import REST, Window
from bot.db.rollups import Sums
from bot.db.unit import Unit

DIMENSIONS = ("model", "tier", "user", "channel", "purpose", "thread")
MOST_ROWS = 99
"""What is added up from the ledger's rows is cut here; the rest is one row, `REST`."""


@dataclass(frozen=True, slots=True)
class SpendReport:
    """A workspace's total for a period, its rows by one dimension (dearest first), and the baseline it is held against.

    `days` are the totals of its local days, where it has more than one.
    """

    period: Period
    total: Sums
    by: str | None
    rows: tuple[Sums, ...]
    baseline_model: str
    days: tuple[Sums, ...] = ()

    @property
    def saved_usd(self) -> Decimal:
        """What routing saved: the same tokens at the baseline's list price, less what they did cost, estimates too.

        Cached tokens are cached at the baseline as well, so that no cache is counted here; negative when they cost more.
        """
        return self.total.baseline_usd - self.total.cost_usd - self.total.estimated_usd

    @property
    def cache_saved_usd(self) -> Decimal:
        """What providers' caches saved: the same tokens at the same model without its cache, less its list price.

        Measured against the model that served, not against the baseline; negative when writing to caches cost more
        than reading from them saved.
        """
        return self.total.cache_saved_usd

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
            "cache_saved_usd": exact(self.cache_saved_usd),
            "total": row_json(self.total),
            "by": self.by,
            "rows": [row_json(row) for row in self.rows],
            "days": [row_json(day) for day in self.days],
        }


@dataclass(frozen=True, slots=True)
class Overview:
    """Today, the last seven days and this month: the workspace's total in each, and as its row what one person asked.

    `mix` is the month by tier, or the person's own by model. None of them has its single days.
    """

    today: SpendReport
    week: SpendReport
    month: SpendReport
    mix: SpendReport


class Reports:
    """Reads rollups, whose time does not grow with the ledger; threads, and a member's own rows, from the rows."""

    def __init__(self, db: Database, baseline_model: str) -> None:
        self._db, self._baseline_model = db, baseline_model

    async def spend(self, workspace_id: UUID, period: Period, by: str | None = None) -> SpendReport:
        """The total, and rows `by` a dimension. Raises TooMuch."""
        async with self._db.unit(workspace_id) as unit:
            rows = await _rows(unit, period, by) if by else []
            return await self._report(unit, period, by, rows)

    async def own(self, workspace_id: UUID, user_id: str, period: Period, by: str = "user") -> SpendReport:
        """The workspace's total, and rows of what one member asked: in all, or `by` a dimension. Raises TooMuch."""
        async with self._db.unit(workspace_id) as unit:
            return await self._report(unit, period, by, await _own_rows(unit, user_id, period, by))

    async def overview(self, workspace_id: UUID, user_id: str, now: datetime, *, sees_all: bool) -> Overview:
        """Three spans in one unit, in days of the workspace's zone; who does not see all gets a mix of their own."""
        async with self._db.unit(workspace_id) as unit:
            zone = await unit.workspaces.zone()
            today, week, month = [
                await self._span(unit, user_id, period_of(name, now, zone)) for name in ("today", "week", "month")
            ]
            by = "tier" if sees_all else "model"
            rows = await (_rows(unit, month.period, by) if sees_all else _own_rows(unit, user_id, month.period, by))
        return Overview(today, week, month, replace(month, by=by, rows=tuple(rows)))

    async def answer(self, workspace_id: UUID, question: str) -> str:
        """What was spent in the period that a question names, by default today, in words; no model is asked."""
        named = next((name for name in ("yesterday", "week", "month") if name in question.lower()), "today")
        return in_words(await self.spend(workspace_id, period_of(named, datetime.now(UTC))))

    async def _span(self, unit: Unit, user_id: str, period: Period) -> SpendReport:
        own = await _own_rows(unit, user_id, period, "user")
        return SpendReport(period, await _total(unit, period), "user", tuple(own), self._baseline_model)

    async def _report(self, unit: Unit, period: Period, by: str | None, rows: Sequence[Sums]) -> SpendReport:
        days = await unit.rollups.by_day(period) if len(period.days()) > 1 else []
        return SpendReport(period, await _total(unit, period), by, tuple(rows), self._baseline_model, tuple(days))


async def _total(unit: Unit, period: Period) -> Sums:
    totals = await unit.rollups.by("total", period)
    return totals[0] if totals else Sums("")


async def _rows(unit: Unit, period: Period, by: str) -> list[Sums]:
    if by == "thread":
        return await unit.ledger.by(by, Window(period.start, period.end), MOST_ROWS)
    return await unit.rollups.by(by, period)


async def _own_rows(unit: Unit, user_id: str, period: Period, by: str) -> list[Sums]:
    match by:
        case "user":
            return await unit.rollups.by(by, period, user_id)
        case "model":
            return await unit.rollups.models_of(user_id, period)
        case _:
            return await unit.ledger.by(by, Window(period.start, period.end, user_id), MOST_ROWS)


def in_words(report: SpendReport) -> str:
    """The total in a few lines of Markdown: what was spent, what that saved, and how sure all of it is."""
    total = report.total
    if not total.calls:
        return f"Nothing was spent ({report.period.label}): no model was called."
    lines = [
        f"*{show(total.cost_usd)}* {report.period.label} · {total.calls:,} model calls",
        savings(report.saved_usd, report.baseline_model),
        cache_savings(report.cache_saved_usd),
        rates_in_words(total),
    ]
    return "\n".join(line for line in lines if line)


def savings(saved: Decimal, baseline_model: str) -> str:
    """Savings never stand without the name of what they are measured against."""
    verb = "saved against" if saved >= 0 else "more than"
    return f"{show(abs(saved))} {verb} always using `{baseline_model}` at list price"


def cache_savings(saved: Decimal) -> str:
    """What caches saved, or cost; nothing where no cache was met."""
    if saved < 0:
        return f"{show(-saved)} more was paid for writing to the providers' caches than reading from them saved"
    return f"{show(saved)} saved by the providers' caches" if saved else ""


def rates_in_words(total: Sums) -> str:
    """How many calls fell back, failed, were estimated, are unknown or have no price: all five, always."""
    estimated = f"{show(total.estimated_usd)} more" if total.estimated_usd else ""
    unknown = f"at most {show(total.unknown_reserved_usd)}" if total.unknown else ""
    told = (
        _rate(total.fallbacks, total.calls, "answered by a fallback"),
        _rate(total.failed, total.calls, "failed"),
        _rate(total.estimated, total.calls, "estimated", estimated),
        _rate(total.unknown, total.calls, "of unknown cost", unknown),
        _rate(total.unpriced, total.calls, "unpriced"),
    )
    diverged = _rate(total.diverged, total.calls, "over 1 % from the list price")
    return " · ".join([*told, diverged] if total.diverged else told)


def _rate(count: int, calls: int, words: str, more: str = "") -> str:
    aside = [percent(Decimal(count), Decimal(calls)), more] if count else []
    return f"{count:,} {words}" + (f" ({', '.join(part for part in aside if part)})" if aside else "")


def shortened(rows: Sequence[Sums], most: int) -> list[Sums]:
    """At most that many rows and the same sums: what does not fit is added up under `REST`."""
    if len(rows) <= most:
        return list(rows)
    rest = rows[most - 1 :]
    sums = {name: sum(getattr(row, name) for row in rest) for name in Sums.__slots__ if name != "key"}
    return [*rows[: most - 1], Sums(REST, **sums)]


def per_call(row: Sums) -> Decimal | None:
    """What one call cost in the mean, in USD; None where the cost of some call is not known."""
    if not row.calls or row.unknown or row.unpriced:
        return None
    return (row.cost_usd + row.estimated_usd) / row.calls


def row_json(sums: Sums) -> dict[str, object]:
    """Every figure of one key, amounts as exact strings."""
    return {
        name: exact(value) if isinstance(value, Decimal) else value
        for name in Sums.__slots__
        for value in (getattr(sums, name),)
    }
