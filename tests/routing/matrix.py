"""The scorer's own features as a matrix, and ridge regression on it.

Sums only by `bincount` and `sum`, in one order, and no BLAS: the same bits on every processor and number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.routing.features import BUCKETS, INTENT_BUCKETS, Features, clip, features, tokens

Vector = NDArray[np.float64]
Rows = NDArray[np.bool_]

STEPS = 40


@dataclass(frozen=True, slots=True)
class Solved:
    """A regression's weights for raw features."""

    bias: float
    statistics: Vector
    words: Vector


class Matrix:
    """One row per text, sparse: column 0 is 1, then the statistics, then the hashed words."""

    def __init__(
        self, row: NDArray[np.int64], column: NDArray[np.int64], value: Vector, shape: tuple[int, int]
    ) -> None:
        self.row, self.column, self.value, self.shape = row, column, value, shape

    def times(self, weights: Vector) -> Vector:
        """X w."""
        return np.bincount(self.row, self.value * weights[self.column], minlength=self.shape[0])

    def transposed_times(self, errors: Vector) -> Vector:
        """X' e."""
        return np.bincount(self.column, self.value * errors[self.row], minlength=self.shape[1])

    def of(self, kept: Rows) -> Matrix:
        """Only these rows."""
        entries = kept[self.row]
        renumbered = np.cumsum(kept) - 1
        shape = int(kept.sum()), self.shape[1]
        return Matrix(renumbered[self.row[entries]], self.column[entries], self.value[entries], shape)

    def solve(self, target: Vector, weight: Vector, penalty: float, scales: Vector) -> Vector:
        """Weighted ridge regression by conjugate gradients on the columns times `scales`; the bias is free."""
        scaled = Matrix(self.row, self.column, self.value * scales[self.column], self.shape)
        penalties = np.full(self.shape[1], penalty)
        penalties[0] = 1e-6
        residual = scaled.transposed_times(weight * target)
        solved, direction, size = np.zeros_like(residual), residual.copy(), _dot(residual, residual)
        for _ in range(STEPS):
            image = scaled.transposed_times(weight * scaled.times(direction)) + penalties * direction
            step = size / _dot(direction, image)
            solved += step * direction
            residual -= step * image
            before, size = size, _dot(residual, residual)
            direction = residual + size / before * direction
        return solved * scales


class Texts:
    """Texts read once, as a matrix for any number of buckets."""

    def __init__(self, texts: list[str]) -> None:
        self.found: list[Features] = [features(clipped, tokens(clipped)) for clipped in map(clip, texts)]
        self.statistics = np.array([row.statistics for row in self.found])

    def matrix(self, buckets: int = BUCKETS) -> Matrix:
        """Statistics and words."""
        return self._built([(row.buckets, row.values or (row.unit,) * len(row.buckets)) for row in self.found], buckets)

    def first_words(self) -> Matrix:
        """The statistics left out, the first words alone, as the intents see them."""
        words = [(row.first_words, (len(row.first_words) ** -0.5,) * len(row.first_words)) for row in self.found]
        return self._built(words, INTENT_BUCKETS, statistics=False)

    def _built(
        self, words: list[tuple[tuple[int, ...], tuple[float, ...]]], buckets: int, *, statistics: bool = True
    ) -> Matrix:
        width = 1 + self.statistics.shape[1]
        row, column, value = list[int](), list[int](), list[float]()
        for number, (seen, values) in enumerate(words):
            figures = self.found[number].statistics if statistics else ()
            row += [number] * (1 + len(figures) + len(seen))
            column += [*range(1 + len(figures)), *(width + bucket % buckets for bucket in seen)]
            value += [1.0, *figures, *values]
        return Matrix(np.array(row), np.array(column), np.array(value), (len(words), width + buckets))


def _dot(left: Vector, right: Vector) -> float:
    return float((left * right).sum())
