"""The words of a text file, whatever wrote it, and as much of them as there is room for."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Clipped:
    """The words that fit, and how much of all of them that is, where it is not all."""

    text: str
    remark: str = ""


def decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 by their marks, else UTF-8, else Windows' Latin; no NUL, lines end alike. The end may be cut anywhere."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _plain(content[len(mark) :].decode(encoding, "replace"))
    try:
        return _plain(codecs.getincrementaldecoder("utf-8")().decode(content))
    except UnicodeDecodeError:
        return _plain(content.decode("cp1252", "replace"))


def clipped(text: str, room: int, *, whole: bool) -> Clipped:
    """Whole lines from the beginning, at most `room` bytes; of a line longer than that its beginning."""
    lines = text.splitlines(keepends=True)
    kept, count = _fitting(iter(lines), room)
    if count == len(lines) and whole:
        return Clipped(text)
    if not kept:
        return Clipped(text.encode()[:room].decode("utf-8", "ignore"), "only the beginning")
    return Clipped(kept, f"only the first {count:,} of {_total(len(lines), whole)} lines")


def clipped_table(text: str, room: int, *, whole: bool) -> Clipped:
    """The header and whole rows from the beginning, a cell with line breaks in it too, at most `room` bytes."""
    try:
        rows = list(_rows(text))
    except csv.Error:
        return clipped(text, room, whole=whole)
    rows = rows if whole else rows[:-1]
    kept, count = _fitting(iter(rows), room)
    if count == len(rows) and whole:
        return Clipped(text)
    if count < 2:
        return clipped(text, room, whole=whole)
    return Clipped(kept, f"only the first {count - 1:,} of {_total(len(rows) - 1, whole)} rows")


def _plain(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _fitting(pieces: Iterator[str], room: int) -> tuple[str, int]:
    kept: list[str] = []
    for piece in pieces:
        room -= len(piece.encode("utf-8", "replace"))
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept), len(kept)


def _rows(text: str) -> Iterator[str]:
    """Each row as it stands there. Raises csv.Error."""
    lines = text.splitlines(keepends=True)
    first = lines[0] if lines else ""
    reader = csv.reader(io.StringIO(text), delimiter=max(_DELIMITERS, key=first.count))
    begin = 0
    for _ in reader:
        yield "".join(lines[begin : reader.line_num])
        begin = reader.line_num


def _total(count: int, whole: bool) -> str:
    return f"{count:,}" if whole else f"more than {count:,}"
