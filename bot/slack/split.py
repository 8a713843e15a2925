"""Long answers in parts: cut at paragraphs and fence borders, below Slack's limits, fences re-opened."""

from __future__ import annotations

import re

LIMIT_BYTES = 11_000
"""Slack takes 12,000 characters of Markdown per message; bytes, so that every script stays below."""

_FENCE = re.compile(r"^[ \t]*(`{3,})([^`\s]*)[^`\n]*$", re.MULTILINE)
_ROOM_FOR_FENCE = 120


def split(text: str, limit: int = LIMIT_BYTES) -> list[str]:
    """The parts in order; a single one for a text that fits. Never empty."""
    parts: list[str] = []
    rest = text.strip() or "…"
    while _size(rest) > limit:
        cut = _cut(rest, limit - _ROOM_FOR_FENCE)
        head, rest = rest[:cut], rest[cut:]
        fence = _open_fence(head)
        if fence is None:
            rest = rest.lstrip("\n")
            parts.append(head.rstrip())
        else:
            ticks, language = fence
            parts.append(f"{head.rstrip(chr(10))}\n{ticks}")
            rest = f"{ticks}{language}\n{rest.lstrip(chr(10))}"
    return [*parts, rest]


def _cut(text: str, limit: int) -> int:
    """Where to cut: the last paragraph, line, sentence or word border within `limit` bytes, else the last character."""
    window = text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")
    for border in ("\n\n", "\n", ". ", " "):
        at = window.rfind(border)
        if at > len(window) // 3:
            return at + len(border)
    return max(1, len(window))


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


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
