"""What a person's next message says of the last answer: that it was wrong, or that it missed the question. Pure."""

from __future__ import annotations

import re

from bot.db.asked import Asked
from bot.db.labels import Kind
from bot.routing.kept import likeness, read

REPHRASED_WITHIN_S = 120.0
_ALIKE, _WORDS = 0.45, 3
"""The share of words both must have, and how many: "continue" said twice is no question put again."""

_CORRECTS = re.compile(
    r"\s*(?:(?:no|nope|hmm|sorry|but)[,.!\s]+)*(?:"
    r"(?:that(?:[’']?s| is| was)|this is|it(?:[’']?s| is)|you(?:[’']?re| are)|your (?:answer|sum|code) is) (?:all |just |completely |still |plain )?"
    r"(?:wrong|incorrect|not (?:right|correct|true|what i (?:asked|meant|wanted)))"
    r"|wrong(?: answer)?[.!,\s]*$|incorrect[.!,\s]*$|that[’']?s not it\b|you (?:got|misunderstood|misread)\b.{0,20}\b(?:wrong|me|it)\b"
    r"|das (?:ist|stimmt) (?:falsch|nicht)|eso (?:está|es) mal|c[’']est faux|不对|错了|違います)",
    re.IGNORECASE,
)


def corrects(text: str) -> bool:
    """It begins by saying that the answer before it was wrong."""
    return bool(_CORRECTS.match(text[:200]))


def said_of(last: Asked | None, text: str, features: bytes, thread_ts: str) -> Kind | None:
    """The label that the last ask of the same person earns by their next message; None for none."""
    if last is None:
        return None
    if last.thread_ts == thread_ts and corrects(text):
        return "corrected"
    seen = read(features)
    if last.age_s > REPHRASED_WITHIN_S or seen is None or len(seen.first_words) < _WORDS:
        return None
    if last.features == features:
        return "regenerated"
    return "rephrased" if likeness(last.features, features) >= _ALIKE else None
