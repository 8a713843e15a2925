"""The local decision, in microseconds and without any model: a wish, a rule, the thread, or the score."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.routing.choice import Choice, Intent, Question, Tier
from bot.routing.context import context_of
from bot.routing.fast_paths import fast_path
from bot.routing.scorer import Scorer, shipped
from bot.routing.stakes import WORTH_ASKING, Stakes, shipped_stakes
from bot.routing.wishes import wished_tier

_ANSWER = re.compile(
    r"(?:yes|yep|yeah|yes to all|ok(?:ay)?|sure|please(?: do)?|do (?:it|that|so)|go (?:ahead|on|for it)|continue|proceed|"
    r"carry on|and\?|more|again|try again|fix (?:it|that|this)|why\??|why not\??|no|nope|"
    r"the (?:first|second|third|last) one|[1-9]|"
    r"ja|sí|si|oui|sim|da|да|weiter|是|好的?|继续|はい|続けて|네|계속)(?:[,\s]+(?:please|lucy|bitte))?[\s.!?]*",
    re.IGNORECASE,
)
_SHORT = 80
"""Characters: a longer answer says something of its own."""

_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_LONG, _LONG_UNSPACED, _SEEN, _LOOKED_AT = 1500, 40, 300, 3000
_TIERS = tuple(Tier)

_TIER3_FAILS = 0.1
"""The strongest tier fails a tenth as often as the one below: a guess, for want of outcomes of three tiers."""

_UNSURE_WITHIN = 0.1
"""How little, in P(fail), the second-best tier must lose by for a model to be asked."""


@dataclass(slots=True)  # not frozen, as a Choice
class Decision:
    """A choice, and whether it is so near a border that a model's opinion is worth its price."""

    choice: Choice
    unsure: bool


def decide(question: Question, stakes: Stakes | None = None, scorer: Scorer | None = None) -> Decision:
    """The tier as far as we can tell by ourselves. Never raises; the time is bounded."""
    started = time.perf_counter_ns()
    text = question.text
    wished = wished_tier(text)
    if wished:
        found = (scorer or shipped()).score(text)
        intent = found.intent if found else Intent.CHAT
        return _sure(Choice(intent, wished, 1.0, "wish", "You asked for this tier", micros=_micros(started)))
    thread_tier = question.thread_tier
    if thread_tier and len(text) <= _SHORT and _ANSWER.fullmatch(text.strip()):
        reason = "A short follow-up keeps the thread's tier"
        return _sure(Choice(Intent.CHAT, thread_tier, 0.9, "thread", reason, micros=_micros(started)))
    path = fast_path(text)
    if path:
        rule = f"rule:{path.name}"
        return _sure(Choice(path.intent, path.tier, 0.98, rule, path.reason, path.answer, micros=_micros(started)))
    return _by_score(question, stakes or shipped_stakes(), scorer or shipped(), started)


def _sure(choice: Choice) -> Decision:
    return Decision(choice, unsure=False)


def _by_score(question: Question, stakes: Stakes, scorer: Scorer, started: int) -> Decision:
    text = question.text
    context = context_of(question)
    found = scorer.score(text, context, stakes.learned)
    if found is None:
        reason = "Nothing to go by: the middle tier"
        return _sure(Choice(Intent.CHAT, Tier.STANDARD, 0.5, "score", reason, micros=_micros(started)))
    head = text[:_LOOKED_AT]
    trace = _has_trace(head)
    intent = Intent.CODE if trace or "```" in head else found.intent
    estimates = found.tier1_fails, found.tier2_fails
    fails = failing(estimates, stakes.shifts, found.moved)
    costs, loss = stakes.costs(question, intent), stakes.loss(intent)
    totals = fails[0] * loss + costs[0], fails[1] * loss + costs[1], fails[2] * loss + costs[2]
    least, next_least, _ = sorted(totals)
    best = totals.index(least)
    tier = _TIERS[max(best, 1) if trace or _is_long(text) else best]
    unsure = next_least - least < _UNSURE_WITHIN * loss
    if unsure:
        other = totals.index(next_least)
        unsure = abs(costs[other] - costs[best]) > WORTH_ASKING * stakes.opinion(question)
    choice = Choice(
        intent,
        tier,
        round(1 - fails[tier - 1], 3),
        "score",
        _REASONS[intent, tier],
        score=round(found.hardness, 4),
        micros=_micros(started),
        fails=estimates,
        moved=found.moved,
    )
    return Decision(choice, unsure)


def _has_trace(head: str) -> bool:
    return (
        "Error:" in head
        or "Exception:" in head
        or "Traceback (most recent" in head
        or "Exception in " in head
        or "    at " in head
        or "\tat " in head
        or "panic:" in head
    )


def _micros(started: int) -> float:
    return (time.perf_counter_ns() - started) / 1000


def cheapest(fails: Sequence[float], costs: Sequence[float], loss: float) -> Tier:
    """The tier with the least expected cost: its price, and what a failure costs as often as it fails."""
    return min(Tier, key=lambda tier: fails[tier - 1] * loss + costs[tier - 1])


def failing(
    fails: tuple[float, float], shifts: tuple[float, float], learned: float = 0.0
) -> tuple[float, float, float]:
    """P(fail) of each tier after a workspace's shifts and what its labels added; a stronger one never fails more often."""
    first, second = fails
    if learned or shifts != (0.0, 0.0):
        first, second = moved(first, shifts[0] + learned), moved(second, shifts[1] + learned)
    second = min(first, second)
    return first, second, _TIER3_FAILS * second


def moved(probability: float, shift: float) -> float:
    """A probability, its log-odds moved by `shift`."""
    return probability / (probability + (1 - probability) * math.exp(-shift))


def _is_long(text: str) -> bool:
    """A long request is no small talk, whatever its words; scripts without spaces say more per character."""
    return len(text) > _LONG or (
        not text.isascii() and sum(map(len, _UNSPACED.findall(text[:_SEEN]))) >= _LONG_UNSPACED
    )


_WORK = {
    Intent.CHAT: "small talk",
    Intent.LOOKUP: "a question for a fact",
    Intent.WRITING: "writing",
    Intent.SUMMARY: "a summary",
    Intent.DATA: "work with data",
    Intent.REASONING: "reasoning",
    Intent.CODE: "work on code",
    Intent.MULTI_STEP: "work in several steps",
}
_NEEDS = {
    Tier.FAST: "the fast tier will do",
    Tier.STANDARD: "needs a solid model",
    Tier.FRONTIER: "needs the strongest tier",
}
_REASONS = {
    (intent, tier): f"Reads like {work}: {needs}" for intent, work in _WORK.items() for tier, needs in _NEEDS.items()
}
