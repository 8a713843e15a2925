"""What people are called in a prompt, so that a model can tell them apart and nobody passes for somebody else. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

_LONGEST = 40
_ODD = re.compile(r"[^\w .'’&+-]+")
_TAKEN = frozenset({"lucy", "assistant", "system", "user", "developer", "an app", ""})


def labels(names: Mapping[str, str]) -> dict[str, str]:
    """A label for each id: their display name on one line, with the id where two share it or it is a role's or Lucy's."""
    tidied = {user_id: tidy(name) for user_id, name in names.items()}
    often = Counter(name.casefold() for name in tidied.values())
    return {
        user_id: f"{name} ({user_id})".strip() if often[name.casefold()] > 1 or name.casefold() in _TAKEN else name
        for user_id, name in tidied.items()
    }


def tidy(name: str) -> str:
    """A name without anything that could end its line or begin another's words."""
    return " ".join(_ODD.sub(" ", name).split())[:_LONGEST].strip()
