"""What a file is: by its first bytes, or by what its uploader's machine called it before there are any."""

from __future__ import annotations

from enum import StrEnum

_HEAD = 1024
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
    b"\x28\xb5\x2f\xfd",
)
_SOUNDS = (b"ID3\x02", b"ID3\x03", b"ID3\x04", b"OggS", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EBML = b"\x1a\x45\xdf\xa3"
_OFFICE_NAMES = (
    ".docx",
    ".xlsx",
    ".pptx",
    ".odt",
    ".ods",
    ".odp",
    ".doc",
    ".xls",
    ".ppt",
    ".pages",
    ".numbers",
    ".key",
)
_OFFICE_TYPES = ("officedocument", "opendocument", "msword", "ms-excel", "ms-powerpoint", "slack-docs", "apple.")
_ARCHIVE_TYPES = ("zip", "x-tar", "gzip", "x-7z", "x-rar", "vnd.rar", "bzip")
_MOST_CONTROLS = 0.05


class Kind(StrEnum):
    """What a file is."""

    TEXT = "text"
    PDF = "PDF"
    PICTURE = "picture"
    OFFICE = "Office document"
    ARCHIVE = "archive"
    SOUND = "sound or film"
    OTHER = "something else"


def kind_of(content: bytes, name: str) -> Kind:
    """By its bytes; its name only tells an Office document from another archive."""
    head = content[:_HEAD]
    if head.lstrip().startswith(b"%PDF-") or (b"%PDF-" in head and name.lower().endswith(".pdf")):
        return Kind.PDF
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return Kind.PICTURE
    if head.startswith(_OLD_OFFICE) or (head.startswith(b"PK") and name.lower().endswith(_OFFICE_NAMES)):
        return Kind.OFFICE
    if head.startswith(_ARCHIVES):
        return Kind.ARCHIVE
    if head.startswith((*_SOUNDS, _EBML, b"RIFF")) or (head[:2] == b"\0\0" and head[4:8] == b"ftyp"):
        return Kind.SOUND
    return Kind.TEXT if _is_text(content) else Kind.OTHER


def kind_told(mimetype: str, name: str) -> Kind | None:
    """What is not worth a download; None for what may be readable. A lie only costs, or saves, the download."""
    if mimetype.startswith(("audio/", "video/")):
        return Kind.SOUND
    if any(word in mimetype for word in _OFFICE_TYPES) or name.lower().endswith(_OFFICE_NAMES):
        return Kind.OFFICE
    return Kind.ARCHIVE if any(word in mimetype for word in _ARCHIVE_TYPES) else None


def is_wordy(mimetype: str) -> bool:
    """Whether it is text as far as one is told: then its beginning will do, however long it is."""
    return mimetype.startswith("text/") or mimetype.endswith(("json", "xml", "yaml", "javascript", "sql"))


def _is_text(content: bytes) -> bool:
    """UTF-16, or hardly any control characters beside those of text; a stray NUL is forgiven."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    controls = sum(content.count(bytes([code])) for code in range(32) if code not in (9, 10, 12, 13, 27))
    return controls <= len(content) * _MOST_CONTROLS
