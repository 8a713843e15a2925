"""What a worker wrote down, so that it can be written once more, otherwise, or late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.costs.tracker import Opened, Settled, Tracker
from bot.llm.model_client import Completion, FaultKind, ModelFault

Doing = Callable[[Tracker], Awaitable[Settled]]


@dataclass(frozen=True, slots=True)
class Deed:
    """One row settled: how to do it again, and what was heard of the answer."""

    opened: Opened
    do: Doing
    heard: str

    def otherwise(self) -> Doing:
        """Another outcome for the same row, that comes after the true one."""

        async def lie(tracker: Tracker) -> Settled:
            fault = ModelFault(FaultKind.CUT, completion=Completion(self.heard[:3]), billed="maybe")
            return await Tracker.fail(tracker, self.opened, fault, 1)

        return lie


class Remembering(Tracker):
    """A tracker that can do again what it did, or what its death kept it from doing."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.deeds: list[Deed] = []

    async def settle(self, opened: Opened, completion: Completion, *args: Any) -> Settled:
        self.deeds.append(Deed(opened, lambda t: Tracker.settle(t, opened, completion, *args), completion.text))
        return await super().settle(opened, completion, *args)

    async def fail(self, opened: Opened, fault: ModelFault, *args: Any) -> Settled:
        heard = fault.completion.text if fault.completion else ""
        self.deeds.append(Deed(opened, lambda t: Tracker.fail(t, opened, fault, *args), heard))
        return await super().fail(opened, fault, *args)
