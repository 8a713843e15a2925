"""What a worker needs of the place where people talk."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from bot.conversation.ask import Transcript
from bot.db.inbox import TakenAsk
from bot.llm.model_client import Show


class Live(Protocol):
    """An answer that people may read while it is made."""

    @property
    def text(self) -> str:
        """What the model has said so far."""
        ...

    @property
    def reader(self) -> Show | None:
        """Who hears each piece as it is made (raises LeaseLost); None where nobody reads along."""
        ...

    def split(self, text: str) -> Sequence[str]:
        """The whole answer in parts that Slack takes."""
        ...

    async def unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work until its end, or until someone who may stop it does. Raises Stopped."""
        ...


class Asides(Protocol):
    """What is said to the asker alone."""

    async def barred(self, ask: TakenAsk) -> str | None:
        """None for whoever is answered; else what they are told, which to a machine is nothing."""
        ...

    async def tell(self, ask: TakenAsk, text: str, actions: Sequence[Mapping[str, str]] = ()) -> bool:
        """Tell the asker alone; False where it must be said as an answer is."""
        ...


class Threads(Protocol):
    """What a worker needs of Slack."""

    @property
    def asides(self) -> Asides:
        """What is said to the asker alone."""
        ...

    async def read(self, ask: TakenAsk) -> Transcript:
        """The ask and its thread in plain words; what cannot be looked up is left out. Raises Undeliverable."""
        ...

    async def hushed(self, ask: TakenAsk) -> bool:
        """Whether the ask only orders her to be quiet in its thread, or not to be; the asker is told that she obeys."""
        ...

    async def answered(self, ask: TakenAsk) -> bool:
        """Whether an answer of ours stands there already, whatever the database knows."""
        ...

    def at_work(self, ask: TakenAsk) -> AbstractAsyncContextManager[Live]:
        """Show that Lucy is at it while the block runs; showing never raises."""
        ...

    async def deliver(self, ask: TakenAsk, live: Any, outcome: str) -> str:
        """See that every stored part stands in Slack and that the ask ends; how: "withdrawn" when its question is gone.

        Raises Undeliverable, Undecryptable, LeaseLost; then it has not ended.
        """
        ...
