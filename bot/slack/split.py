"""Long answers in parts: cut at paragraphs and fence borders, below Slack's limits, fences re-opened."""

from __future__ import annotations

import re
from typing import NamedTuple

LIMIT_BYTES = 11_000
"""Slack takes 12,000 characters of Markdown per message; bytes, so that every script stays below."""

_FENCE = re.compile(r"^[ \t]*(`{3,})([^`\s]*)[^`\n]*$", re.MULTILINE)
_BLANK = re.compile(r"\s")
ROOM_FOR_FENCE = 120
TO_END_A_WORD = 90
"""Bytes of that room which may end a word."""


class Cut(NamedTuple):
    """A part, what the next one must begin with (a fence re-opened, or nothing), and the text that is left."""

    part: str
    reopened: str
    rest: str


def split(text: str, limit: int = LIMIT_BYTES) -> list[str]:
    """The parts in order; a single one for a text that fits. Never empty."""
    return split_on(text.strip() or "…", limit)


def split_on(text: str, limit: int = LIMIT_BYTES, least: int = 0) -> list[str]:
    """The same of a text whose first `least` characters stand in Slack already: its blanks count."""
    parts: list[str] = []
    while size(text) > limit:
        part, reopened, rest = cut_off(text, limit - ROOM_FOR_FENCE, least)
        parts.append(part)
        text, least = reopened + rest, 0
    return [*parts, text]


def cut_off(text: str, limit: int, least: int = 0) -> Cut:
    """The first part within `limit` bytes (and room to close a fence), cut after at least so many characters."""
    at = _border(text, limit, least)
    head, rest = text[:at], text[at:].lstrip("\n")
    fence = _open_fence(head)
    if fence is None:
        return Cut(head.rstrip(), "", rest)
    ticks, language = fence
    return Cut(f"{head.rstrip(chr(10))}\n{ticks}", f"{ticks}{language}\n", rest)


def _border(text: str, limit: int, least: int) -> int:
    """The last paragraph, line, sentence or word border within `limit` bytes, else the next one soon, else any character."""
    window = first_bytes(text, limit)
    for border in ("\n\n", "\n", ". ", " "):
        at = window.rfind(border) + len(border)
        if at > max(len(window) // 3, least, len(border)):
            return at
    at = max(1, least, len(window))
    soon = _BLANK.search(first_bytes(text, limit + TO_END_A_WORD), at)
    return soon.end() if soon else at


def first_bytes(text: str, limit: int) -> str:
    """As much of a text as `limit` bytes hold."""
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def _open_fence(text: str) -> tuple[str, str] | None:
    """The ticks and language of the fence that `text` leaves open, or None."""
    fence: tuple[str, str] | None = None
    for found in _FENCE.finditer(text):
        ticks, language = found[1], found[2]
        if fence is None:
            fence = ticks[:20], language[:20]
        elif not language and len(ticks) >= len(fence[0]):
            fence = None
    return fence


def size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
