"""What people paste to name a call: an id, or the reference in a sentence about a failure."""

from __future__ import annotations

import re

from bot.errors import LucyError

_REFERENCE = re.compile(r"[0-9a-f]{8,32}")


class NoSuchCall(LucyError):
    """No row, or none that this person may see."""

    sentence = "I find no call of that id. Give me the reference from my sentence, or a whole id."


def hex_of(told: str) -> str:
    """The digits of an id or of its end. Raises NoSuchCall."""
    digits = told.strip("` ").replace("-", "").lower()
    if not _REFERENCE.fullmatch(digits):
        raise NoSuchCall(told[:80])
    return digits
