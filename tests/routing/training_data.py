"""What the scorer learns from: public labels and outcomes (not in this repository) and our own workplace messages."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.routing.choice import Intent
from bot.routing.context import context_of
from bot.routing.features import tokens
from tests.routing.messages import HERE, OWN, Message, messages
from tests.routing.paraphrases import paraphrase

PUBLIC = ("labels.jsonl.gz", "outcomes.jsonl.gz")

TIER = {"SIMPLE": 1, "MEDIUM": 2, "COMPLEX": 3, "REASONING": 3}
GAIN = {1: -0.2, 2: 0.1, 3: 0.4}
"""Where a person named a tier instead of two models being tried; on the scale of the outcomes."""

SMALL_TALK_EVERY, SMALL_TALK_WEIGHS, OTHERS_WEIGH, OWN_WEIGHS = 6, 0.05, 0.5, 4.0
"""Small talk is plenty and all of one kind; others label by other rules; our own messages are few and what Lucy sees."""

PARAPHRASES = 3
"""So many other wordings of each of our own messages are learned from."""

INTENT = {
    "factual-qa": Intent.LOOKUP, "definition": Intent.LOOKUP, "translation": Intent.WRITING,
    "greeting": Intent.CHAT, "system-design": Intent.MULTI_STEP, "architecture": Intent.MULTI_STEP,
    "infrastructure": Intent.MULTI_STEP, "migration": Intent.MULTI_STEP, "ml-pipeline": Intent.MULTI_STEP,
    "agentic-task": Intent.MULTI_STEP, "explanation": Intent.REASONING, "comparison": Intent.REASONING,
    "formal-proof": Intent.REASONING, "math-derivation": Intent.REASONING, "algorithm-proof": Intent.REASONING,
    "game-theory": Intent.REASONING, "formal-logic": Intent.REASONING, "logic-puzzle": Intent.REASONING,
    "brainstorming": Intent.REASONING, "simple-code": Intent.CODE, "complex-code": Intent.CODE,
    "debugging": Intent.CODE, "code-review": Intent.CODE, "testing": Intent.CODE, "performance": Intent.CODE,
    "summary": Intent.SUMMARY, "rewrite": Intent.WRITING, "creative": Intent.WRITING,
    "documentation": Intent.WRITING, "extraction": Intent.DATA, "classification": Intent.DATA,
    "data-analysis": Intent.DATA, "structured-output": Intent.DATA, "thank_you": Intent.CHAT, "yes": Intent.CHAT,
    "no": Intent.CHAT, "goodbye": Intent.CHAT, "tell_joke": Intent.CHAT, "are_you_a_bot": Intent.CHAT,
    "who_made_you": Intent.CHAT, "how_old_are_you": Intent.CHAT, "time": Intent.LOOKUP, "date": Intent.LOOKUP,
    "weather": Intent.LOOKUP, "distance": Intent.LOOKUP, "calories": Intent.LOOKUP, "timezone": Intent.LOOKUP,
    "next_holiday": Intent.LOOKUP, "pto_balance": Intent.LOOKUP, "spelling": Intent.LOOKUP,
}  # fmt: skip
"""Their categories in our words; those that fit none say nothing about the intent."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text and what is known of it: the tier it needs, its intent, what a stronger model gained (-1 to 1).

    `own` numbers our messages; a message and its paraphrases share it.
    """

    text: str
    weight: float = 1.0
    tier: int | None = None
    intent: Intent | None = None
    gain: float | None = None
    gain_weight: float = 1.0
    has_options: bool = False
    own: int | None = None


def missing(folder: Path) -> bool:
    """Whether the public data is not there."""
    return not all((folder / name).exists() for name in PUBLIC)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that is read."""
    return digests_of([*(folder / name for name in PUBLIC), *(HERE / name for name in OWN)])


def digests_of(paths: list[Path]) -> dict[str, str]:
    """Name -> SHA-256."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def rows(folder: Path) -> list[Row]:
    """Everything there is to learn from; the held-out half of our own messages is left out."""
    return [row for row in (*_labels(folder), *_outcomes(folder), *_own()) if tokens(row.text)]


def own() -> list[Message]:
    """Our own messages to learn from, but for those with something around them."""
    return [message for message in _to_learn_from() if context_of(message.question) is None]


def in_context() -> list[Message]:
    """Our own messages to learn from, in threads or with files."""
    return [message for message in _to_learn_from() if context_of(message.question) is not None]


def _to_learn_from() -> list[Message]:
    return [message for message in messages() if not message.held_out and tokens(message.question.text)]


def _labels(folder: Path) -> Iterator[Row]:
    for number, line in enumerate(_lines(folder / "labels.jsonl.gz")):
        raw = json.loads(line)
        small_talk = raw["set"] != "uncommon"
        if small_talk and number % SMALL_TALK_EVERY:
            continue
        tier, weight = TIER[raw["label"]], SMALL_TALK_WEIGHS if small_talk else OTHERS_WEIGH
        intent = INTENT.get(raw["category"])
        yield Row(raw["text"], weight, tier, intent, gain=GAIN[tier], gain_weight=0.2 * weight)


def outcomes(folder: Path) -> Iterator[dict[str, Any]]:
    """The public outcomes as they are: set, text, and whether the weak and the strong model were right."""
    yield from map(json.loads, _lines(folder / "outcomes.jsonl.gz"))


def _outcomes(folder: Path) -> Iterator[Row]:
    for raw in outcomes(folder):
        yield Row(raw["text"], gain=raw["strong"] - raw["weak"], has_options=raw["set"] == "mmlu")


def _own() -> Iterator[Row]:
    for place, message in enumerate(own()):
        tier, intent = int(message.tier), message.intent
        for number in range(1 + PARAPHRASES):
            text = paraphrase(message.question.text, number) if number else message.question.text
            yield Row(text, OWN_WEIGHS, tier, intent, GAIN[tier], 0.3 / (1 + PARAPHRASES), own=place)


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from lines
