"""What the heads see of a text: hashed words and pairs of words, and a few figures. Standard library only, time bounded."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from zlib import crc32

BUCKETS = 16384
"""The finest hash; a head with fewer buckets uses the remainder, so it must divide this."""

INTENT_BUCKETS, INTENT_WORDS = 1024, 48
"""The intent is only a label: fewer buckets keep the file small, fewer words keep it quick."""

HEAD, TAIL = 500, 150
FIRST, LAST = 160, 40
"""Only so many characters, and of them so many words, of the beginning and the end are read: the time is bounded."""

_BEGINS, _ENDS = FIRST + 20, LAST + 20
"""Characters that hold the first and the last words where each is one: no more are looked at, and the words are the same."""

_NUMBER = re.compile(r"\d+")
_TOKEN = re.compile(r"[a-z]+|0|[^\w\s]", re.ASCII)
_ALONE = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_UNSPACED = re.compile(f"[{_ALONE}]+")
_TOKEN_OF_ANY_SCRIPT = re.compile(rf"[{_ALONE}]|[^\W\d_{_ALONE}]+|0|[^\w\s]")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Soft hyphens, zero-width characters and marks of direction: nobody sees them, so they must not part words."""

_COMMAS = re.compile("[,;，、；]")
_SUBLINEAR = tuple(1 + math.log(max(1, count)) for count in range(3 * (HEAD + TAIL) + 4))


@dataclass(slots=True)  # not frozen, as a Choice
class Features:
    """Statistics; buckets of words and pairs, each once, with a value each (None: all alike, `unit`); the first words."""

    statistics: tuple[float, ...]
    buckets: tuple[int, ...]
    values: tuple[float, ...] | None
    unit: float
    first_words: tuple[int, ...]


def clip(text: str) -> str:
    """The head and the tail of a long text."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def tokens(text: str) -> list[str]:
    """Words in lower case, each number as 0, each character of a script without spaces on its own; the first and last ones."""
    plain = text.isascii()
    seen = text.lower() if plain else _UNSEEN.sub("", text).lower()
    if _NUMBER.search(seen):
        seen = _NUMBER.sub("0", seen)
    every = (_TOKEN if plain else _TOKEN_OF_ANY_SCRIPT).findall
    if not plain and len(seen) >= _BEGINS + _ENDS:
        first, last = every(seen[:_BEGINS]), every(seen[-_ENDS:])
        if len(first) > FIRST and len(last) > LAST:
            return first[:FIRST] + last[-LAST:]
    found = every(seen)
    return found if len(found) <= FIRST + LAST else found[:FIRST] + found[-LAST:]


def features(clipped: str, words: Sequence[str]) -> Features:
    """Words and pairs of neighbours as hash buckets (sublinear counts, unit length), and the statistics. `words` is not empty."""
    raw = ("\n ".join(["", *words])).encode("utf-8", "replace").split(b"\n")[1:]
    singles = list(map(crc32, raw))
    pairs = map(crc32, raw, [0x5E, *singles])
    buckets = [hashed % BUCKETS for hashed in (*singles, *pairs)]
    first_words = {hashed % INTENT_BUCKETS for hashed in singles[:INTENT_WORDS]}
    seen, values, unit = _weighed(buckets)
    return Features(statistics(clipped, words), seen, values, unit, tuple(first_words))


def statistics(text: str, words: Sequence[str]) -> tuple[float, ...]:
    """Figures about a text, each roughly between 0 and 1; the order is the weights file's."""
    size, count = len(text) or 1, len(words) or 1
    plain = text.isascii()
    unspaced = 0 if plain else sum(map(len, _UNSPACED.findall(text)))
    reach = size + 2 * unspaced
    length = sum(map(len, words)) / count
    return (
        math.log1p(reach) / 8,
        math.log1p(count) / 6,
        math.log1p(text.count("\n")) / 4,
        length / 12 if length < 12 else 1.0,
        words.count("0") / count,
        float("```" in text),
        float(text.rstrip().endswith(("?", "？", "؟"))),
        math.log1p(text.count(",") + text.count(";") if plain else len(_COMMAS.findall(text))) / 3,
        reach / 60 if reach < 60 else 1.0,
        0.0 if reach < 60 else min(reach - 60, 200) / 200,
        0.0 if reach < 200 else min(reach - 200, 800) / 800,
        0.0 if plain else min(1.0, unspaced / 20),
        0.0 if plain else min(1.0, len(text.encode("utf-8", "replace")) / size - 1),
    )


def _weighed(buckets: list[int]) -> tuple[tuple[int, ...], tuple[float, ...] | None, float]:
    """Each bucket once, its value, and the value of one that stands there once."""
    if len(set(buckets)) == len(buckets):
        return tuple(buckets), None, 1 / math.sqrt(len(buckets))
    counts = Counter(buckets)
    values = [_SUBLINEAR[count] for count in counts.values()]
    length = math.sqrt(sum(map(mul, values, values)))
    return tuple(counts), tuple([value / length for value in values]), 1 / length
