"""What can go wrong that we foresaw. Each error carries the sentence a person reads."""

from __future__ import annotations

from uuid import UUID


class LucyError(Exception):
    """The root of everything Lucy raises on purpose; `sentence` is safe to show to anyone in Slack."""

    sentence = "Something went wrong on my side."

    def __init__(self, detail: str = "", *, sentence: str | None = None) -> None:
        """`detail` is for operators and logs; `sentence`, if given, replaces the class's own."""
        super().__init__(detail or sentence or self.sentence)
        if sentence is not None:
            self.sentence = sentence


class SettingError(LucyError):
    """A setting, file or token that Lucy cannot start with; the command line prints it and exits with 2."""


class DatabaseAway(LucyError):
    """PostgreSQL did not answer in time."""

    sentence = "I can't reach my database right now."


class Stopped(LucyError):
    """Someone who may has stopped an ask; `withdrawn` when its question was deleted."""

    sentence = "I stopped, as you asked."

    def __init__(self, *, withdrawn: bool = False) -> None:
        super().__init__("withdrawn" if withdrawn else "stopped")
        self.withdrawn = withdrawn


class LeaseLost(LucyError):
    """Another worker holds this ask now; whatever this worker still wanted to write is refused."""


class Undecryptable(LucyError):
    """A stored secret or text that none of the present keys opens."""

    sentence = "I can no longer read what I stored about this message."


class Undeliverable(LucyError):
    """Slack will never take this answer: the channel is gone, or Lucy is no longer in it."""

    sentence = "I can't write in that channel."


def failure_sentence(sentence: str, task_id: UUID) -> str:
    """One calm sentence with a reference that operators find in the log and the ledger."""
    return f"{sentence} (reference `{str(task_id)[-8:]}`)"
