"""Orders: what the asker's own unquoted words at the start of an ask say about the model, for once or for the thread.

Quoted text, code, links, files, history and what a model wrote never stand there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.routing.choice import Tier
from bot.routing.wishes import wished_tier

_START = 160
"""Characters in which an order is looked for."""

_TIER = r"(?:tier\s*(?P<tier>[123])|(?:your|the)\s+(?P<best>best|strongest|smartest)\s+model|(?:your|the)\s+(?P<cheap>cheapest|fastest)\s+model|@(?P<family>[a-z]{3,}))"
_LASTING = r"(?:(?:for|in)\s+(?:the\s+rest\s+of\s+)?this\s+thread|from\s+now\s+on|until\s+i\s+say\s+(?:so|stop))"
_FOR_THREAD = re.compile(
    rf"(?:please[, ]+)?(?:{_LASTING}[, ]+(?:please\s+)?(?:always\s+)?(?:use\s+)?{_TIER}|(?:always\s+)?(?:use\s+)?{_TIER.replace('?P<', '?P<late_')}\s+{_LASTING})\b",
    re.IGNORECASE,
)
_AUTOMATIC = re.compile(
    r"(?:please[, ]+)?(?:(?:go\s+)?(?:back\s+to\s+)?automatic(?:\s+again|\s+tiers?)?\s*(?:[.!:,\n]|$)|stop\s+using\s+(?:tier\s*[123]|@\w+|your\s+best\s+model)\b|stop[.!\s]*$)",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"@(?P<family>[a-z]{3,})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Order:
    """A tier, perhaps a family of models in it; `lasts` for one ask, for the thread, or ends what lasted (no tier)."""

    tier: Tier | None
    lasts: Literal["once", "thread", "ended"]
    family: str | None = None

    @property
    def reason(self) -> str:
        """What stands in the choice."""
        wanted = f"@{self.family}" if self.family else f"tier {self.tier}" if self.tier else "automatic tiers"
        return f"You asked for {wanted}" + (" in this thread" if self.lasts == "thread" else "")


def order_of(text: str, families: Mapping[str, Tier]) -> Order | None:
    """The order that an ask begins with; `families` are the models at hand by a word of their name. None without one."""
    start = text.lstrip()[:_START]
    if found := _FOR_THREAD.match(start):
        named = {name.removeprefix("late_"): value for name, value in found.groupdict().items() if value}
        tier, family = _tier(named, families)
        return Order(tier, "thread", family) if tier else None
    if _AUTOMATIC.match(start):
        return Order(None, "ended")
    prefix = _PREFIX.match(start)
    family = prefix["family"].lower() if prefix else ""
    if family in families:
        return Order(families[family], "once", family)
    wished = wished_tier(text)
    return Order(wished, "once") if wished else None


def _tier(named: Mapping[str, str], families: Mapping[str, Tier]) -> tuple[Tier | None, str | None]:
    if "tier" in named:
        return Tier(int(named["tier"])), None
    if "family" in named:
        family = named["family"].lower()
        return families.get(family), family
    return (Tier.FRONTIER if "best" in named else Tier.FAST), None
