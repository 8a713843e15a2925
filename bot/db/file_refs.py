"""Which files hang on an ask: Slack's names for them, sealed with its words. What the files hold is never stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass

_END_OF_WORDS = "\0"
"""No words that arrive from Slack keep a NUL."""


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file as Slack told of it; `size` in bytes. Only the id is certain: Slack leaves the rest out of shared channels."""

    id: str
    name: str = ""
    mimetype: str = ""
    size: int = 0


def packed(words: str, files: Sequence[FileRef]) -> str:
    """What is sealed of an ask."""
    return words + _END_OF_WORDS + json.dumps([astuple(file) for file in files]) if files else words


def unpacked(sealed: str) -> tuple[str, tuple[FileRef, ...]]:
    """The words and the files."""
    words, _, files = sealed.partition(_END_OF_WORDS)
    return words, tuple(FileRef(*file) for file in json.loads(files or "[]"))
