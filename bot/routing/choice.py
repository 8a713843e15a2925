"""What is asked, and what is chosen for it: plain values, shared by everything that routes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Literal

_RECENT = 8
"""So many of the thread's last messages set its tier."""


class Tier(IntEnum):
    """How strong a model is needed; higher is stronger and dearer."""

    FAST = 1
    STANDARD = 2
    FRONTIER = 3


class Intent(StrEnum):
    """What kind of work an ask is."""

    CHAT = "chat"
    LOOKUP = "lookup"
    WRITING = "writing"
    SUMMARY = "summary"
    DATA = "data"
    REASONING = "reasoning"
    CODE = "code"
    MULTI_STEP = "multi_step"


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier message of the thread; `tier` is set where Lucy answered."""

    who: Literal["user", "lucy"]
    text: str
    tier: Tier | None = None


@dataclass(slots=True)  # not frozen: a guard around each field takes microseconds of every choice
class Question:
    """The newest human text, decoded, mention stripped, and the thread before it, oldest first; how many files hang on it."""

    text: str
    thread: tuple[Past, ...] = ()
    files: int = 0

    @property
    def thread_tier(self) -> Tier | None:
        """The highest tier of Lucy's recent turns (the middle one if none is known); None before she has answered."""
        if not self.thread:
            return None
        turns = [past for past in self.thread[-_RECENT:] if past.who == "lucy"]
        known = [past.tier for past in turns if past.tier is not None]
        return max(known, default=Tier.STANDARD if turns else None)


@dataclass(slots=True)  # not frozen, as above
class Choice:
    """Which tier answers and why; `confidence` is P(this tier suffices), `score` how hard it looks.

    `decided_by` is "wish", "thread", "rule:<name>", "score" or a model's id; `micros` is what deciding took,
    `fails` are the estimated P(tier 1 fails) and P(tier 2 fails) before a workspace's own shift and what its labels
    `moved`, in log-odds.
    """

    intent: Intent
    tier: Tier
    confidence: float
    decided_by: str
    reason: str
    answer: Literal["model", "help", "costs"] = "model"
    score: float | None = None
    micros: float = 0.0
    fails: tuple[float, float] | None = None
    moved: float = 0.0
