"""The local decision, in microseconds and without any model: a wish, a rule, the thread, or the score."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace

from bot.routing.choice import Choice, Intent, Question, Tier
from bot.routing.fast_paths import fast_path
from bot.routing.scorer import Score, score
from bot.routing.wishes import wished_tier

_ANSWER = re.compile(
    r"(?:yes|yep|yeah|yes to all|ok(?:ay)?|sure|please(?: do)?|do (?:it|that|so)|go (?:ahead|on|for it)|continue|proceed|"
    r"carry on|and\?|more|again|try again|fix (?:it|that|this)|why\??|why not\??|no|nope|"
    r"the (?:first|second|third|last) one|[1-9]|"
    r"ja|sí|si|oui|sim|da|да|weiter|是|好的?|继续|はい|続けて|네|계속)(?:[,\s]+(?:please|lucy|bitte))?[\s.!?]*",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"(?:and|now|also|but|so|same|instead|what about|how about|make it|option|und|et|y|e)\b"
    r"|.*\b(?:this|that|it|these|those|above|step \d+|you (?:said|wrote))\b",
    re.IGNORECASE | re.DOTALL,
)
_SHORT, _TERSE = 80, 20
"""Characters: a message this short that points back, or is terse, goes on with what the thread was about."""

_TRACE_MARKS = ("Traceback (most recent", "Error:", "Exception:", "Exception in ", "\tat ", "    at ", "panic:")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LONG, _LONG_UNSPACED, _LOOKED_AT = 1500, 40, 3000

TIER1_MAY_FAIL, TIER2_MAY_FAIL = 0.45, 0.5
"""A tier that fails more often than this is not chosen; a failure costs more than the dearer answer."""

_TIER3_FAILS = 0.05

_UNSURE_WITHIN = 0.06
"""How near to a border the score must be for a model to be asked: about one message in ten."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice, and whether it is so near a border that a model's opinion is worth its price."""

    choice: Choice
    unsure: bool


def decide(question: Question) -> Decision:
    """The tier as far as we can tell by ourselves. Never raises; the time is bounded."""
    started = time.perf_counter_ns()
    decision = _decide(question)
    micros = (time.perf_counter_ns() - started) / 1000
    return Decision(replace(decision.choice, micros=micros), decision.unsure)


def _decide(question: Question) -> Decision:
    text = question.text
    wished = wished_tier(text)
    if wished:
        found = score(text)
        intent = found.intent if found else Intent.CHAT
        return Decision(Choice(intent, wished, 1.0, "wish", "You asked for this tier"), unsure=False)
    thread_tier = question.thread_tier
    if thread_tier and len(text) <= _SHORT and _ANSWER.fullmatch(text.strip()):
        return _inherited(thread_tier)
    path = fast_path(text)
    if path:
        choice = Choice(path.intent, path.tier, 0.98, f"rule:{path.name}", path.reason, answer=path.answer)
        return Decision(choice, unsure=False)
    decision = _by_score(text)
    if thread_tier and thread_tier >= decision.choice.tier and _goes_on(text.strip()):
        return _inherited(thread_tier)
    return decision


def _inherited(tier: Tier) -> Decision:
    choice = Choice(Intent.CHAT, tier, 0.9, "thread", "A short follow-up keeps the thread's tier")
    return Decision(choice, unsure=False)


def _goes_on(text: str) -> bool:
    return len(text) <= _TERSE or (len(text) <= _SHORT and bool(_POINTS_BACK.match(text)))


def _by_score(text: str) -> Decision:
    found = score(text)
    if found is None:
        nothing = Choice(Intent.CHAT, Tier.STANDARD, 0.5, "score", "Nothing to go by: the middle tier")
        return Decision(nothing, unsure=False)
    head = text[:_LOOKED_AT]
    trace = any(mark in head for mark in _TRACE_MARKS)
    tier = max(_tier_of(found), Tier.STANDARD if trace or _is_long(text) else Tier.FAST)
    intent = Intent.CODE if trace or "```" in head else found.intent
    fails = (found.tier1_fails, found.tier2_fails, _TIER3_FAILS)[tier - 1]
    reason = f"Reads like {_WORK[intent]}: {_NEEDS[tier]}"
    choice = Choice(intent, tier, round(1 - fails, 3), "score", reason, score=round(found.hardness, 4))
    return Decision(choice, unsure=_margin(found, tier) < _UNSURE_WITHIN)


def _tier_of(found: Score) -> Tier:
    if found.tier2_fails >= TIER2_MAY_FAIL:
        return Tier.FRONTIER
    return Tier.STANDARD if found.tier1_fails >= TIER1_MAY_FAIL else Tier.FAST


def _margin(found: Score, tier: Tier) -> float:
    """How far the score is from choosing another tier."""
    up = abs(found.tier2_fails - TIER2_MAY_FAIL)
    return up if tier is Tier.FRONTIER else min(up, abs(found.tier1_fails - TIER1_MAY_FAIL))


def _is_long(text: str) -> bool:
    """A long request is no small talk, whatever its words; scripts without spaces say more per character."""
    return len(text) > _LONG or (not text.isascii() and len(_UNSPACED.findall(text[:_LOOKED_AT])) >= _LONG_UNSPACED)


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
