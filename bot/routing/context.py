"""What stands around an ask: the thread it goes on with, files, code. Figures for the scorer, whose weights were learned."""

from __future__ import annotations

import math
import re

from bot.routing.choice import Question, Tier

_POINTS_BACK = re.compile(
    r"(?:and|now|also|but|so|then|same|instead|what about|how about|option|still|und|jetzt|et|maintenant|y|ahora|e|а|и|而|那|じゃあ)\b"
    r"|(?:make|do|redo|add|turn|put|sort|move|translate|explain|shorten|change|update|write|draft|mach|fais|haz)\b.{0,20}\b"
    r"(?:it|this|that|these|those|them|the)\b"
    r"|.{0,200}\b(?:this|that|it|these|those|above|step \d+|again|you (?:said|wrote)|your)\b",
    re.IGNORECASE | re.DOTALL,
)
_SHORT, _TERSE, _DEEP = 80, 20, 8
"""Characters of a short and of a terse message; messages of a deep thread."""


def context_of(question: Question) -> tuple[float, ...] | None:
    """Figures about what stands around the text, each between 0 and 1; None when it stands alone.

    The order is the weights file's.
    """
    before = question.thread_tier
    if before is None and not question.files:
        return None
    text = question.text.strip()
    back = before is not None and bool(_POINTS_BACK.match(text))
    short, terse = len(text) <= _SHORT, len(text) <= _TERSE
    last = next((past.text for past in reversed(question.thread) if past.who == "lucy"), "")
    asks = text.endswith(("?", "？"))
    follows = [float(before is tier) for tier in Tier]
    return (
        *follows,
        *(follow * back for follow in follows),
        *(follow * short for follow in follows),
        *(follow * terse for follow in follows),
        *(follow * asks for follow in follows),
        min(1.0, math.log1p(len(question.thread)) / math.log1p(_DEEP)),
        min(1.0, question.files / 3),
        float("```" in text),
        float("```" in last),
    )
