"""An answer while it grows: what of it may be shown now, and how it is cut into messages. Nothing here acts."""

from __future__ import annotations

import re

from bot.slack.guard import harmless
from bot.slack.split import LIMIT_BYTES, ROOM_FOR_FENCE, TO_END_A_WORD, cut_off, first_bytes, size, split, split_on

_OPEN_END = re.compile(r"(?:\s|<|@\w*)*\Z")
"""What may still turn into a ping, or into blanks at the end of an answer."""


class GrowingText:
    """The text of a model, and the message of it that is being written: `part` is its number, from 0."""

    def __init__(self, limit: int = LIMIT_BYTES) -> None:
        """`limit`: bytes of one message, the fence that closes it included."""
        self._limit = limit - ROOM_FOR_FENCE
        self.text = ""
        self._ended: list[str] = []
        self._reopened, self._begin, self._shown = "", 0, 0

    def add(self, piece: str) -> None:
        """The model wrote on."""
        self.text = (self.text + piece) if self.text else piece.lstrip()
        if self._ended and not self._reopened and not self._shown:
            self._begin += len(self.text[self._begin :]) - len(self.text[self._begin :].lstrip("\n"))

    @property
    def part(self) -> int:
        """Which message is being written."""
        return len(self._ended)

    @property
    def shown(self) -> str:
        """What of this message stands in Slack."""
        return harmless(self._message[: self._shown])

    @property
    def is_full(self) -> bool:
        """There is more than this message can take, and enough to see where a word ends."""
        return size(self._message) > self._limit + TO_END_A_WORD

    @property
    def has_whole_line(self) -> bool:
        """A line has ended behind what is shown: a good place to turn over."""
        return "\n" in self._message[self._shown :]

    def news(self) -> tuple[str, int]:
        """What of this message can be shown and is not yet, and the mark to pass to `mark_shown`."""
        message = first_bytes(self._message, self._limit)
        ends = _OPEN_END.search(message)
        end = max(ends.start() if ends else 0, self._shown)
        return harmless(message[:end])[len(self.shown) :], end

    def mark_shown(self, mark: int) -> None:
        """Slack has taken it."""
        self._shown = mark

    def turn_over(self) -> str:
        """End this message, at the best place behind what is shown; its whole text. What is left is the next one's."""
        message = self._message
        cut = cut_off(message, min(self._limit, size(message)), self._shown)
        self._ended.append(cut.part)
        self._reopened, self._begin, self._shown = cut.reopened, len(self.text) - len(cut.rest), 0
        return cut.part

    def parts(self, text: str) -> list[str]:
        """The whole answer in messages: those that were begun as they stand, whatever the end of it is."""
        whole = text.strip()
        if not self.text or not whole.startswith(self.text[: self._begin].rstrip()):
            return split(text)
        rest = whole[self._begin :]
        if self._ended and not rest.strip():
            return list(self._ended)
        return [*self._ended, *split_on(self._reopened + rest or "…", least=self._shown)]

    @property
    def _message(self) -> str:
        return self._reopened + self.text[self._begin :]
