"""The text of a PDF: `python -m bot.files.pdf ROOM`, the file on stdin, JSON on stdout. Runs confined; may crash."""

from __future__ import annotations

import io
import json
import sys
import time
from typing import Any

from pypdf import PdfReader

from bot.files.confined import CPU_S, confine

_MOST_PAGES = 200


def text_of(content: bytes, room: int) -> dict[str, Any]:
    """The text of its first pages up to `room` bytes, how many those are, and of how many; or `locked`.

    Raises whatever a broken file makes pypdf raise.
    """
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        return {"locked": True}
    pages: list[str] = []
    for page in reader.pages[:_MOST_PAGES]:
        if room <= 0 or time.process_time() > CPU_S / 2:
            break
        text = page.extract_text().encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
        room -= len(text.encode())
        pages.append(text.strip())
    return {"pages": pages, "of": len(reader.pages), "full": room <= 0}


def main() -> None:
    """One file."""
    confine()
    told = text_of(sys.stdin.buffer.read(), int(sys.argv[1]))
    sys.stdout.buffer.write(json.dumps(told).encode())


if __name__ == "__main__":
    main()
