"""A choice told to people and machines, without asking any model."""

from __future__ import annotations

import json
from typing import Any

from bot.routing.choice import Past, Question, Tier
from bot.routing.decide import decide

_RANKED = {Tier.FAST: -0.2, Tier.STANDARD: 0.1, Tier.FRONTIER: 0.4}
"""Where a rule, a wish or the thread decided, on the scale of the scores."""


def as_dict(question: Question) -> dict[str, Any]:
    """The local choice; higher `score` is harder, `would_ask` means a model would be asked."""
    decision = decide(question)
    choice = decision.choice
    return {
        "tier": int(choice.tier),
        "tier_name": choice.tier.name.lower(),
        "intent": choice.intent.value,
        "confidence": choice.confidence,
        "score": _RANKED[choice.tier] if choice.score is None else choice.score,
        "rule": choice.decided_by,
        "reason": choice.reason,
        "would_ask": decision.unsure,
        "micros": round(choice.micros, 1),
    }


def parsed_line(line: str) -> dict[str, Any]:
    """The choice for one line of JSON; a bad line gets a line too, that says what is wrong with it."""
    try:
        raw = json.loads(line)
        thread = tuple(_past(entry) for entry in raw.get("thread") or ())
        return as_dict(Question(str(raw["text"]), thread))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return {"error": f'not a line of the form {{"text": …}}: {type(error).__name__}'}


def _past(entry: dict[str, Any]) -> Past:
    tier = entry.get("tier")
    return Past(
        "lucy" if entry.get("who") == "lucy" else "user",
        str(entry.get("text", "")),
        Tier(tier) if tier else None,
    )
