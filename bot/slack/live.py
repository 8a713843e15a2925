"""An answer that people read while it is made; whatever fails in Slack, the answer goes on and is posted when it is whole."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from bot import log
from bot.db.inbox import TakenAsk
from bot.errors import LeaseLost, LucyError
from bot.llm.model_client import Show
from bot.slack.blocks import part_key, reply_message
from bot.slack.growing import GrowingText
from bot.slack.pen import Message, Pen
from bot.slack.stops import Stops

_log = log.get(__name__)


class Live:
    """One ask's answer. Without a `pen` nobody reads along."""

    def __init__(self, ask: TakenAsk, pen: Pen | None, stops: Stops) -> None:
        self._ask, self._pen, self._stops = ask, pen, stops
        self._growing = GrowingText()
        self._silent = pen is None
        self._message: Message | None = None
        self._ended: dict[int, tuple[str, str]] = {}
        self._news = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._ending = False
        self._lost: LeaseLost | None = None

    @property
    def text(self) -> str:
        """What the model has said so far."""
        return self._growing.text

    @property
    def reader(self) -> Show | None:
        """Who hears each piece; None where nobody reads along, and the model need not stream."""
        return self.show if self._pen else None

    async def show(self, piece: str) -> None:
        """A piece of the answer was made. Raises LeaseLost."""
        if self._lost:
            raise self._lost
        self._growing.add(piece)
        if self._silent or self._pen is None:
            return
        self._news.set()
        self._writing = self._writing or asyncio.create_task(self._write_on(self._pen))

    def split(self, text: str) -> Sequence[str]:
        """The whole answer in parts, cut where its messages were."""
        return self._growing.parts(text)

    async def unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work until its end, or until someone who may stop it does. Raises Stopped."""
        await self._stops.unless_stopped(self._ask, work)

    async def end_writing(self) -> None:
        """What is not shown by now is said by `finish`. Call it before asking the database what was begun."""
        if self._writing:
            self._ending = True
            self._news.set()
            writing, self._writing = self._writing, None
            await writing

    async def finish(self, part: int, text: str, said: dict[str, Any]) -> str | None:
        """Let the part's message say all of it, with what `said` has under it; its ts, None when it has no message here.

        Raises LeaseLost, Gone, Undeliverable, SlackRefused or SlackUnsure.
        """
        ts, stands = self._ended.get(part, ("", ""))
        if stands == text and len(said["blocks"]) == 1:
            return ts
        if part != self._growing.part or self._message is None or self._pen is None:
            return None
        await self._pen.rest()
        await self._pen.end(self._message, self._growing.shown, text, said)
        return self._message.ts

    async def close(self) -> None:
        """Nobody writes any more. What was begun stays known to the database."""
        if self._writing:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _write_on(self, pen: Pen) -> None:
        """Show what is new, at most once in a while, until told to end."""
        while True:
            await self._news.wait()
            self._news.clear()
            await pen.rest()
            if self._ending:
                return
            try:
                await self._write(pen)
            except LeaseLost as lost:
                self._lost = lost
                return
            except LucyError as error:
                self._silent = self._message is None or self._message.ended
                _log.info("not_shown", task_id=str(self._ask.task_id), error=str(error))
            if self._silent:
                return
            if self._growing.is_full or self._growing.news()[0]:
                self._news.set()

    async def _write(self, pen: Pen) -> None:
        if self._message is None:
            await self._begin(pen)
        elif self._growing.is_full or pen.should_turn(self._message, easily=self._growing.has_whole_line):
            await self._turn_over(pen, self._message)
        else:
            await self._say(pen, self._message)

    async def _begin(self, pen: Pen) -> None:
        """The first words; where they cannot be shown, or are too many, the answer is posted when it is whole."""
        words, mark = self._growing.news()
        if not words:
            return
        self._message = None if self._growing.is_full else await pen.begin(self._growing.part, words)
        if self._message:
            self._growing.mark_shown(mark)
        self._silent = self._message is None

    async def _say(self, pen: Pen, message: Message) -> None:
        await pen.rest_for("chat.update" if message.ended else "chat.appendStream")
        words, mark = self._growing.news()
        if words and await pen.write(message, words, self._said(self._growing.part, self._growing.shown + words)):
            self._growing.mark_shown(mark)

    async def _turn_over(self, pen: Pen, message: Message) -> None:
        """End a message that is full or old; the next words begin another one."""
        part, shown = self._growing.part, self._growing.shown
        text = self._growing.turn_over()
        self._message = None
        await pen.end(message, shown, text, self._said(part, text))
        self._ended[part] = (message.ts, text)

    def _said(self, part: int, text: str) -> dict[str, Any]:
        return reply_message(text, part_key(self._ask.task_id, part))
