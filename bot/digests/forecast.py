"""What the days ahead will probably cost: each weekday's usual share, at the level of the last two weeks.

Statistics of money, not money: floats inside, rounded to a ten-thousandth of a dollar at the end. How well it does is
measured in `tests/digests/test_backtest.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import fmean, median

ENOUGH_DAYS = 14
"""Days of use before a forecast is made; each weekday was seen twice by then."""

_WEEKS = 6
_WIDE = 1.55
"""Standard deviations on both sides; 1.28 hold four of five sums of a normal distribution, days of spend have heavier tails."""

_MAD_TO_SIGMA = 1.4826
_LEVEL_DAYS = 14
_DRIFT = 0.003
"""How fast a workspace's level may begin to move, as a share a day, whatever the weeks before show."""

_GROWS_ON = 31
_HARDLY_USED = 0.05
_FEW = 4

_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Day:
    """One local day; USD."""

    day: date
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Forecast:
    """The days ahead one by one, and how far their sum may be off in either direction (four times of five); USD."""

    days: tuple[Day, ...]
    off_usd: Decimal

    @property
    def usd(self) -> Decimal:
        """All the days ahead."""
        return sum((day.usd for day in self.days), Decimal(0))


def forecast(history: Sequence[Day], until: date) -> Forecast | None:
    """The days after the history's last one, up to `until`; None when it is too early to tell.

    `history` is every day up to the last one, oldest first, days of nothing included.
    """
    used = since_first_use(history)[-7 * _WEEKS :]
    if len(used) < ENOUGH_DAYS:
        return None
    pace = _Pace.of(used)
    last = used[-1].day
    ahead = [last + timedelta(days=n) for n in range(1, (until - last).days + 1)]
    days = tuple(Day(day, _money(pace.expected(day, n))) for n, day in enumerate(ahead, 1))
    return Forecast(days, _money(pace.off(days)))


def since_first_use(history: Sequence[Day]) -> Sequence[Day]:
    """The history from the first day on which anything was spent."""
    first = next((n for n, day in enumerate(history) if day.usd), len(history))
    return history[first:]


@dataclass(frozen=True, slots=True)
class _Pace:
    """A level (USD a day), its growth a day, each weekday's share of it, and how uncertain all that is."""

    level: float
    growth: float
    growth_off: float
    share: tuple[float, ...]
    spread: float

    @classmethod
    def of(cls, used: Sequence[Day]) -> _Pace:
        share = _shares(used)
        spread = _spread(used, share)
        growth, growth_off = _growth(used, share, spread)
        return cls(_level(used[-_LEVEL_DAYS:], share, growth), growth, growth_off, share, spread)

    def expected(self, day: date, ahead: int) -> float:
        return self.level * self.share[day.weekday()] * math.exp(self.growth * min(ahead, _GROWS_ON))

    def off(self, days: Sequence[Day]) -> float:
        """Noise of single days adds up by squares, an error of the level by days, one of the growth by both."""
        usd = [float(day.usd) for day in days]
        noise = math.sqrt(sum(one * one for one in usd)) * self.spread
        level = sum(usd) * self.spread / math.sqrt(_LEVEL_DAYS)
        growth = sum(one * n for n, one in enumerate(usd, _LEVEL_DAYS // 2)) * self.growth_off
        return _WIDE * math.hypot(noise, level, growth)


def _shares(used: Sequence[Day]) -> tuple[float, ...]:
    """Per weekday, the median of what it was of its own week; together seven."""
    of_week: list[list[float]] = [[] for _ in range(7)]
    for week in _weeks(used):
        mean = fmean(float(day.usd) for day in week)
        for day in week if mean else ():
            of_week[day.day.weekday()].append(float(day.usd) / mean)
    shares = [median(seen) if seen else 0.0 for seen in of_week]
    whole = sum(shares)
    return tuple(share * 7 / whole if whole else 0.0 for share in shares)


def _levels(days: Sequence[Day], share: Sequence[float]) -> list[tuple[int, float]]:
    """Each day freed from its weekday, with the days that passed since; days that are hardly used tell nothing."""
    last = len(days) - 1
    return [
        (last - n, float(day.usd) / share[day.day.weekday()])
        for n, day in enumerate(days)
        if share[day.day.weekday()] > _HARDLY_USED and day.usd
    ]


def _level(recent: Sequence[Day], share: Sequence[float], growth: float = 0.0) -> float:
    """A usual day as of the last one, the dearest and the cheapest left out."""
    levels = sorted(level * math.exp(growth * ago) for ago, level in _levels(recent, share))
    kept = levels[1:-1] if len(levels) > _FEW else levels
    return fmean(kept) if kept else 0.0


def _growth(used: Sequence[Day], share: Sequence[float], spread: float) -> tuple[float, float]:
    """The median slope between days at least a week apart, drawn to zero by as much as it is noise; and its error."""
    points = [(ago, math.log(level)) for ago, level in _levels(used, share)]
    slopes = [(b - a) / (ago - later) for ago, a in points for later, b in points if ago - later >= 7]
    if not slopes:
        return 0.0, _DRIFT
    slope = median(slopes)
    error = math.hypot(spread / math.sqrt(len(used) ** 3 / 12), 1e-9)
    certain = slope * slope / (slope * slope + error * error)
    return slope * certain, math.hypot(error, _DRIFT)


def _spread(used: Sequence[Day], share: Sequence[float]) -> float:
    """How far a day usually is from what its own week and weekday let expect, as a share; outliers count as three."""
    off: list[float] = []
    for week in _weeks(used):
        level = _level(week, share)
        off += [level_of_day / level - 1 for _, level_of_day in _levels(week, share) if level]
    if not off:
        return 0.0
    usual = _MAD_TO_SIGMA * median(map(abs, off))
    fitted = len(_weeks(used)) + 6
    return math.sqrt(sum(min(abs(one), 3 * usual) ** 2 for one in off) / max(1, len(off) - fitted))


def _weeks(used: Sequence[Day]) -> list[Sequence[Day]]:
    """Whole weeks up to the last day, newest first."""
    return [used[end - 7 : end] for end in range(len(used), 6, -7)]


def _money(usd: float) -> Decimal:
    return Decimal(usd).quantize(_STEP)
