"""What a model writes cannot ping anyone: mentions and broadcasts outside code are made harmless."""

from __future__ import annotations

import re

_CODE = re.compile(
    r"(^[ \t]*(?P<fence>`{3,})[^`\n]*\n(?:.*?\n)??[ \t]*(?P=fence)`*[ \t]*$|(?<![`\\])`[^`\n]+`(?!`))",
    re.DOTALL | re.MULTILINE,
)
"""What is code for certain: closed fences that begin their line, and code spans of one backtick."""
_ANGLE = re.compile(r"<(?=[!@#])")
_BROADCAST = re.compile(r"(?<!\w)@(?=(?:here|channel|everyone)\b)", re.IGNORECASE)
_NO_BREAK = "\u2060"


def guard(markdown: str) -> str:
    """The same words with `<!channel>`, `<@U…>`, `<#C…>` and @here unable to notify; code is left as it is."""
    safe, end = [], 0
    for code in _CODE.finditer(markdown):
        safe += [harmless(markdown[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*safe, harmless(markdown[end:])])


def guard_plain(text: str) -> str:
    """Words for a message without Markdown, where even code could ping: all of Slack's markup is escaped."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _BROADCAST.sub(f"@{_NO_BREAK}", escaped)


def harmless(text: str) -> str:
    """The same words, those in code too, unable to notify: for a text that has not ended, so that nobody knows what is code."""
    return _BROADCAST.sub(f"@{_NO_BREAK}", _ANGLE.sub("&lt;", text))
