"""The forecast held against months that were generated, beside the run-rate that everybody else shows.

Measured in November 2026 over 4,800 forecasts: mean error 6.4 % of the month, run-rate 8.7 %, within the range 78.3 %.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean

import pytest

from bot.digests.forecast import forecast
from tests.digests.histories import Habit, month_after

WORKSPACES = 60
DAYS_IN = (5, 10, 15, 20, 25)
HABITS = [
    Habit(growth, noise, weekend, wild=0.02)
    for growth in (-0.15, 0.0, 0.15, 0.4)
    for noise in (0.15, 0.35)
    for weekend in (0.1, 0.6)
]


@dataclass(slots=True)
class Score:
    """Errors as shares of the month's sum, and how often the sum lay within the range."""

    ours: list[float] = field(default_factory=list)
    run_rate: list[float] = field(default_factory=list)
    within: list[bool] = field(default_factory=list)


def backtest(habit: Habit) -> Score:
    score = Score()
    for seed in range(WORKSPACES):
        days = habit.days(seed)
        month = month_after(days, 45)
        whole = sum(float(days[n].usd) for n in month)
        for gone in DAYS_IN:
            cut = month[0] + gone
            ahead = forecast(days[:cut], days[month[-1]].day)
            assert ahead is not None
            so_far = sum(float(days[n].usd) for n in month[:gone])
            off = abs(so_far + float(ahead.usd) - whole)
            score.ours.append(off / whole)
            score.run_rate.append(abs(so_far / gone * len(month) - whole) / whole)
            score.within.append(off <= float(ahead.off_usd))
    return score


def test_the_forecast_beats_the_run_rate_and_its_range_holds() -> None:
    scores = [backtest(habit) for habit in HABITS]

    ours = fmean(fmean(score.ours) for score in scores)
    run_rate = fmean(fmean(score.run_rate) for score in scores)
    within = fmean(fmean(score.within) for score in scores)
    measured = f"mean error {ours:.1%}, run-rate {run_rate:.1%}, within the range {within:.1%}"
    assert all(fmean(score.ours) < fmean(score.run_rate) for score in scores)
    assert ours < 0.75 * run_rate, measured
    assert 0.75 <= within <= 0.9, measured


@pytest.mark.parametrize("days", [0, 1, 13])
def test_little_history_is_no_forecast(days: int) -> None:
    history = Habit().days(1)[:days]

    assert forecast(history, Habit().days(1)[60].day) is None


def test_days_before_the_first_use_do_not_count() -> None:
    days = Habit().days(1)
    unused = [type(day)(day.day, day.usd * 0) for day in days[:60]]

    assert forecast([*unused, *days[60:73]], days[90].day) is None
    assert forecast([*unused, *days[60:74]], days[90].day) is not None


def test_weekends_of_nothing_stay_weekends_of_nothing() -> None:
    days = Habit(noise=0.0, weekend=0.0).days(3)[:42]

    ahead = forecast(days, days[-1].day.replace(day=28))

    assert ahead is not None
    assert [day.usd for day in ahead.days if day.day.weekday() > 4] == [0] * sum(
        d.day.weekday() > 4 for d in ahead.days
    )
    assert all(day.usd for day in ahead.days if day.day.weekday() < 5)
