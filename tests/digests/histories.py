"""Months of spend with a weekday pattern, growth and noise, generated."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from bot.digests.forecast import Day

_WEEKDAYS = (1.0, 1.1, 1.15, 1.05, 0.9)


@dataclass(frozen=True, slots=True)
class Habit:
    """How a workspace spends: growth a month, noise of a day, a weekend day's part of a Monday, how often a day is wild."""

    growth: float = 0.0
    noise: float = 0.15
    weekend: float = 0.3
    wild: float = 0.0

    def days(self, seed: int, number: int = 110) -> list[Day]:
        """Every day of a workspace; the same for the same seed."""
        dice = random.Random(seed)
        start = date(2026, 1, 5) + timedelta(days=dice.randint(0, 300))
        base = dice.uniform(2, 200)
        return [Day(start + timedelta(days=n), self._usd(dice, start, n, base)) for n in range(number)]

    def _usd(self, dice: random.Random, start: date, n: int, base: float) -> Decimal:
        weekday = (start + timedelta(days=n)).weekday()
        share = _WEEKDAYS[weekday] if weekday < 5 else self.weekend
        noise = dice.lognormvariate(-(self.noise**2) / 2, self.noise)
        wild = dice.uniform(2, 5) if dice.random() < self.wild else 1.0
        return Decimal(base * (1 + self.growth) ** (n / 30) * share * noise * wild)


def month_after(days: Sequence[Day], number: int) -> list[int]:
    """The places of the first whole month that begins after a number of days."""
    first = next(n for n in range(number, len(days)) if days[n].day.day == 1)
    return [
        n
        for n in range(first, len(days))
        if (days[n].day.year, days[n].day.month) == (days[first].day.year, days[first].day.month)
    ]
