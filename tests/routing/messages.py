"""Our own labelled workplace messages: half to learn from, half held out to judge by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.routing.choice import Intent, Past, Question, Tier

HERE = Path(__file__).parent
OWN = ("workplace_messages.jsonl", "workplace_training.jsonl")


@dataclass(frozen=True, slots=True)
class Message:
    """What someone asked, where, and what a person said it needs."""

    question: Question
    tier: Tier
    intent: Intent | None
    held_out: bool


def messages() -> list[Message]:
    """All of them, in the files' order."""
    return list(_read())


def _read() -> Iterator[Message]:
    for name in OWN:
        for line in (HERE / name).read_text("utf-8").splitlines():
            raw = json.loads(line)
            intent = Intent(raw["intent"]) if "intent" in raw else None
            yield Message(_question(raw), Tier(raw["tier"]), intent, raw.get("half") == "held")


def _question(raw: dict[str, Any]) -> Question:
    thread = tuple(Past(past["who"], past["text"], Tier(past["tier"])) for past in raw.get("thread", ()))
    return Question(raw["text"], thread, raw.get("files", 0))
