"""A digest, composed from few reads: two of the rollup, one of a day's threads, and one more where a day stands out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from bot.costs.periods import days
from bot.db.bills import BillCheck
from bot.db.budgets import BudgetKey
from bot.db.database import Database
from bot.db.day_threads import Stretch, ThreadSum
from bot.db.digest_reads import DaySums, KeySpend
from bot.db.digests import Kind, Posted
from bot.db.rollups import Sums
from bot.digests.anomalies import Anomaly, find_anomaly, find_cause, same_weekdays
from bot.digests.digest import DIRECT, BillGap, Cap, Chart, Digest, Explained, Month, Revision, Row, Top
from bot.digests.forecast import Day, forecast, since_first_use
from bot.digests.spans import DAY, Span, ended

TOP = 3
_DIMENSIONS = ("user", "channel", "model")
_HISTORY = 49 * DAY
_CHART_DAYS = 14
_BILLS = 35 * DAY
_MOST_ANOMALIES = 3

_MONTHS_CAP = BudgetKey("workspace", "", "month")


class Composer:
    """Composes digests of any workspace."""

    def __init__(self, db: Database, baseline_model: str) -> None:
        self._db, self._baseline_model = db, baseline_model

    async def compose(self, workspace_id: UUID, span: Span, zone: str, *, named: bool = True) -> Digest:
        """What a span cost; without `named`, nothing in it says who anybody is."""
        threads, digest = await asyncio.gather(
            self._threads(workspace_id, span, zone), self._of_rollup(workspace_id, span, zone, named=named)
        )
        return replace(digest, threads=threads)

    async def _threads(self, workspace_id: UUID, span: Span, zone: str) -> tuple[ThreadSum, ...]:
        """One day's rows may be read, not a month's; and while they are, so can the rollup be."""
        if not _one(span):
            return ()
        async with self._db.unit(workspace_id) as unit:
            threads = await unit.day_threads.dearest(zone, _stretch(span.first, span.last, zone))
        return tuple(map(_without_direct, threads))

    async def _of_rollup(self, workspace_id: UUID, span: Span, zone: str, *, named: bool) -> Digest:
        held_against = _counterpart(span)
        begin = min(span.first - _HISTORY, span.last.replace(day=1), span.before().first)
        async with self._db.unit(workspace_id) as unit:
            reads = unit.digest_reads
            tiers = await reads.by_day(zone, [_stretch(begin, span.last, zone)], ["tier"])
            keys = await reads.by_key(
                zone,
                _stretch(span.first, span.last, zone),
                _stretch(held_against.first, held_against.last, zone),
                _DIMENSIONS,
            )
            posted = await unit.digests.posted_before(span.kind, span.last)
            cap = await unit.budgets.standing(_MONTHS_CAP)
            history = _history(tiers, begin, span.last)
            anomalies = _anomalies(history, span)
            moved = await reads.by_day(zone, _stretches(anomalies, zone), _DIMENSIONS) if anomalies else []
        async with self._db.operations() as operations:
            checks = await operations.bill_checks(span.last - _BILLS)
        tops = tuple(_top(dimension, keys) for dimension in _DIMENSIONS)
        return Digest(
            span=span,
            zone=zone,
            total=sum((one.sums for one in tiers if one.day >= span.first), Sums("")),
            baseline_model=self._baseline_model,
            before_usd=_spent(history, held_against.first, held_against.last),
            mean_usd=_mean(history, span),
            month=_month(history, span.last, cap.budget.limit_usd if cap else None),
            chart=_chart(tiers, span.last - (_CHART_DAYS - 1) * DAY, span.last),
            tops=tops if named else tuple(map(_counted, tops)),
            threads=(),
            named=named,
            anomalies=tuple(_explain(one, moved, named=named) for one in anomalies),
            revision=_revision(history, span.kind, posted),
            bills=_gaps(checks),
        )


def _one(span: Span) -> bool:
    return span.kind is Kind.DAILY


def _counterpart(span: Span) -> Span:
    """The span that this one is held against: the same weekday, else the span before."""
    return Span(span.kind, span.first - 7 * DAY, span.last - 7 * DAY) if _one(span) else span.before()


def _stretch(first: date, last: date, zone: str) -> Stretch:
    covered = days("", first, last, zone)
    return covered.start, covered.end


def _stretches(anomalies: Iterable[Anomaly], zone: str) -> list[Stretch]:
    """The days that stand out and their weekdays before; each once."""
    wanted = {day for one in anomalies for day in (one.day, *same_weekdays(one.day))}
    return [_stretch(day, day, zone) for day in sorted(wanted)]


def _history(tiers: Sequence[DaySums], begin: date, last: date) -> list[Day]:
    """Every day; one without calls is a day of nothing, not a gap."""
    usd: dict[date, Decimal] = defaultdict(Decimal)
    for one in tiers:
        usd[one.day] += one.sums.spent_usd
    return [Day(day, usd[day]) for day in _days(begin, last)]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _spent(history: Sequence[Day], first: date, last: date) -> Decimal | None:
    """What some days cost; None when Lucy was not in use yet when they began."""
    used = since_first_use(history)
    if not used or used[0].day > first:
        return None
    return sum((one.usd for one in used if first <= one.day <= last), Decimal(0))


def _mean(history: Sequence[Day], span: Span) -> Decimal | None:
    """A day of the 7 before, a week of the 4 before; None without such days, and for a month."""
    if span.kind is Kind.MONTHLY:
        return None
    reach = 7 if _one(span) else 28
    used = [one.usd for one in since_first_use(history) if span.first - reach * DAY <= one.day < span.first]
    return sum(used, Decimal(0)) / len(used) * span.days if used else None


def _month(history: Sequence[Day], last: date, limit: Decimal | None) -> Month:
    end = (last.replace(day=28) + 4 * DAY).replace(day=1) - DAY
    spent = sum((one.usd for one in history if one.day >= last.replace(day=1)), Decimal(0))
    over = last == end
    ahead = None if over else forecast(history, end)
    return Month(last, spent, over, ahead, Cap(limit, spent) if limit else None)


def _chart(tiers: Sequence[DaySums], first: date, last: date) -> Chart:
    shown = _days(first, last)
    usd = {(one.sums.key, one.day): one.sums.spent_usd for one in tiers}
    keys = sorted({one.sums.key for one in tiers if one.day >= first})
    return Chart(tuple(shown), tuple((key, tuple(usd.get((key, day), Decimal(0)) for day in shown)) for key in keys))


def _anomalies(history: Sequence[Day], span: Span) -> list[Anomaly]:
    """The days of a span that stand out, the most money first."""
    found = [one for day in _days(span.first, span.last) if (one := find_anomaly(history, day))]
    return sorted(found, key=lambda one: -one.more_usd)[:_MOST_ANOMALIES]


def _explain(anomaly: Anomaly, moved: Sequence[DaySums], *, named: bool) -> Explained:
    causes = []
    for dimension in _DIMENSIONS:
        by_day: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for one in moved:
            if one.dimension == dimension:
                by_day[one.day][_shown(dimension, one.sums.key)] += one.sums.spent_usd
        cause = find_cause(dimension, by_day, anomaly)
        if cause:
            causes.append(cause if named or dimension != "user" else cause.nameless())
    return Explained(anomaly, tuple(causes))


def _top(dimension: str, keys: Sequence[KeySpend]) -> Top:
    found: dict[str, list[KeySpend]] = defaultdict(list)
    for one in keys:
        if one.dimension == dimension:
            found[_shown(dimension, one.key)].append(one)
    rows = [_row(key, alike) for key, alike in found.items() if any(one.calls for one in alike)]
    rows.sort(key=lambda row: (-row.usd, -row.calls, row.key))
    return Top(dimension, tuple(rows[:TOP]), len(rows))


def _row(key: str, alike: Sequence[KeySpend]) -> Row:
    zero = Decimal(0)
    usd, before = sum((one.usd for one in alike), zero), sum((one.before_usd for one in alike), zero)
    return Row(key, usd, before, sum(one.calls for one in alike), sum(one.unpriced for one in alike))


def _counted(top: Top) -> Top:
    """People as a number."""
    return Top(top.dimension, (), top.keys) if top.dimension == "user" else top


def _shown(dimension: str, key: str) -> str:
    return DIRECT if dimension == "channel" and key.startswith(DIRECT) else key


def _without_direct(thread: ThreadSum) -> ThreadSum:
    """Which direct message it was would say who."""
    return ThreadSum(DIRECT, "", thread.calls, thread.usd) if thread.channel_id.startswith(DIRECT) else thread


def _revision(history: Sequence[Day], kind: Kind, posted: Posted | None) -> Revision | None:
    """What was said of an earlier span, when its sum is another now."""
    if posted is None:
        return None
    span = ended(kind, posted.local_date + DAY)
    if not history or history[0].day > span.first:
        return None
    now = sum((one.usd for one in history if span.first <= one.day <= span.last), Decimal(0))
    return Revision(span, posted.usd, now) if now != posted.usd else None


def _gaps(checks: Sequence[BillCheck]) -> tuple[BillGap, ...]:
    """Per provider, over all days that were compared."""
    gaps = []
    for provider in sorted({check.provider for check in checks}):
        mine = [check for check in checks if check.provider == provider]
        billed = sum((check.billed_usd for check in mine), Decimal(0))
        booked = sum((check.booked_usd for check in mine), Decimal(0))
        share = abs(billed - booked) / billed if billed else Decimal(1 if booked else 0)
        gaps.append(BillGap(provider, share, max(check.day for check in mine)))
    return tuple(gaps)
