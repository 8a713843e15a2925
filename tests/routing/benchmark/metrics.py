"""RouteLLM's figures: how much of the gap between two models is won back by sending the hardest texts to the stronger one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def apgr(score: Vector, weak: Vector, strong: Vector, seed: int = 0) -> float:
    """Share of the gap recovered, averaged over 0, 10, ... 100 % strong calls. Ties are broken at random."""
    shares, quality = _curve(score, weak, strong, 11, seed)
    gap = strong.mean() - weak.mean()
    return float((np.trapezoid(quality, shares) - weak.mean()) / gap)


def cpt(score: Vector, weak: Vector, strong: Vector, level: float) -> float:
    """The smallest share of strong calls that wins back `level` of the gap, to a percent."""
    shares, quality = _curve(score, weak, strong, 101, 0)
    wanted = weak.mean() + level * (strong.mean() - weak.mean())
    return float(shares[int(np.argmax(quality >= wanted - 1e-12))])


def interval(score: Vector, weak: Vector, strong: Vector, rounds: int = 200) -> tuple[float, float]:
    """The middle 95 % of APGR over resampled questions."""
    dice, count = np.random.default_rng(1), len(score)
    drawn = [dice.integers(0, count, count) for _ in range(rounds)]
    found = [apgr(score[rows], weak[rows], strong[rows], seed) for seed, rows in enumerate(drawn)]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def _curve(score: Vector, weak: Vector, strong: Vector, points: int, seed: int) -> tuple[Vector, Vector]:
    count = len(score)
    hardest_first = np.lexsort((np.random.default_rng(seed).random(count), -score))
    gained = np.concatenate([[0.0], np.cumsum((strong - weak)[hardest_first])])
    at = np.round(np.linspace(0, count, points)).astype(int)
    return at / count, (weak.sum() + gained[at]) / count
