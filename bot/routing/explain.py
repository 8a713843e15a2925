"""A choice told to people and machines, without asking any model."""

from __future__ import annotations

import json
from typing import Any

from bot.costs.money import show
from bot.costs.price_book import load_price_book
from bot.routing.choice import Past, Question, Tier
from bot.routing.decide import decide
from bot.routing.tiers import read_tiers

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


def dearest_answer(text: str, tier: int) -> str:
    """An upper bound for one answer by the tier's primary, as money."""
    tiers = read_tiers("default", {}, load_price_book())
    spec = next(spec for spec in tiers.specs if int(spec.tier) == tier)
    primary = next(skipped.model for skipped in tiers.skipped if skipped.tier == spec.tier)
    listing = load_price_book().find(primary)
    return show(listing.price.reserve(len(text.encode()), spec.max_output_tokens)) if listing else "unpriced"


def _past(entry: dict[str, Any]) -> Past:
    tier = entry.get("tier")
    return Past(
        "lucy" if entry.get("who") == "lucy" else "user",
        str(entry.get("text", "")),
        Tier(tier) if tier else None,
    )
