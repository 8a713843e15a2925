"""A local score of how hard an ask is: hashed words and text statistics through int8 weights, standard library only."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from zlib import crc32

BUCKETS = 4096
HEAD, TAIL = 1200, 400
"""Only so many characters of the beginning and the end are read: the time is bounded."""

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Score:
    """Estimated probabilities that tier 1, and tier 2, would not do."""

    tier1_fails: float
    tier2_fails: float

    @property
    def hardness(self) -> float:
        """One number to rank by; higher is harder."""
        return self.tier1_fails + self.tier2_fails


@dataclass(frozen=True, slots=True)
class _Head:
    bias: float
    dense: tuple[float, ...]
    scale: float
    weights: memoryview


def score(text: str) -> Score | None:
    """Score the newest human text; None when there are no words to go by."""
    clipped = clip(text)
    words = tokens(clipped)
    if not words:
        return None
    dense, hashed = statistics(clipped, words), hashed_words(words)
    first, second = (_evaluate(head, dense, hashed) for head in _heads())
    return Score(first, second)


def clip(text: str) -> str:
    """The head and the tail of a long text."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def tokens(text: str) -> list[str]:
    """Words in lower case, numbers collapsed, each character of a script without spaces on its own."""
    found: list[str] = []
    for word in _TOKEN.findall(text.lower()):
        if word[0].isdigit():
            found.append("0")
        elif _WIDE.match(word):
            found.extend(word)
        else:
            found.append(word)
    return found


def hashed_words(words: list[str]) -> dict[int, float]:
    """Bucket -> weight for unigrams and bigrams: sublinear counts, unit length."""
    counts: dict[int, int] = {}
    for bucket in _buckets(words):
        counts[bucket] = counts.get(bucket, 0) + 1
    weights = {bucket: 1 + math.log(count) for bucket, count in counts.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {bucket: weight / length for bucket, weight in weights.items()}


def statistics(text: str, words: list[str]) -> tuple[float, ...]:
    """Eight figures about a text, each roughly between 0 and 1; the order is the weights file's."""
    size, count = len(text), len(words)
    letters = sum(len(word) for word in words)
    return (
        math.log1p(size) / 8,
        math.log1p(count) / 6,
        math.log1p(text.count("\n")) / 4,
        min(letters / count, 12) / 12,
        sum(map(str.isdigit, text)) / size,
        len(set(words)) / count,
        float("```" in text),
        float(text.rstrip().endswith("?")),
    )


def _buckets(words: list[str]) -> Iterator[int]:
    before = "^"
    for word in words:
        yield crc32(word.encode("utf-8", "replace")) % BUCKETS
        yield crc32(f"{before} {word}".encode("utf-8", "replace")) % BUCKETS
        before = word


def _evaluate(head: _Head, dense: tuple[float, ...], hashed: dict[int, float]) -> float:
    value = head.bias + sum(weight * figure for weight, figure in zip(head.dense, dense, strict=True))
    weights = head.weights
    value += head.scale * sum(weights[bucket] * weight for bucket, weight in hashed.items())
    return min(1.0, max(0.0, value))


@cache
def _heads() -> tuple[_Head, _Head]:
    raw = json.loads(files("bot.routing").joinpath("scorer_weights.json").read_text("utf-8"))["heads"]
    first, second = (raw[name] for name in ("tier1_fails", "tier2_fails"))
    return _head(first), _head(second)


def _head(raw: dict[str, object]) -> _Head:
    weights = memoryview(base64.b64decode(str(raw["weights"]))).cast("b")
    dense = raw["dense"]
    assert isinstance(dense, list)
    return _Head(float(str(raw["bias"])), tuple(float(figure) for figure in dense), float(str(raw["scale"])), weights)
