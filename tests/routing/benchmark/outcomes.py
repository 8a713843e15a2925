"""Public outcomes: was the weak model right, was the strong one; and our own scorer, trained without the questions it judges."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from bot.routing.scorer import Scorer, scorer_of, shipped
from tests.routing.benchmark.metrics import Vector
from tests.routing.heads import FOLDS, gain_heads
from tests.routing.train import OUT
from tests.routing.training_data import outcomes, rows

SETS = ("mmlu", "gsm8k")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One set of questions."""

    texts: list[str]
    weak: Vector
    strong: Vector


def read(folder: Path) -> dict[str, Outcomes]:
    """Set -> its questions."""
    found = list(outcomes(folder))
    return {
        name: Outcomes(
            [row["text"] for row in found if row["set"] == name],
            np.array([float(row["weak"]) for row in found if row["set"] == name]),
            np.array([float(row["strong"]) for row in found if row["set"] == name]),
        )
        for name in SETS
    }


def fold_of(text: str) -> int:
    """The same for the same question: its first 80 characters, whatever their case and blanks."""
    return crc32(" ".join(text.lower().split())[:80].encode("utf-8", "replace")) % FOLDS


def without_each_fold(folder: Path) -> list[Scorer]:
    """Five scorers, each of whose gain heads never saw the outcomes of its fold; the other heads never saw any outcome."""
    stored, found = json.loads(OUT.read_text("utf-8")), rows(folder)
    return [
        scorer_of(stored | {"heads": stored["heads"] | gain_heads([row for row in found if fold_of(row.text) != fold])})
        for fold in range(FOLDS)
    ]


def cross_validated(scorers: list[Scorer], texts: list[str]) -> Vector:
    """Each text's hardness, by the scorer that did not learn from it."""
    return np.array([hardness(scorers[fold_of(text)], text) for text in texts])


def in_sample(texts: list[str]) -> Vector:
    """Each text's hardness by the shipped weights, which learned from these very outcomes."""
    return np.array([hardness(shipped(), text) for text in texts])


def hardness(scorer: Scorer, text: str) -> float:
    """The score, or 0 for a text without words."""
    found = scorer.score(text)
    return found.hardness if found else 0.0
