"""Slack's markup decoded for people and models: names and URLs stay, ids and escapes go."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")


def decode(text: str, names: Mapping[str, str]) -> str:
    """Plain words: `<@U1>` becomes @Name, `<https://x|label>` [label](https://x), `&amp;` &."""
    return html.unescape(_LINK.sub(lambda found: _plain(found[1], found[2], names), text))


def without_own_mention(text: str, bot_user: str) -> str:
    """The ask without the mention that begins or ends it; mentions inside stay as her name."""
    mention = rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>"
    stripped = re.sub(rf"^\s*(?:{mention}[\s,:]*)+|\s*{mention}\s*$", "", text)
    return stripped.strip()


def mentioned(text: str) -> set[str]:
    """The ids of the people a text names."""
    return set(USER.findall(text))


def _plain(target: str, label: str | None, names: Mapping[str, str]) -> str:
    match target[0]:
        case "@":
            return f"@{label or names.get(target[1:], target[1:])}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return _special(target, label)
        case _:
            bare = target.removeprefix("mailto:").removeprefix("tel:")
            return f"[{label}]({target})" if label and label not in (target, bare) else bare


def _special(target: str, label: str | None) -> str:
    if label:
        return label
    return f"@{target[1:].split('^')[0]}"
