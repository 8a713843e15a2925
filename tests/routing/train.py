"""Train the local scorer: `python -m tests.routing.train DATA`. Deterministic; without the data it says so and exits 0."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bot.routing.scorer import BUCKETS, clip, hashed_words, statistics, tokens

OUT = Path(__file__).parents[2] / "bot" / "routing" / "scorer_weights.json"
OWN = Path(__file__).with_name("workplace_training.jsonl")
RIDGE = 3.0
TARGETS = {"SIMPLE": (0.03, 0.01), "MEDIUM": (0.7, 0.08), "COMPLEX": (0.97, 0.7), "REASONING": (0.98, 0.85)}
OWN_TARGETS = {1: (0.03, 0.01), 2: (0.75, 0.1), 3: (0.97, 0.85)}

Row = tuple[str, float, float, float]


def main() -> None:
    """Read the data, solve one ridge regression per head, write int8 weights."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/routing")
    if not (folder / "labels.jsonl.gz").exists():
        sys.stdout.write(f"no training data in {folder}: the shipped weights stay as they are\n")
        return
    rows = [*labels(folder), *outcomes(folder), *own()]
    left, right = normal_equations(rows)
    solved = np.linalg.solve(left + RIDGE * np.eye(len(left)), right)
    heads = {name: exported(solved[:, column]) for column, name in enumerate(("tier1_fails", "tier2_fails"))}
    names = ("labels.jsonl.gz", "outcomes.jsonl.gz")
    digest = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    report = {"rows": len(rows), "mean_absolute_error": error(rows[::7], solved)}
    OUT.write_text(json.dumps({"trained_on": digest, "report": report, "heads": heads}) + "\n", "utf-8")
    sys.stdout.write(f"{json.dumps(report)}\n{OUT.stat().st_size} bytes\n")


def labels(folder: Path) -> Iterator[Row]:
    """Complexity labels; small talk is plenty and counts less."""
    for raw in lines(folder / "labels.jsonl.gz"):
        row = json.loads(raw)
        yield row["text"], *TARGETS[row["label"]], 1.0 if row["set"] == "uncommon" else 0.15


def outcomes(folder: Path) -> Iterator[Row]:
    """Exam questions that a weak and a strong model answered."""
    for raw in lines(folder / "outcomes.jsonl.gz"):
        row = json.loads(raw)
        yield row["text"], 0.35 + 0.6 * (1 - row["weak"]), 0.1 + 0.6 * (1 - row["strong"]), 0.1


def lines(path: Path) -> list[str]:
    """The lines of a gzipped file."""
    return gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()


def own() -> Iterator[Row]:
    """Our own workplace messages."""
    if OWN.exists():
        for raw in OWN.read_text("utf-8").splitlines():
            row = json.loads(raw)
            yield row["text"], *OWN_TARGETS[row["tier"]], 3.0


def features(text: str) -> np.ndarray:
    """Bias, statistics, hashed words."""
    clipped = clip(text)
    words = tokens(clipped) or ["^"]
    row = np.zeros(1 + 8 + BUCKETS, dtype=np.float64)
    row[0] = 1.0
    row[1:9] = statistics(clipped or " ", words)
    for bucket, weight in hashed_words(words).items():
        row[9 + bucket] = weight
    return row


def normal_equations(rows: list[Row]) -> tuple[np.ndarray, np.ndarray]:
    """X'WX and X'WY, in blocks."""
    size = 1 + 8 + BUCKETS
    left, right = np.zeros((size, size)), np.zeros((size, 2))
    for start in range(0, len(rows), 2000):
        block = rows[start : start + 2000]
        matrix = np.stack([features(text) for text, *_ in block])
        weighted = matrix * np.array([row[3] for row in block])[:, None]
        left += matrix.T @ weighted
        right += weighted.T @ np.array([row[1:3] for row in block])
    return left, right


def exported(weights: np.ndarray) -> dict[str, object]:
    """One head: bias and statistics as they are, hashed words as int8."""
    hashed = weights[9:]
    scale = float(np.abs(hashed).max() / 127)
    packed = np.round(hashed / scale).astype(np.int8).tobytes()
    return {
        "bias": round(float(weights[0]), 6),
        "dense": [round(float(value), 6) for value in weights[1:9]],
        "scale": round(scale, 9),
        "weights": base64.b64encode(packed).decode(),
    }


def error(rows: list[Row], solved: np.ndarray) -> float:
    """Mean absolute error of the first head on a sample."""
    return round(float(np.mean([abs(features(row[0]) @ solved[:, 0] - row[1]) for row in rows])), 4)


if __name__ == "__main__":
    main()
