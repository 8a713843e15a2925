"""A file that hangs on a message, as far as a model may see it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.llm.model_client import Picture


@dataclass(frozen=True, slots=True)
class Attachment:
    """What was read of a file: its text or a picture, and the `remark` that people are told, like `the first 9 of 20 pages`.

    Without either the remark is why, like `it is protected by a password`.
    """

    name: str
    text: str = ""
    picture: Picture | None = None
    remark: str = ""

    @property
    def is_read(self) -> bool:
        """Whether a model can be shown any of it."""
        return bool(self.text) or self.picture is not None
