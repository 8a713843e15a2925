"""The local decision, in microseconds and without any model: a wish, a rule, the thread, or the score."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace

from bot.routing.choice import Choice, Intent, Question, Tier
from bot.routing.fast_paths import fast_path
from bot.routing.scorer import Score, score
from bot.routing.wishes import wished_tier

_FOLLOW_UP = re.compile(
    r"(?:yes|yep|yeah|ok(?:ay)?|sure|please(?: do)?|do (?:it|that|so)|go (?:ahead|on|for it)|continue|proceed|carry on|and\?|more|again|"
    r"try again|fix (?:it|that|this)|why\??|why not\??|no|nope|the (?:first|second|third|last) one|[1-9]|"
    r"ja|sí|si|oui|weiter|是|好的?|继续|はい|続けて|네|계속)(?:[,\s]+(?:please|lucy|thanks))?[\s.!?]*",
    re.IGNORECASE,
)
_CODE = re.compile(r"```|Traceback \(most recent|\n\s+at \w|\b(?:def|class|function|SELECT|import) \w+", re.MULTILINE)
_TRACE = re.compile(r"Traceback \(most recent call last\)|^\s+at [\w.$<>]+\(|\b\w+(?:Error|Exception):", re.MULTILINE)
_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LONG_WITHOUT_SPACES = 40
_ASK_BELOW = 0.12
"""How near to a border the score must be for a model to be asked: about one message in eight."""

TIER1_MAY_FAIL = 0.42
TIER2_MAY_FAIL = 0.52


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
    return replace(decision, choice=replace(decision.choice, micros=micros))


def _decide(question: Question) -> Decision:
    text = question.text
    tier = wished_tier(text)
    if tier:
        return Decision(Choice(_intent(text), tier, 1.0, "wish", "You asked for this tier"), unsure=False)
    inherited = question.thread_tier
    if inherited and len(text) < 60 and _FOLLOW_UP.fullmatch(text.strip()):
        return Decision(
            Choice(Intent.CHAT, inherited, 0.9, "thread", "A short follow-up keeps the thread's tier"),
            unsure=False,
        )
    path = fast_path(text)
    if path:
        choice = Choice(path.intent, path.tier, 0.98, f"rule:{path.name}", path.reason, answer=path.answer)
        return Decision(choice, unsure=False)
    return _by_score(text)


def _by_score(text: str) -> Decision:
    found = score(text)
    if found is None:
        return Decision(
            Choice(Intent.CHAT, Tier.STANDARD, 0.5, "score", "Nothing to go by: the middle tier"),
            unsure=False,
        )
    tier = max(_tier_of(found), _floor(text))
    margin = min(abs(found.tier1_fails - TIER1_MAY_FAIL), abs(found.tier2_fails - TIER2_MAY_FAIL))
    confidence = 1 - (found.tier1_fails if tier is Tier.FAST else found.tier2_fails if tier is Tier.STANDARD else 0.05)
    choice = Choice(_intent(text), tier, round(confidence, 3), "score", _REASONS[tier], score=round(found.hardness, 4))
    return Decision(choice, unsure=margin < _ASK_BELOW / 2 and tier is not Tier.FRONTIER)


def _tier_of(found: Score) -> Tier:
    if found.tier2_fails >= TIER2_MAY_FAIL:
        return Tier.FRONTIER
    return Tier.STANDARD if found.tier1_fails >= TIER1_MAY_FAIL else Tier.FAST


def _floor(text: str) -> Tier:
    """What the look of a message says whatever its words: a stack trace or a long request is no small talk."""
    if _TRACE.search(text[:4000]) or len(text) > 1500:
        return Tier.STANDARD
    wide = len(_SCRIPT.findall(text[:2000]))
    return Tier.STANDARD if wide >= _LONG_WITHOUT_SPACES else Tier.FAST


def _intent(text: str) -> Intent:
    head = text[:2000]
    if _CODE.search(head) or _TRACE.search(head):
        return Intent.CODE
    words = head.lower()
    for intent, cues in _CUES:
        if any(cue in words for cue in cues):
            return intent
    return Intent.LOOKUP if "?" in head else Intent.CHAT


_REASONS = {
    Tier.FAST: "Reads short and simple",
    Tier.STANDARD: "Reads like real work for a solid model",
    Tier.FRONTIER: "Reads like hard reasoning: the strongest tier",
}

_CUES: tuple[tuple[Intent, tuple[str, ...]], ...] = (
    (Intent.SUMMARY, ("summar", "tl;dr", "action items", "recap", "总结", "要約")),
    (Intent.CODE, ("python", "refactor", "function", "regex", "bug", "deploy", "script")),
    (Intent.DATA, ("csv", "sql", "table", "spreadsheet", "query", "average")),
    (Intent.REASONING, ("prove", "why ", "compare", "trade-off", "root cause", "derive", "explain")),
    (Intent.WRITING, ("write", "draft", "rewrite", "email", "translate", "blog")),
    (Intent.MULTI_STEP, ("step by step", "plan ", " then ", "migrate")),
)
"""Only a label for reports; the tier never depends on it."""
