"""What a model writes cannot ping anyone: mentions and broadcasts outside code are made harmless."""

from __future__ import annotations

import re

_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]+`)", re.DOTALL)
_ANGLE = re.compile(r"<(?=[!@#])")
_BROADCAST = re.compile(r"@(?=(?:here|channel|everyone)\b)", re.IGNORECASE)
_NO_BREAK = "\u2060"


def guard(markdown: str) -> str:
    """The same words with `<!channel>`, `<@U…>`, `<#C…>` and @here unable to notify; code is left as it is."""
    pieces = _CODE.split(markdown)
    return "".join(piece if index % 2 else _harmless(piece) for index, piece in enumerate(pieces))


def _harmless(text: str) -> str:
    return _BROADCAST.sub(f"@{_NO_BREAK}", _ANGLE.sub("&lt;", text))
