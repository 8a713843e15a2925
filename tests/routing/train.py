"""Train the local scorer: `python -m tests.routing.train --data FOLDER`. Deterministic; without the data it says so."""

from __future__ import annotations

import argparse
import base64
import json
import sys
from pathlib import Path

import numpy as np

from bot.routing.choice import Intent
from bot.routing.scorer import BUCKETS
from tests.routing.features import Matrix, Vector
from tests.routing.training_data import Row, digests, missing, rows

OUT = Path(__file__).parents[2] / "bot" / "routing" / "scorer_weights.json"
RIDGE = {"tier": 1.0, "exam_gain": 30.0, "gain": 10.0, "intent": 3.0}


def main() -> None:
    """Solve one ridge regression per head, write int8 weights and what they were trained on."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=Path("../shared/data/routing"))
    asked.add_argument("--out", type=Path, default=OUT)
    options = asked.parse_args()
    if missing(options.data):
        sys.stdout.write(f"no training data in {options.data}: the shipped weights stay as they are\n")
        return
    found = rows(options.data)
    heads, intents = tier_heads(found) | gain_heads(found), intent_heads(found)
    report = {"rows": len(found), "heads": len(heads) + len(intents), "buckets": BUCKETS, "ridge": RIDGE}
    stored = {"trained_on": digests(options.data), "report": report, "heads": heads, "intents": intents}
    options.out.write_text(json.dumps(stored, separators=(",", ":")) + "\n", "utf-8")
    sys.stdout.write(f"{json.dumps(report)}\n{options.out.stat().st_size} bytes\n")


def tier_heads(found: list[Row]) -> dict[str, object]:
    """P(tier 1 fails) and P(tier 2 fails), from what people said each message needs."""
    labelled = [row for row in found if row.tier]
    matrix, weights = Matrix([row.text for row in labelled]), np.array([row.weight for row in labelled])
    needs = np.array([row.tier for row in labelled])
    return {
        f"tier{tier}_fails": exported(matrix, matrix.ridge((needs > tier).astype(float), weights, RIDGE["tier"]))
        for tier in (1, 2)
    }


def gain_heads(found: list[Row]) -> dict[str, object]:
    """What a stronger model gains: one head for questions with options, one for all other texts."""
    heads: dict[str, object] = {}
    for name, has_options in (("exam_gain", True), ("gain", False)):
        judged = [row for row in found if row.gain is not None and row.has_options is has_options]
        matrix = Matrix([row.text for row in judged])
        gains = np.array([row.gain for row in judged])
        weights = np.array([row.gain_weight for row in judged])
        heads[name] = exported(matrix, matrix.ridge(gains, weights, RIDGE[name]))
    return heads


def intent_heads(found: list[Row]) -> dict[str, object]:
    """One against the rest for each intent."""
    named = [row for row in found if row.intent]
    matrix = Matrix([row.text for row in named], intent=True)
    weights = np.array([row.weight for row in named])
    return {
        intent.value: exported(
            matrix, matrix.ridge(np.array([float(row.intent == intent) for row in named]), weights, RIDGE["intent"])
        )
        for intent in Intent
    }


def exported(matrix: Matrix, solved: Vector) -> dict[str, object]:
    """One head: bias and statistics as they are, hashed words as int8."""
    bias, dense, hashed = matrix.unscaled(solved)
    scale = float(np.abs(hashed).max() / 127)
    packed = np.round(hashed / scale).astype(np.int8).tobytes()
    return {
        "bias": round(bias, 6),
        "dense": [round(float(value), 6) for value in dense],
        "scale": round(scale, 9),
        "weights": base64.b64encode(packed).decode(),
    }


if __name__ == "__main__":
    main()
