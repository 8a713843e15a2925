"""What is asked, and what is chosen for it: plain values, shared by everything that routes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Literal


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


@dataclass(frozen=True, slots=True)
class Question:
    """The newest human text, decoded, mention stripped, and the thread before it, oldest first."""

    text: str
    thread: tuple[Past, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tier answers and why; `confidence` is P(this tier suffices), `score` the local difficulty 0..1."""

    intent: Intent
    tier: Tier
    confidence: float
    decided_by: str
    micros: float
    score: float | None
    reason: str
    answer: Literal["model", "help", "costs"] = "model"
