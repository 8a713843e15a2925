"""A choice told to people and machines, without asking any model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.costs.money import show
from bot.routing.choice import Choice, Past, Question, Tier
from bot.routing.decide import Decision, decide, failing
from bot.routing.stakes import USD_PER_FAILURE, USUAL_TOKENS, Dial, Stakes

_RANKED = {Tier.FAST: -0.2, Tier.STANDARD: 0.1, Tier.FRONTIER: 0.4}
"""Where a rule, a wish or the thread decided, on the scale of the scores."""

_LINE = ("tier", "intent", "confidence", "score", "rule", "would_ask", "micros")


def as_dict(question: Question, stakes: Stakes) -> dict[str, Any]:
    """The local choice; higher `score` is harder, `would_ask` means a model would be asked, `expected_usd` is per tier."""
    decision = decide(question, stakes)
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
        "dial": stakes.dial.value,
        "expected_usd": [round(cost, 9) for cost in stakes.costs(question, choice.intent)],
    }


def parsed_line(line: str, stakes: Stakes) -> dict[str, Any]:
    """The choice for one line of JSON; a bad line gets a line too, that says what is wrong with it."""
    try:
        told = as_dict(_question(json.loads(line)), stakes)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return {"error": f'not a line of the form {{"text": …}}: {type(error).__name__}'}
    return {name: told[name] for name in _LINE}


def in_words(question: Question, stakes: Stakes) -> Iterator[str]:
    """The choice, why, what an answer would cost on each tier, and what would change it; one line each."""
    decision = decide(question, stakes)
    choice = decision.choice
    yield f"tier {int(choice.tier)} ({choice.tier.name.lower()})  ·  {choice.intent}  ·  {choice.reason}"
    yield f"decided by {choice.decided_by} in {choice.micros:.1f} µs, confidence {choice.confidence}"
    if decision.unsure:
        yield "near a border: a fast model would be asked for its opinion (64 tokens at most)"
    yield from _per_tier(question, choice, stakes)
    yield _what_would_change(question, decision, stakes)


def _per_tier(question: Question, choice: Choice, stakes: Stakes) -> Iterator[str]:
    costs = stakes.costs(question, choice.intent)
    if choice.fails is None:
        prices = ", ".join(f"tier {tier} {_usd(cost)}" for tier, cost in zip(Tier, costs, strict=True))
        yield f"an answer is expected to cost: {prices}"
        return
    loss = stakes.loss(choice.intent)
    yield f"dial {stakes.dial}: a failed answer of this kind counts {_usd(loss)}"
    for tier, cost, fail in zip(Tier, costs, failing(choice.fails, stakes.shifts, choice.moved), strict=True):
        mark = "  <- chosen" if tier is choice.tier else ""
        yield f"  tier {tier}: {_usd(cost)} + {fail:.0%} likely to fail = {_usd(cost + fail * loss)}{mark}"


def _what_would_change(question: Question, decision: Decision, stakes: Stakes) -> str:
    choice = decision.choice
    if choice.fails is None:
        return "what would change it: other words, or a wish at the start (tier 3: …)"
    others = {dial: decide(question, replace(stakes, dial=dial)).choice.tier for dial in Dial if dial != stakes.dial}
    moved = [f"{dial} would take tier {tier}" for dial, tier in others.items() if tier is not choice.tier]
    dials = f"dial {' and '.join(moved)}" if moved else "no turn of the dial would"
    usual = _usd(USD_PER_FAILURE[stakes.dial])
    return (
        f"what would change it: {dials}; so would prices (a failure counts {usual} per {USUAL_TOKENS} tokens) or a wish"
    )


def _question(raw: dict[str, Any]) -> Question:
    """Raises ValueError, KeyError, TypeError or AttributeError for what is no question."""
    if not isinstance(raw["text"], str):
        raise TypeError("text")
    return Question(raw["text"], tuple(_past(entry) for entry in raw.get("thread") or ()), int(raw.get("files") or 0))


def _past(entry: dict[str, Any]) -> Past:
    tier = entry.get("tier")
    return Past(
        "lucy" if entry.get("who") == "lucy" else "user",
        str(entry.get("text", "")),
        Tier(tier) if tier else None,
    )


def _usd(amount: float) -> str:
    return show(Decimal(f"{amount:.12f}"))
