"""How well the local decision does on our own messages that nothing was learned from."""

from __future__ import annotations

from bot.routing.decide import Decision, decide
from bot.routing.scorer import Scorer
from tests.routing.messages import Message, messages


def judged(scorer: Scorer) -> dict[str, float]:
    """Shares of the held-out half: exact tier, too weak, asks a model."""
    held_out = [message for message in messages() if message.held_out]
    decided = [decide(message.question, scorer=scorer) for message in held_out]
    return figures(held_out, decided)


def figures(asked: list[Message], decided: list[Decision]) -> dict[str, float]:
    """The shares, rounded."""
    pairs = [
        (message.tier, decision.choice.tier, decision.unsure) for message, decision in zip(asked, decided, strict=True)
    ]
    count = len(pairs)
    return {
        "messages": count,
        "exact_tier": round(sum(needs is got for needs, got, _ in pairs) / count, 4),
        "too_weak": round(sum(got < needs for needs, got, _ in pairs) / count, 4),
        "asks_a_model": round(sum(unsure for _, _, unsure in pairs) / count, 4),
    }
