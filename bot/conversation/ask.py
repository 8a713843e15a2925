"""What someone wants of Lucy, and what she answers, with nothing of Slack left in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.costs.tracker import Keep, Payer
from bot.files.attachment import Attachment
from bot.llm.model_client import Show


@dataclass(frozen=True, slots=True)
class Turn:
    """An older message of the thread; `ts` is where it stands. `attachments` are those of its files that were looked at."""

    who: Literal["user", "lucy"]
    name: str
    text: str
    ts: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """The newest human text, and the thread before it, oldest first; how many files hang on the text, and what they hold.

    `people` are the first names it mentions, in lower case; `earlier` is a summary of what was said before the turns.
    """

    text: str
    turns: tuple[Turn, ...] = ()
    asker: str = ""
    files: int = 0
    people: frozenset[str] = frozenset()
    attachments: tuple[Attachment, ...] = ()
    earlier: str = ""

    @property
    def is_pictured(self) -> bool:
        """Whether a picture hangs on any of it."""
        older = (one for turn in self.turns for one in turn.attachments)
        return any(one.picture for one in (*self.attachments, *older))


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing a person wants: who pays, where the answer is kept, what was said, and who sees the answer made."""

    payer: Payer
    keep: Keep
    transcript: Transcript
    show: Show | None = None
