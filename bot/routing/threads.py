"""Threads: a conversation keeps its tier until it rests, or clearly turns to something easier. Nothing here acts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.costs.pricing import Price
from bot.llm.model_client import Usage
from bot.routing.choice import Choice, Tier

IDLE_S = 600.0
"""After so long without an ask a thread's tier no longer holds for what is more than a short follow-up."""

WARM_S = 300.0
"""How long providers keep a prompt in their cache."""

SURE_ENOUGH = 0.7
"""A lower tier must be this likely to do before a thread comes down to it; choosing it afresh takes less."""

_POINTS_BACK = re.compile(
    r"\s*(?:and|now|also|but|so|then|same|instead|what about|how about|make it|und|aber|et|mais|y|pero|e)\b"
    r"|.*\b(?:this|that|it|these|those|them|above|again|you (?:said|wrote)|step \d+|das|dies\w*|ça|cela|eso|esto)\b",
    re.IGNORECASE | re.DOTALL,
)
_FULL, _LOOKED_AT = 25, 400
"""Characters of a message that stands for itself, and how far is looked for a word that points back."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a thread stands: its tier, whether somebody asked for it, how long it rested, what its last answer read and wrote."""

    tier: Tier
    asked: bool
    idle_s: float
    last: Usage


@dataclass(frozen=True, slots=True)
class Switch:
    """The prices of staying with a thread's tier and of moving to another; None is unpriced."""

    stay: Price | None
    move: Price | None

    def pays(self, last: Usage, *, warm: bool) -> bool:
        """Whether an answer like the last one is cheaper there, whose cache holds nothing of the thread.

        Here the cache holds what the last answer read, as long as it is warm. Without both prices: yes.
        """
        if self.stay is None or self.move is None:
            return True
        read, written = last.input_tokens, last.output_tokens
        stay = Usage(input_tokens=read, cached_input_tokens=read if warm else 0, output_tokens=written)
        move = Usage(input_tokens=read, output_tokens=written)
        return self.move.cost(move) < self.stay.cost(stay)


def held(choice: Choice, text: str, standing: Standing | None, switch: Switch) -> Choice:
    """The choice with regard to its thread: up at once, down only with a margin, and where moving pays."""
    if standing is None or choice.tier >= standing.tier or choice.answer != "model" or choice.decided_by == "wish":
        return choice
    if choice.decided_by.startswith("rule:") or standing.idle_s >= IDLE_S:
        return choice
    if not _turns(choice, text):
        return _stays(choice, standing.tier, "The thread keeps its tier")
    if not switch.pays(standing.last, warm=standing.idle_s < WARM_S):
        return _stays(choice, standing.tier, "The thread keeps its tier: what its model has cached is worth more")
    return choice


def floor_after(choice: Choice, standing: Standing | None) -> Tier | None:
    """The tier a thread holds after a choice; None leaves it as it is: courtesies and wishes for less do not lower it."""
    if standing is None:
        return choice.tier
    passing = choice.decided_by == "wish" or choice.decided_by.startswith("rule:")
    return None if standing.asked or (passing and choice.tier < standing.tier) else choice.tier


def _turns(choice: Choice, text: str) -> bool:
    """A new, whole question that a lower tier very likely answers."""
    whole = len(text.strip()) >= _FULL and not _POINTS_BACK.match(text[:_LOOKED_AT])
    return whole and choice.confidence >= SURE_ENOUGH


def _stays(choice: Choice, tier: Tier, reason: str) -> Choice:
    return replace(choice, tier=tier, decided_by="thread", reason=reason)
