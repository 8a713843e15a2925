"""Learning from labels: a small head that says where the score misreads a workspace, and whether that may be believed.

Standard library only, and the same outcome for the same labels. Nothing here acts.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from bot.routing.correction import FIGURES, FOLD, packed
from bot.routing.features import Features
from bot.routing.scorer import logistic

_FOLDS, _ROUNDS, _PASSES = 5, 400, 10
_RATE, _SMALL = 0.05, 0.01
"""The step of AdaGrad and the weight of the squares: chosen on the public outcomes (`DECISIONS.md`), not on these labels."""

_SURE = 0.05
"""The gain must be above nothing in all but so many of the resampled labels."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One answer of a tier below the strongest: what was seen of its ask, the log-odds of failing it was given, whether it failed."""

    seen: Features
    usual: float
    failed: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """How the learned head ranks answers it has not seen, beside the shipped weights alone.

    `before` and `after` are APGR: the share of failures met, averaged over how many of the hardest-looking asks go to a
    model that would not fail. `low` is the gain that all but 5 % of the resampled labels exceed.
    """

    labels: int
    failed: int
    before: float
    after: float
    low: float

    @property
    def better(self) -> bool:
        """Whether the head may be used."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class _Weights:
    figures: tuple[float, ...]
    words: tuple[float, ...]

    def of(self, row: _Row) -> float:
        total: float = sum(map(mul, row.values, map((*self.figures, *self.words).__getitem__, row.columns)))
        return total


@dataclass(frozen=True, slots=True)
class _Row:
    columns: tuple[int, ...]
    values: tuple[float, ...]


def tried(lessons: Sequence[Lesson]) -> Trial:
    """Learn from four fifths and rank the last, for each fifth of the time; a fold never sees what it ranks.

    There must be answers that failed and answers that did not.
    """
    usual = [lesson.usual for lesson in lessons]
    moved = [0.0] * len(lessons)
    size = -(-len(lessons) // _FOLDS)
    rows = [_row(lesson.seen) for lesson in lessons]
    for start in range(0, len(lessons), size):
        held = range(start, min(start + size, len(lessons)))
        others = [n for n in range(len(lessons)) if n not in held]
        weights = _fitted([lessons[n] for n in others], [rows[n] for n in others])
        centre = sum(weights.of(rows[n]) for n in others) / len(others)
        for n in held:
            moved[n] = usual[n] + weights.of(rows[n]) - centre
    failed = [lesson.failed for lesson in lessons]
    before, after = _hardest_first(usual), _hardest_first(moved)
    each = [1] * len(lessons)
    gains = sorted(_gains(before, after, failed))
    return Trial(
        len(lessons), sum(failed), _apgr(before, failed, each), _apgr(after, failed, each), gains[int(_SURE * _ROUNDS)]
    )


def learned(lessons: Sequence[Lesson], traffic: Sequence[Features]) -> bytes:
    """The head learned from all lessons, as it is kept; over `traffic` it moves nothing on the whole.

    Who complains is no fair sample: labels say which asks are harder than they look, not how hard asks are.
    """
    weights = _fitted(lessons, [_row(lesson.seen) for lesson in lessons])
    usual = traffic or [lesson.seen for lesson in lessons]
    centre = sum(weights.of(_row(seen)) for seen in usual) / len(usual)
    return packed(-centre, weights.figures, weights.words)


def _row(seen: Features) -> _Row:
    columns = (*range(FIGURES), *(FIGURES + bucket % FOLD for bucket in seen.buckets))
    return _Row(columns, (*seen.statistics, *(seen.values or [seen.unit] * len(seen.buckets))))


def _fitted(lessons: Sequence[Lesson], rows: Sequence[_Row]) -> _Weights:
    """Logistic regression on top of the usual log-odds, by AdaGrad."""
    weights, squares = [0.0] * (FIGURES + FOLD), [1e-6] * (FIGURES + FOLD)
    level, order = 0.0, list(range(len(lessons)))
    dice = random.Random(0)  # noqa: S311 - an order, no secret
    for _ in range(_PASSES):
        dice.shuffle(order)
        for n in order:
            columns, values = rows[n].columns, rows[n].values
            odds = lessons[n].usual + level + sum(map(mul, values, map(weights.__getitem__, columns)))
            error = logistic(odds) - lessons[n].failed
            level -= _RATE / 4 * error
            for column, value in zip(columns, values, strict=True):
                slope = error * value + _SMALL * weights[column]
                squares[column] += slope * slope
                weights[column] -= _RATE * slope / math.sqrt(squares[column])
    return _Weights(tuple(weights[:FIGURES]), tuple(weights[FIGURES:]))


def _hardest_first(scores: Sequence[float]) -> list[int]:
    return sorted(range(len(scores)), key=lambda n: -scores[n])


def _apgr(order: Sequence[int], failed: Sequence[bool], times: Sequence[int]) -> float:
    """The area under "share of failures met" over "share of asks sent up"; `times` counts each label so often."""
    met, area, asks = 0, 0.0, 0
    for n in order:
        area += times[n] * (met + times[n] * failed[n] / 2)
        met += times[n] * failed[n]
        asks += times[n]
    return area / (asks * met) if met else 0.5


def _gains(before: Sequence[int], after: Sequence[int], failed: Sequence[bool]) -> list[float]:
    """What the head gains on labels drawn again and again, with replacement."""
    dice = random.Random(1)  # noqa: S311 - a resample, no secret
    gains = []
    for _ in range(_ROUNDS):
        times = [0] * len(failed)
        for n in dice.choices(range(len(failed)), k=len(failed)):
            times[n] += 1
        gains.append(_apgr(after, failed, times) - _apgr(before, failed, times))
    return gains
