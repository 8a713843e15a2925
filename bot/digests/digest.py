"""What a digest holds: everything it says, before anybody puts it into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.db.day_threads import ThreadSum
from bot.db.rollups import Sums
from bot.digests.anomalies import Anomaly, Cause
from bot.digests.forecast import Day, Forecast
from bot.digests.spans import Span

DIRECT = "D"
"""The key under which direct messages are counted: which one it was would say who."""


@dataclass(frozen=True, slots=True)
class Row:
    """One of the dearest keys of a dimension; `before_usd` is what it cost in the span that this one is held against."""

    key: str
    usd: Decimal
    before_usd: Decimal
    calls: int
    unpriced: int


@dataclass(frozen=True, slots=True)
class Top:
    """The dearest keys of one dimension, dearest first, and how many keys there are in all."""

    dimension: str
    rows: tuple[Row, ...]
    keys: int


@dataclass(frozen=True, slots=True)
class Cap:
    """A month's budget and what is gone of it; USD."""

    limit_usd: Decimal
    spent_usd: Decimal

    def hit_on(self, ahead: Forecast | None) -> date | None:
        """The day on which the days ahead reach the limit, or None."""
        spent = self.spent_usd
        for day in ahead.days if ahead else ():
            spent += day.usd
            if spent >= self.limit_usd:
                return day.day
        return None


@dataclass(frozen=True, slots=True)
class Month:
    """The month of a span's last day, up to that day; `ahead` is None when it is over, or too early to tell."""

    last: date
    spent_usd: Decimal
    over: bool
    ahead: Forecast | None
    cap: Cap | None

    @property
    def heading_for(self) -> tuple[Decimal, Decimal, Decimal] | None:
        """What the month will probably cost, at least and at most (four times of five); USD."""
        if self.ahead is None:
            return None
        most = self.spent_usd + self.ahead.usd + self.ahead.off_usd
        least = self.spent_usd + max(Decimal(0), self.ahead.usd - self.ahead.off_usd)
        return self.spent_usd + self.ahead.usd, least, most


@dataclass(frozen=True, slots=True)
class Explained:
    """A day that stands out, and what moved it."""

    anomaly: Anomaly
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier digest's span whose sum has changed since; USD."""

    span: Span
    said_usd: Decimal
    now_usd: Decimal


@dataclass(frozen=True, slots=True)
class BillGap:
    """How far a provider's bills are from the ledger, as a share of the bills, up to a day."""

    provider: str
    share: Decimal
    through: date


@dataclass(frozen=True, slots=True)
class Chart:
    """Spend per local day and tier, oldest day first; the tiers' keys in order, all of one length; USD."""

    days: tuple[date, ...]
    tiers: tuple[tuple[str, tuple[Decimal, ...]], ...]

    @property
    def totals(self) -> tuple[Decimal, ...]:
        """Per day."""
        return tuple(sum(usd, Decimal(0)) for usd in zip(*(usd for _, usd in self.tiers), strict=True))


@dataclass(frozen=True, slots=True)
class Digest:
    """What a span of days cost; `before_usd` and `mean_usd` are None when there was nothing yet."""

    span: Span
    zone: str
    total: Sums
    baseline_model: str
    before_usd: Decimal | None
    mean_usd: Decimal | None
    month: Month
    chart: Chart
    tops: tuple[Top, ...]
    threads: tuple[ThreadSum, ...]
    named: bool
    anomalies: tuple[Explained, ...]
    revision: Revision | None
    bills: tuple[BillGap, ...]

    @property
    def saved_usd(self) -> Decimal:
        """What the same tokens would have cost at the baseline, less what they did."""
        return self.total.baseline_usd - self.total.spent_usd

    @property
    def history(self) -> tuple[Day, ...]:
        """The chart's days and what they cost."""
        return tuple(Day(day, usd) for day, usd in zip(self.chart.days, self.chart.totals, strict=True))
