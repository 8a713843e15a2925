"""One file read: by what its bytes are, within the room there is for its words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import assert_never

from bot.files.attachment import Attachment
from bot.files.confined import Unparsed, parsed
from bot.files.kinds import Kind, kind_of
from bot.files.words import Clipped, clipped, clipped_table, decoded
from bot.llm.model_client import Picture

LARGEST = 20_000_000
"""Bytes of a PDF or a picture; larger ones are not read."""

LONGEST_TEXT = 1_000_000
"""Bytes from the beginning of a text; no more is read of it."""

TOO_LARGE = f"it is larger than the {LARGEST // 1_000_000} MB I take"
_PARSED_BADLY = "it is damaged, or too complicated for me"
UNREADABLE = {
    Kind.OFFICE: "Office documents and canvases are beyond me: a PDF or CSV of it would do",
    Kind.ARCHIVE: "I don't open archives",
    Kind.SOUND: "I neither hear sound nor watch films",
    Kind.OTHER: "I don't know this kind of file",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was fetched; not `whole` when only its beginning was."""

    name: str
    mimetype: str
    content: bytes = field(repr=False)
    whole: bool = True


async def read(file: File, room: int) -> Attachment:
    """What a model may be shown of a file, at most `room` bytes of words. Never raises for what a file holds."""
    if not file.content:
        return Attachment(file.name, remark="it is empty")
    kind = kind_of(file.content, file.name)
    match kind:
        case Kind.TEXT:
            return _words(file, room)
        case Kind.PDF | Kind.PICTURE if not file.whole:
            return Attachment(file.name, remark=TOO_LARGE)
        case Kind.PDF:
            return await _pdf(file, room)
        case Kind.PICTURE:
            return await _picture(file)
        case Kind.OFFICE | Kind.ARCHIVE | Kind.SOUND | Kind.OTHER:
            return Attachment(file.name, remark=UNREADABLE[kind])
        case _:
            assert_never(kind)


def _words(file: File, room: int) -> Attachment:
    text = decoded(file.content[:LONGEST_TEXT])
    whole = file.whole and len(file.content) <= LONGEST_TEXT
    is_table = file.mimetype == "text/csv" or file.name.lower().endswith((".csv", ".tsv"))
    found: Clipped = (clipped_table if is_table else clipped)(text, room, whole=whole)
    return _shown(file.name, found)


def _shown(name: str, found: Clipped) -> Attachment:
    if not found.text.strip():
        return Attachment(name, remark="there are no words in it")
    return Attachment(name, found.text, remark=found.remark)


async def _pdf(file: File, room: int) -> Attachment:
    try:
        told = json.loads(await parsed("bot.files.pdf", file.content, str(room)))
    except Unparsed:
        return Attachment(file.name, remark=_PARSED_BADLY)
    if told.get("locked"):
        return Attachment(file.name, remark="it is protected by a password")
    pages, of = told["pages"], told["of"]
    if not any(pages):
        return Attachment(
            file.name, remark="its pages are pictures without text (a scan): a screenshot of one would do"
        )
    text = "\n\n".join(f"[page {number}]\n{page}" for number, page in enumerate(pages, 1))
    cut = told["full"] or len(pages) < of
    return Attachment(file.name, text, remark=f"only the first {len(pages):,} of {of:,} pages" if cut else "")


async def _picture(file: File) -> Attachment:
    try:
        head, _, content = (await parsed("bot.files.shrink", file.content)).partition(b"\n")
    except Unparsed:
        return Attachment(file.name, remark=_PARSED_BADLY)
    return Attachment(file.name, picture=Picture(content=content, **json.loads(head)))
