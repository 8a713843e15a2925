"""Wishes: the asker's own unquoted words at the start of an ask can name a tier; nothing else can."""

from __future__ import annotations

import re

from bot.routing.choice import Tier

_START = 120
"""Characters in which a wish is looked for."""

_NAMED = re.compile(r"\s*tier\s*([123])\s*[:,-]", re.IGNORECASE)
_BEST = re.compile(
    r"\s*(?:please[, ]+)?(?:use|with|ask)\s+(?:your|the)\s+(?:best|strongest|smartest|most powerful)\s+model\b",
    re.IGNORECASE,
)
_THINK = re.compile(r"\s*(?:please[, ]+)?think\s+(?:very\s+)?(?:hard|deeply|carefully)\b", re.IGNORECASE)
_CHEAP = re.compile(
    r"\s*(?:please[, ]+)?(?:use|with|ask)\s+(?:your|the|a)\s+(?:cheapest|fastest|cheap|fast|smallest)\s+model\b",
    re.IGNORECASE,
)


def wished_tier(text: str) -> Tier | None:
    """The tier the ask begins by wishing for, or None."""
    start = text.lstrip()[:_START]
    named = _NAMED.match(start)
    if named:
        return Tier(int(named[1]))
    if _BEST.match(start) or _THINK.match(start):
        return Tier.FRONTIER
    return Tier.FAST if _CHEAP.match(start) else None
