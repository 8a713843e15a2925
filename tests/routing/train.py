"""Train the local scorer: `python -m tests.routing.train --data FOLDER`. The same bits every time; without the data it says so."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bot.routing.features import BUCKETS
from bot.routing.scorer import scorer_of
from tests.routing.heads import HEADS, gain_heads, intent_heads, tier_heads
from tests.routing.judged import judged
from tests.routing.training_data import Row, digests, missing, rows

OUT = Path(__file__).parents[2] / "bot" / "routing" / "scorer_weights.json"
OPINION = {
    "slope": 0.35,
    "offset": -0.41,
    "source": "a careful guess until there are outcomes: a raw 0.95 was really 0.65 at LiteLLM",
}
"""How a model's own confidence becomes a probability: a logistic curve over its log-odds."""


def main() -> None:
    """Write the weights, what they were trained on, and how well they did on what was held out."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=Path("../shared/data/routing"))
    asked.add_argument("--out", type=Path, default=OUT)
    options = asked.parse_args()
    if missing(options.data):
        sys.stdout.write(f"no training data in {options.data}: the shipped weights stay as they are\n")
        return
    stored = trained(rows(options.data)) | {"trained_on": digests(options.data)}
    options.out.write_text(json.dumps(stored, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
    for name, value in stored["report"].items():
        sys.stdout.write(f"{name}: {json.dumps(value)}\n")
    sys.stdout.write(f"{options.out}: {options.out.stat().st_size} bytes\n")


def trained(found: list[Row]) -> dict[str, Any]:
    """All heads, and the report on them."""
    heads, likelihoods = tier_heads(found)
    stored: dict[str, Any] = {
        "heads": heads | gain_heads(found),
        "likelihoods": likelihoods,
        "intents": intent_heads(found),
        "opinion": OPINION,
    }
    counts = {"rows": len(found), "buckets": BUCKETS, "heads": HEADS}
    return stored | {"report": counts | {"held_out_messages": judged(scorer_of(stored))}}


if __name__ == "__main__":
    main()
