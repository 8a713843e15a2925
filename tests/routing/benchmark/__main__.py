"""`make bench-routing`: Lucy's scorer beside others', with confidence intervals; what it prints stands in the README too."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bot.routing.choice import Question, Tier
from bot.routing.decide import decide
from bot.routing.stakes import Dial, shipped_stakes
from tests.routing.benchmark.metrics import Vector, apgr, cpt, interval
from tests.routing.benchmark.outcomes import Outcomes, cross_validated, in_sample, read, without_each_fold
from tests.routing.benchmark.peers import ABSENT, ROUNDS, Peer, peers, quickest, timed
from tests.routing.messages import Message, messages
from tests.routing.training_data import missing

OUT = Path(__file__).with_name("table.md")
LONG = 8000


def main() -> None:
    """Measure, print, and write the table that the README shows."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=Path("../shared/data/routing"))
    asked.add_argument("--uncommon-route", help="a Python that has the package uncommon-route")
    options = asked.parse_args()
    if missing(options.data):
        sys.stdout.write(f"no outcomes in {options.data}: nothing can be measured\n")
        return
    others = peers(options.uncommon_route)
    lines = [*_ranking(options.data, others), "", *_three_tiers(others), "", *_small_print()]
    OUT.write_text("\n".join(lines) + "\n", "utf-8")
    sys.stdout.write(OUT.read_text("utf-8"))


def _ranking(folder: Path, others: dict[str, Peer]) -> Iterator[str]:
    sets = read(folder)
    sizes = " and ".join(f"{len(found.texts):,} of {name.upper()}" for name, found in sets.items())
    yield f"Measured on {datetime.now(UTC):%Y-%m-%d}: Mixtral-8x7B against GPT-4-1106 on {sizes}."
    yield ""
    yield "| scorer | MMLU APGR (95 %) | CPT50 / 80 | GSM8K APGR (95 %) | CPT50 / 80 | macro | µs p50 / p99 |"
    yield "|---|---|---|---|---|---|---|"
    scores = {
        name: {key: np.array([said.score for said in peer(found.texts)]) for key, found in sets.items()}
        for name, peer in others.items()
    }
    texts = [message.question.text for message in messages()] + _long_texts()
    micros = quickest(others | {"Lucy": timed(_lucy)}, texts)
    for name in others:
        yield _row(name, scores[name], sets, micros[name])
    ours, folds = micros["Lucy"], without_each_fold(folder)
    yield _row(
        "**Lucy**, question folds", {key: cross_validated(folds, f.texts) for key, f in sets.items()}, sets, ours
    )
    yield _row("Lucy as shipped, *in-sample*", {key: in_sample(f.texts) for key, f in sets.items()}, sets, ours)


def _row(name: str, scores: dict[str, Vector], sets: dict[str, Outcomes], micros: list[float]) -> str:
    cells, all_apgr = [], []
    for key, found in sets.items():
        score, pair = scores[key], (found.weak, found.strong)
        low, high = interval(score, *pair)
        all_apgr.append(apgr(score, *pair))
        cells.append(f"{all_apgr[-1]:.3f} ({low:.3f}-{high:.3f})")
        cells.append(f"{cpt(score, *pair, 0.5):.0%} / {cpt(score, *pair, 0.8):.0%}")
    p50, p99 = np.percentile(micros, [50, 99])
    return f"| {name} | {' | '.join(cells)} | {np.mean(all_apgr):.3f} | {p50:.0f} / {p99:.0f} |"


def _three_tiers(others: dict[str, Peer]) -> Iterator[str]:
    held_out = [message for message in messages() if message.held_out]
    texts = [message.question.text for message in held_out]
    yield f"Three tiers at list prices, on the {len(held_out)} workplace messages nothing was learned from (threads and files given to Lucy alone):"
    yield ""
    yield "| policy | USD per 1,000 asks | right tier | too weak |"
    yield "|---|---|---|---|"
    for tier in Tier:
        yield _policy(f"always tier {tier}", held_out, [tier] * len(held_out))
    yield _policy("prompt length, borders chosen in hindsight", held_out, _best_by_length(held_out))
    for name, peer in others.items():
        said = peer(texts)
        if all(one.tier for one in said):
            yield _policy(f"{name}, as shipped", held_out, [Tier(one.tier or 2) for one in said])
    for dial in Dial:
        stakes = replace(shipped_stakes(), dial=dial)
        chosen = [decide(message.question, stakes).choice.tier for message in held_out]
        yield _policy(f"**Lucy**, {dial}", held_out, chosen)


def _policy(name: str, asked: list[Message], chosen: list[Tier]) -> str:
    stakes, usd = shipped_stakes(), 0.0
    for message, tier in zip(asked, chosen, strict=True):
        intent = message.intent or decide(message.question).choice.intent
        usd += stakes.costs(message.question, intent)[tier - 1]
    right = sum(message.tier is tier for message, tier in zip(asked, chosen, strict=True)) / len(asked)
    weak = sum(tier < message.tier for message, tier in zip(asked, chosen, strict=True)) / len(asked)
    return f"| {name} | {1000 * usd / len(asked):.2f} | {right:.1%} | {weak:.1%} |"


def _best_by_length(asked: list[Message]) -> list[Tier]:
    lengths = np.array([len(message.question.text) for message in asked])
    needs = np.array([int(message.tier) for message in asked])
    borders = np.unique(lengths)
    tried = ((low, high) for low in borders for high in borders if low <= high)
    low, high = max(tried, key=lambda pair: int((_by_length(lengths, *pair) == needs).sum()))
    return [Tier(int(tier)) for tier in _by_length(lengths, low, high)]


def _by_length(lengths: np.ndarray, low: int, high: int) -> np.ndarray:
    return 1 + (lengths > low) + (lengths > high)


def _small_print() -> Iterator[str]:
    yield (
        "APGR: share of the gap between the two models won back, averaged over how often the stronger one is called; a random "
        "order has 0.5 and so has every constant. CPT50, CPT80: share of strong calls that wins back half, four fifths. "
        "*Question folds*: five parts by question, each judged by heads that never saw it; penalties and sizes of the heads were "
        "chosen on the same folds. *In-sample* learned from the very questions and is shown for that only. The pair of models is "
        "of 2023-24; peers run with their shipped defaults. UncommonRoute may have seen the public labels that Lucy's tier heads "
        "learned from, too. The outcomes are of two models, so the three-tier table uses our own labels and expected tokens."
    )
    yield ""
    yield (
        f"Microseconds: per decision, best of {ROUNDS}, on {len(messages()):,} workplace messages and {len(_long_texts())} of "
        f"{LONG:,} characters. {ABSENT}"
    )


def _long_texts() -> list[str]:
    return [((message.question.text + " ") * LONG)[:LONG] for message in messages()[:20]]


def _lucy(text: str) -> tuple[float, None]:
    return decide(Question(text)).choice.score or 0.0, None


if __name__ == "__main__":
    main()
