"""Files in a conversation: how a model is shown them, and what people are told of them under the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.conversation.ask import Transcript
from bot.costs.tracker import Keep
from bot.files.attachment import Attachment

BLIND = "none of the models that may answer here can look at pictures"
_TAG = re.compile(r"<(?=/?file\b)", re.IGNORECASE)


def shown(attachments: Sequence[Attachment]) -> str:
    """The files as data, each between tags that its text cannot close."""
    return "\n\n".join(_shown(one) for one in attachments)


def remarks(attachments: Sequence[Attachment]) -> str:
    """One line for people: what could not be read and why, and what was read in part. Empty when all was read."""
    unread = [f"`{one.name}` ({one.remark})" for one in attachments if not one.is_read]
    partly = [f"of `{one.name}` I read {one.remark}" for one in attachments if one.is_read and one.remark]
    told = [*([f"I couldn't read {', '.join(unread)}"] if unread else []), *partly]
    line = "; ".join(told)
    return f"{line[0].upper()}{line[1:]}." if line else ""


def with_remarks(keep: Keep, attachments: Sequence[Attachment]) -> Keep:
    """Keep the answer with the remarks at its end, whichever answer it will be."""
    line = remarks(attachments)
    return replace(keep, split=_ending(keep.split, line)) if line else keep


def unseen(transcript: Transcript) -> Transcript:
    """The same where nobody can look at pictures."""
    turns = tuple(replace(turn, attachments=_blindly(turn.attachments)) for turn in transcript.turns)
    return replace(transcript, attachments=_blindly(transcript.attachments), turns=turns)


def _blindly(attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    return tuple(Attachment(one.name, remark=BLIND) if one.picture else one for one in attachments)


def _ending(split: Callable[[str], Sequence[str]], line: str) -> Callable[[str], Sequence[str]]:
    return lambda text: split(f"{text}\n\n{line}")


def _shown(one: Attachment) -> str:
    if one.picture:
        return f'<file name="{one.name}">a picture, attached</file>'
    if not one.text:
        return f'<file name="{one.name}" unread="{one.remark}"></file>'
    part = f' shown="{one.remark}"' if one.remark else ""
    return f'<file name="{one.name}"{part}>\n{_TAG.sub("‹", one.text)}\n</file>'
