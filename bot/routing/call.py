"""What is asked of the router, and what comes of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bot.costs.tracker import Keep, Payer, Purpose
from bot.llm.model_client import Message, Show, Tool
from bot.routing.choice import Tier
from bot.routing.tiers import Tiers

_CUT_SHORT = "\n\n_My answer broke off here: the model stopped in the middle. Ask me again for the rest._"


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask, of which tier, on whose account. `keep` stores the answer in the settling transaction.

    With `show` the answer is streamed: each piece is shown as it comes, and once one was, nobody else is asked.
    `tools` are offered below the highest tier that may be asked; no tier above the `ceiling` is, for as long as one at or
    below it has a model; a model whose name holds the `family` is asked first. Where a budget steps down, a call that
    is not `may_step_down` is refused instead.
    """

    payer: Payer
    purpose: Purpose
    tier: Tier
    intent: str | None
    messages: tuple[Message, ...]
    keep: Keep | None = None
    max_output_tokens: int | None = None
    deadline_s: float | None = None
    attempts_allowed: int | None = None
    cross_tier: bool = True
    show: Show | None = None
    tools: tuple[Tool, ...] = ()
    ceiling: Tier = Tier.FRONTIER
    family: str | None = None
    may_step_down: bool = True

    def may_ask(self, tiers: Tiers) -> Tiers:
        """The tiers as far as they are any use: where there is something to see, those who see."""
        pictured = any(message.pictures for message in self.messages)
        return tiers.seeing(self.ceiling) if pictured else tiers


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call; `model` is the id that really served, `cost_usd` is of the serving attempt alone.

    A `cut` answer broke off after its first piece was shown: its text says so at the end. One that `called` a tool has
    a text, and keeps it, only as far as somebody was shown it.
    """

    text: str
    model: str
    tier: Tier
    attempts: int
    cost_usd: Decimal | None
    cost_source: str | None
    latency_ms: int
    cut: bool = False
    finish: str | None = None
    called: str | None = None


@dataclass(frozen=True, slots=True)
class Time:
    """The clock in seconds, how to wait, and how long to breathe before the last candidate is asked again."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    breath_s: Callable[[], float] = field(default=lambda: random.uniform(0.2, 0.6))  # noqa: S311 - jitter, no secret


def marked(text: str) -> str:
    """An answer that broke off, and the words that say so."""
    return f"{text}{_CUT_SHORT}"


def cut_short(keep: Keep | None) -> Keep | None:
    """Keep what was heard of an answer, marked."""
    return replace(keep, split=lambda text: keep.split(marked(text))) if keep else None
