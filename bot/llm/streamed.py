"""An answer that is heard while it is made: no silence too long, no end that is none, and never left running."""

from __future__ import annotations

import asyncio
from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Any

from bot.llm.faults import fault_of
from bot.llm.model_client import Billed, Completion, FaultKind, Heard, ModelFault
from bot.llm.overheard import Books
from bot.llm.usage import told, word

_CLOSING_S = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds of silence a stream is granted: before its first frame, and between two."""

    first_s: float = 20.0
    idle_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: litellm's chunks, what the provider wrote, who listens, and the loop times it began and must end at.

    `offered` are the tools that its model may call.
    """

    chunks: Any
    books: Books
    heard: Heard
    began: float
    ends_at: float
    patience: Patience
    offered: Set[str] = frozenset()

    async def listen(self) -> Completion:
        """The whole answer. Raises ModelFault with what was heard; hangs up, however it ends."""
        finish: str | None = None
        try:
            while (chunk := await self._next()) is not None:
                finish = await self._take(chunk) or finish
        finally:
            self._note(None)
            await self._hang_up()
        self._note(word(finish) if self.books.finish or self.books.stream is None else None)
        return self.heard.so_far

    async def _next(self) -> Any:
        """The next chunk; None at the end."""
        silence_s = self.patience.idle_s if self.books.frames else self.patience.first_s
        try:
            async with asyncio.timeout_at(min(self.ends_at, asyncio.get_running_loop().time() + silence_s)):
                return await anext(self.chunks, None)
        except TimeoutError as error:
            raise self._broken(FaultKind.TIMEOUT, f"{self.books.frames} frames, then silence") from error
        except Exception as error:
            fault = fault_of(error, asked=True)
            kind = FaultKind.CUT if self.books.frames and fault.kind is not FaultKind.TIMEOUT else fault.kind
            raise self._broken(kind, str(fault), fault) from error

    async def _take(self, chunk: Any) -> str | None:
        """Show what is new in a chunk; why the answer ended, when it says so."""
        if not chunk.choices:
            return None
        delta = chunk.choices[0].delta
        text = getattr(delta, "content", None)
        if called := called_in(delta, self.offered):
            self.heard.so_far = replace(self.heard.so_far, called=called)
        if text:
            if self.heard.so_far.first_token_ms is None:
                waited_s = asyncio.get_running_loop().time() - self.began
                self.heard.so_far = replace(self.heard.so_far, first_token_ms=round(waited_s * 1000))
            self._note(None)
            await self.heard.piece(text)
        finish: str | None = chunk.choices[0].finish_reason
        return finish

    def _broken(self, kind: FaultKind, detail: str, fault: ModelFault | None = None) -> ModelFault:
        self._note(None)
        wait, status = (fault.retry_after_s, fault.status) if fault else (None, None)
        billed: Billed = "no" if fault and fault.billed == "no" and not self.books.frames else "maybe"
        return ModelFault(kind, detail, status=status, retry_after_s=wait, completion=self.heard.so_far, billed=billed)

    def _note(self, finish: str | None) -> None:
        """Keep what the provider said of itself, from the first frame on."""
        said = told(self.books.body)
        self.heard.so_far = replace(
            self.heard.so_far, model=said.model, response_id=said.response_id, usage=said.usage, finish_reason=finish
        )

    async def _hang_up(self) -> None:
        try:
            async with asyncio.timeout(_CLOSING_S):
                await self.chunks.aclose()
                await self.books.close()
        except TimeoutError:
            return


def called_in(message: Any, offered: Set[str]) -> str | None:
    """The first tool that a message, or a piece of one, calls of those its model was offered."""
    calls = getattr(message, "tool_calls", None) or ()
    names = (getattr(getattr(call, "function", None), "name", None) for call in calls)
    return next((name for name in names if name in offered), None)
