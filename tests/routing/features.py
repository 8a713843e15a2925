"""The scorer's own features as a matrix, and ridge regression on it; numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.routing.scorer import BUCKETS, INTENT_BUCKETS, clip, features, tokens

Vector = NDArray[np.float64]

STATISTICS_WEIGH = 0.05
"""A standardised statistic counts this much beside the words, which have unit length together."""

STEPS = 25


class Matrix:
    """One row per text: 1, the standardised statistics, the hashed words (sparse). Each text has at least one word."""

    def __init__(self, texts: list[str], *, intent: bool = False) -> None:
        found = [features(clipped, tokens(clipped)) for clipped in map(clip, texts)]
        words = [row.first_words if intent else row.buckets for row in found]
        self.rows, self.buckets = len(found), INTENT_BUCKETS if intent else BUCKETS
        self.row = np.repeat(np.arange(self.rows), [len(row) for row in words])
        self.column = np.array([bucket for row in words for bucket in row])
        values = [[len(row.first_words) ** -0.5] * len(row.first_words) if intent else row.values for row in found]
        self.value = np.array([value for row in values for value in row])
        plain = np.array([row.dense for row in found])
        self.mean, self.spread = plain.mean(0), plain.std(0) + 1e-6
        scaled = (plain - self.mean) / self.spread * (0.0 if intent else STATISTICS_WEIGH)
        self.dense = np.concatenate([np.ones((self.rows, 1)), scaled], axis=1)

    def times(self, weights: Vector) -> Vector:
        """X w."""
        width = self.dense.shape[1]
        words = np.bincount(self.row, self.value * weights[width:][self.column], minlength=self.rows)
        return self.dense @ weights[:width] + words

    def transposed_times(self, errors: Vector) -> Vector:
        """X' e."""
        words = np.bincount(self.column, self.value * errors[self.row], minlength=self.buckets)
        return np.concatenate([self.dense.T @ errors, words])

    def ridge(self, target: Vector, weight: Vector, penalty: float) -> Vector:
        """Weighted ridge regression by conjugate gradients; the bias is free."""
        penalties = np.full(self.dense.shape[1] + self.buckets, penalty)
        penalties[0] = 1e-6
        residual = self.transposed_times(weight * target)
        solved, direction, size = np.zeros_like(residual), residual.copy(), residual @ residual
        for _ in range(STEPS):
            image = self.transposed_times(weight * self.times(direction)) + penalties * direction
            step = size / (direction @ image)
            solved += step * direction
            residual -= step * image
            before, size = size, residual @ residual
            direction = residual + size / before * direction
        return solved

    def unscaled(self, solved: Vector) -> tuple[float, Vector, Vector]:
        """Bias, statistics' and words' weights for raw features."""
        width = self.dense.shape[1]
        dense = solved[1:width] * STATISTICS_WEIGH / self.spread
        return float(solved[0] - dense @ self.mean), dense, solved[width:]
