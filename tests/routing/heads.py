"""The scorer's heads, each one regression on labelled texts."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

from bot.routing.choice import Intent
from bot.routing.context import context_of
from bot.routing.features import INTENT_BUCKETS, clip, features, tokens
from bot.routing.scorer import head_of, logistic
from tests.routing.matrix import Matrix, Texts, Vector
from tests.routing.training_data import Row, in_context

HEADS = {
    "tier1_fails": {"buckets": 8192, "ridge": 4.0, "statistics": 0.3, "common": 0.0},
    "tier2_fails": {"buckets": 8192, "ridge": 4.0, "statistics": 0.3, "common": 0.0},
    "exam_gain": {"buckets": 16384, "ridge": 60.0, "statistics": 0.1, "common": 0.3},
    "gain": {"buckets": 4096, "ridge": 15.0, "statistics": 0.1, "common": 0.15},
    "intent": {"ridge": 3.0},
    "context": {"ridge": 1.0},
}
"""Per head: buckets, penalty, what a standardised statistic weighs beside the words, and the power of a word's frequency
that scales its column (a word seen once should explain little). Chosen by question folds and on the half to learn from."""

USUAL = {"tier1_fails": 0.5, "tier2_fails": 0.8}
"""The quantile of our own messages that a workspace's traffic is compared at: near where the tiers part."""

FOLDS = 5


class Regression:
    """One head on one set of texts, solved again for any rows of them."""

    def __init__(self, name: str, texts: Texts) -> None:
        shape = HEADS[name]
        self.matrix = texts.matrix(int(shape["buckets"]))
        self.width = 1 + texts.statistics.shape[1]
        self._spread = texts.statistics.std(0) + 1e-6
        self._shape = shape

    def fit(self, target: Vector, weight: Vector, rows: Vector | None = None) -> Vector:
        """Weights for raw features, from all rows or those that are true in `rows`."""
        kept = np.ones(len(target), bool) if rows is None else rows.astype(bool)
        matrix = self.matrix.of(kept)
        return matrix.solve(target[kept], weight[kept], self._shape["ridge"], self._scales(matrix))

    def _scales(self, matrix: Matrix) -> Vector:
        seen = np.bincount(matrix.column, minlength=matrix.shape[1])[self.width :] + 1.0
        middle = float(np.median(seen))
        by_count = np.array([(count / middle) ** self._shape["common"] for count in range(int(seen.max()) + 1)])
        return np.concatenate([[1.0], self._shape["statistics"] / self._spread, by_count[seen.astype(int)]])


def tier_heads(found: list[Row]) -> tuple[dict[str, object], dict[str, Any]]:
    """P(tier 1 fails) and P(tier 2 fails) from what people said each message needs: the heads, and their likelihoods."""
    labelled = [row for row in found if row.tier]
    texts, weights = Texts([row.text for row in labelled]), np.array([row.weight for row in labelled])
    needs = np.array([row.tier for row in labelled])
    folds = np.array([FOLDS if row.own is None else row.own % FOLDS for row in labelled])
    heads, likelihoods = dict[str, object](), dict[str, Any]()
    for tier, name in ((1, "tier1_fails"), (2, "tier2_fails")):
        regression, target = Regression(name, texts), (needs > tier).astype(float)
        unseen = np.zeros(len(target))
        for fold in range(FOLDS):
            solved = regression.fit(target, weights, folds != fold)
            unseen[folds == fold] = regression.matrix.of(folds == fold).times(solved)
        slope, offset = curve(unseen[folds < FOLDS], target[folds < FOLDS])
        share = USUAL[name]
        usual = logistic(slope * float(np.quantile(unseen[folds < FOLDS], share)) + offset)
        heads[name] = exported(regression.fit(target, weights), regression.width)
        likelihoods[name] = {"context": context_weights(heads[name], tier), "slope": slope, "offset": offset}
        likelihoods[name] |= {"share": share, "usual": round(usual, 4)}
    return heads, likelihoods


def gain_heads(found: list[Row]) -> dict[str, object]:
    """What a stronger model gains: one head for questions with options, one for all other texts."""
    heads = dict[str, object]()
    for name, has_options in (("exam_gain", True), ("gain", False)):
        judged = [row for row in found if row.gain is not None and row.has_options is has_options]
        regression = Regression(name, Texts([row.text for row in judged]))
        gains, weights = np.array([row.gain for row in judged]), np.array([row.gain_weight for row in judged])
        heads[name] = exported(regression.fit(gains, weights), regression.width)
    return heads


def intent_heads(found: list[Row]) -> dict[str, object]:
    """One against the rest for each intent."""
    named = [row for row in found if row.intent]
    matrix, weights = Texts([row.text for row in named]).first_words(), np.array([row.weight for row in named])
    width = matrix.shape[1] - INTENT_BUCKETS
    heads = dict[str, object]()
    for intent in Intent:
        target = np.array([float(row.intent == intent) for row in named])
        solved = matrix.solve(target, weights, HEADS["intent"]["ridge"], np.ones(matrix.shape[1]))
        heads[intent.value] = exported(solved, width)
    return heads


def context_weights(stored: dict[str, object], tier: int) -> list[float]:
    """What a thread and files add to a head's value: a regression of what the text alone leaves unexplained."""
    told = in_context()
    figures = [context_of(message.question) or () for message in told]
    alone = np.array([_value(stored, message.question.text) for message in told])
    width = len(figures[0])
    row, column = np.repeat(np.arange(len(told)), width), np.tile(np.arange(1, width + 1), len(told))
    matrix = Matrix(row, column, np.array(figures).ravel(), (len(told), width + 1))
    left = np.array([float(message.tier > tier) for message in told]) - alone
    solved = matrix.solve(left, np.ones(len(told)), HEADS["context"]["ridge"], np.ones(width + 1))
    return [round(float(weight), 4) for weight in solved[1:]]


def curve(values: Vector, happened: Vector) -> tuple[float, float]:
    """Slope and offset of the logistic curve through what happened at these values, by Newton's method."""
    slope, offset = 5.0, -2.0
    for _ in range(30):
        chance = np.array([1 / (1 + math.exp(-(slope * value + offset))) for value in values.tolist()])
        miss, steep = chance - happened, chance * (1 - chance)
        by_slope, by_offset = float((miss * values).sum()) + 0.01 * slope, float(miss.sum())
        aa, ab, bb = float((steep * values * values).sum()) + 0.01, float((steep * values).sum()), float(steep.sum())
        determinant = aa * bb - ab * ab
        slope -= (bb * by_slope - ab * by_offset) / determinant
        offset -= (aa * by_offset - ab * by_slope) / determinant
    return round(slope, 4), round(offset, 4)


def exported(solved: Vector, width: int) -> dict[str, object]:
    """One head as it is stored: bias and statistics as they are, hashed words as int8."""
    words = solved[width:]
    scale = float(np.abs(words).max() / 127)
    return {
        "bias": round(float(solved[0]), 6),
        "statistics": [round(float(value), 6) for value in solved[1:width]],
        "scale": round(scale, 9),
        "weights": base64.b85encode(np.round(words / scale).astype(np.int8).tobytes()).decode(),
    }


def _value(stored: Any, text: str) -> float:
    clipped = clip(text)
    return head_of(stored).of(features(clipped, tokens(clipped)))
