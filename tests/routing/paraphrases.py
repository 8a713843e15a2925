"""The same ask in other words: the scorer learns from these too, so that case, punctuation and small words count little."""

from __future__ import annotations

import re
from zlib import crc32

_SMALL_WORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "please",
        "our",
        "of",
        "to",
        "for",
        "in",
        "on",
        "my",
        "your",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "bitte",
        "le",
        "la",
        "les",
        "un",
        "une",
        "el",
        "los",
        "de",
    ]
)
_OPENINGS = ("please ", "can you ", "could you ", "hey lucy, ", "lucy ", "")


def paraphrase(text: str, number: int) -> str:
    """The `number`-th other wording, always the same; code and texts of several lines only lose their capitals."""
    if "\n" in text or "```" in text:
        return text.lower()
    dice = crc32(text.encode("utf-8", "replace")) + 7919 * number
    words = text.rstrip(".!?").split(" ")
    kept = [word for at, word in enumerate(words) if word.lower() not in _SMALL_WORDS or dice >> at % 24 & 1]
    asks = "?" if text.rstrip().endswith("?") and dice >> 5 & 1 else ""
    said = " ".join(kept)
    return f"{_OPENINGS[dice % len(_OPENINGS)]}{said}{asks}" if re.search(r"\w", said) else text
