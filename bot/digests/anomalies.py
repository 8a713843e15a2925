"""Days that cost far more than their weekday usually does, and who or what moved them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from bot.digests.forecast import Day, since_first_use

MATTERS_USD = Decimal(1)
"""A day is worth a word when it cost at least this much more than usual, ..."""

_MATTERS_SHARE = Decimal("0.5")
"""... and half as much again, ..."""

_SPREADS = Decimal("4.5")
"""... and more than this many of its usual deviations."""

_WEEKS = 6
_FEWEST = 3
_MAD_TO_SIGMA = Decimal("1.4826")
_MOST = Decimal("0.5")
_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A day and the median of its weekday; USD."""

    day: date
    usd: Decimal
    usual_usd: Decimal

    @property
    def more_usd(self) -> Decimal:
        """How much more than usual."""
        return self.usd - self.usual_usd


@dataclass(frozen=True, slots=True)
class Cause:
    """The key of a dimension that moved a day most, and its part of the rise (1 is all of it)."""

    dimension: str
    key: str
    share: Decimal

    def nameless(self) -> Cause:
        """The same without saying who."""
        return replace(self, key="")


def same_weekdays(day: date) -> tuple[date, ...]:
    """The days that a day is held against, newest first."""
    return tuple(day - timedelta(days=7 * n) for n in range(1, _WEEKS + 1))


def find_anomaly(history: Sequence[Day], day: date) -> Anomaly | None:
    """Whether a day stands out of the `history` before it (every day of seven weeks, oldest first)."""
    known = {one.day: one.usd for one in since_first_use(history)}
    same = [known[one] for one in same_weekdays(day) if one in known]
    if day not in known or len(same) < _FEWEST:
        return None
    usual = median(same) * _risen(known, day)
    anomaly = Anomaly(day, known[day], usual.quantize(_STEP))
    least = max(MATTERS_USD, usual * _MATTERS_SHARE, usual * _SPREADS * _spread(known, day))
    return anomaly if anomaly.more_usd >= least else None


def find_cause(dimension: str, by_day: Mapping[date, Mapping[str, Decimal]], anomaly: Anomaly) -> Cause | None:
    """The key whose cost rose most over its own median; None when no single one made half of the rise."""
    today = by_day.get(anomaly.day, {})
    before = [by_day.get(day, {}) for day in same_weekdays(anomaly.day)]
    rises = {key: usd - median(one.get(key, Decimal(0)) for one in before) for key, usd in today.items()}
    if not rises:
        return None
    key = max(rises, key=lambda one: (rises[one], one))
    share = rises[key] / anomaly.more_usd
    return Cause(dimension, key, min(share, Decimal(1))) if share >= _MOST else None


def _risen(known: Mapping[date, Decimal], day: date) -> Decimal:
    """How much dearer the week before was than its weekdays usually are: growth is no anomaly."""
    return max(Decimal(1), median(_ratios(known, day - timedelta(days=7), day) or [Decimal(1)]))


def _spread(known: Mapping[date, Decimal], day: date) -> Decimal:
    """The usual deviation of a day from the median of its weekday, as a share, over the weeks before `day`."""
    ratios = _ratios(known, day - timedelta(days=7 * _WEEKS), day)
    middle = median(ratios) if ratios else Decimal(1)
    return _MAD_TO_SIGMA * median(abs(one - middle) for one in ratios) if ratios else Decimal(0)


def _ratios(known: Mapping[date, Decimal], start: date, end: date) -> list[Decimal]:
    """Each day from `start` to before `end` as a multiple of its weekday's median over the weeks before `end`."""
    ratios: list[Decimal] = []
    for ago in range(1, (end - start).days + 1):
        day = end - timedelta(days=ago)
        offset = -(-ago // 7) * 7 - ago
        same = [known[one] for one in same_weekdays(end + timedelta(days=offset)) if one in known]
        usual = median(same) if same else Decimal(0)
        if day in known and usual:
            ratios.append(known[day] / usual)
    return ratios
