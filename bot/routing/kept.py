"""What is kept of a text: its statistics and hashed words as a few hundred bytes. The words cannot be read from it."""

from __future__ import annotations

import struct
from zlib import crc32

from bot.routing.features import BUCKETS, Features, clip, features, tokens

_VERSION = 1
_FINEST = 255
"""A value between 0 and 1 in one byte; the scorer's weights are no finer."""

_HEAD = struct.Struct("<BBB")
_FUNCTION_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "for",
        "to",
        "in",
        "on",
        "at",
        "by",
        "with",
        "from",
        "is",
        "are",
        "was",
        "be",
        "do",
        "does",
        "did",
        "how",
        "what",
        "which",
        "who",
        "why",
        "when",
        "where",
        "can",
        "could",
        "would",
        "should",
        "i",
        "you",
        "we",
        "it",
        "our",
        "my",
        "your",
        "me",
        "us",
        "this",
        "that",
        "and",
        "or",
        "not",
        "s",
        "t",
        "m",
        "please",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "ist",
        "wie",
        "was",
        "ich",
        "mein",
        "kann",
        "zu",
        "el",
        "la",
        "los",
        "un",
        "una",
        "es",
        "de",
        "que",
        "como",
        "mi",
        "le",
        "les",
        "une",
        "du",
        "est",
        "comment",
    ]
)


def kept(text: str) -> bytes:
    """The features of a text; nothing of one without words."""
    clipped = clip(text)
    words = tokens(clipped)
    if not words:
        return b""
    seen = features(clipped, words)
    content = sorted({_bucket(word) for word in words if word[0].isalnum() and word not in _FUNCTION_WORDS})[:_FINEST]
    pairs = zip(seen.buckets, seen.values or [seen.unit] * len(seen.buckets), strict=True)
    return b"".join(
        (
            _HEAD.pack(_VERSION, len(seen.statistics), len(content)),
            struct.pack(f"<{len(seen.statistics)}f{len(content)}H", *seen.statistics, *content),
            *(struct.pack("<HB", bucket, round(value * _FINEST)) for bucket, value in pairs),
        )
    )


def read(stored: bytes) -> Features | None:
    """Features as they were kept, with the words that carry meaning as `first_words`; None for what nobody can read."""
    if len(stored) < _HEAD.size or stored[0] != _VERSION:
        return None
    _, many_dense, many_words = _HEAD.unpack_from(stored)
    figures = struct.Struct(f"<{many_dense}f{many_words}H")
    numbers = figures.unpack_from(stored, _HEAD.size)
    pairs = list(struct.iter_unpack("<HB", stored[_HEAD.size + figures.size :]))
    buckets, values = tuple(pair[0] for pair in pairs), tuple(pair[1] / _FINEST for pair in pairs)
    return Features(numbers[:many_dense], buckets, values, 0.0, numbers[many_dense:])


def likeness(one: bytes, other: bytes) -> float:
    """How alike two texts are, from 0 to 1: the share of the words with a meaning that both have."""
    first, second = (set(seen.first_words) if (seen := read(stored)) else set() for stored in (one, other))
    return len(first & second) / len(first | second) if first and second else 0.0


def _bucket(word: str) -> int:
    return crc32(word.encode("utf-8", "replace")) % BUCKETS
