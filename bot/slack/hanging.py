"""What hangs on a message: its files, as Slack tells of them."""

from __future__ import annotations

from typing import Any

from bot.db.file_refs import FileRef

MOST_FILES = 20
_LONGEST_NAME = 100
_LARGEST = 10**12
_HARMLESS = {ord(sign): "-" for sign in '<>"`'}


def files_of(message: dict[str, Any]) -> tuple[FileRef, ...]:
    """The files of a message or event, whatever stands there."""
    told = message.get("files")
    listed = told if isinstance(told, list) else []
    refs = [_ref(file) for file in listed if isinstance(file, dict)]
    return tuple(ref for ref in refs if ref)[:MOST_FILES]


def _ref(file: dict[str, Any]) -> FileRef | None:
    file_id, size = _word(file.get("id")), file.get("size")
    known = size if type(size) is int and 0 <= size < _LARGEST else 0
    return FileRef(file_id, name_of(file), _word(file.get("mimetype")), known) if file_id else None


def name_of(file: dict[str, Any]) -> str:
    """What people call a file, on one line; it may stand in a tag, in quotes and in code."""
    name = file.get("name") or file.get("title")
    return _word(name).translate(_HARMLESS) if isinstance(name, str) else ""


def _word(value: object) -> str:
    if not isinstance(value, str):
        return ""
    whole = value.encode("utf-8", "replace").decode()
    return "".join(sign for sign in whole[:_LONGEST_NAME] if sign.isprintable())
