"""Mentions sent into the sandbox's Slack, and when each was acknowledged and answered."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.cast import Person

CHANNEL = "C0GENERAL"
PATIENCE_S = 300
_PEOPLE = [Person(f"U0LOAD{number}", f"Colleague {number}") for number in range(20)]
_KEPT = 2000


@dataclass(slots=True)
class Mentions:
    """When each was sent, first seen answered and wholly answered, by its ts; seconds on one clock.

    `urls` names the replica that gets the next one.
    """

    sandbox: Sandbox
    urls: Callable[[], str]
    sent: dict[str, float] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _who: Iterator[Person] = field(default_factory=lambda: itertools.cycle(_PEOPLE))

    def __post_init__(self) -> None:
        state = self.sandbox.slack.state
        state.subscribe(self._hear)
        state.people.update({person.id: person for person in _PEOPLE})

    def forget(self) -> None:
        """Begin anew, with a short channel: what one message costs the sandbox must not grow with those before it."""
        for known in (self.sent, self.begun, self.answered):
            known.clear()
        self.sandbox.slack.delivery.log.clear()
        del self.sandbox.slack.state.messages[CHANNEL][:-_KEPT]

    async def send(self) -> str:
        """One mention to the next replica; its ts, once it was acknowledged."""
        self.sandbox.slack.delivery.events_url = self.urls()
        began = time.perf_counter()
        ts = await self.sandbox.slack.say(
            next(self._who).id, CHANNEL, f"<@{self.sandbox.slack.state.bot_user_id}> hello"
        )
        self.sent[ts] = began
        return ts

    async def all_answered(self) -> None:
        """Returns when every mention sent so far has its whole answer."""
        async with asyncio.timeout(PATIENCE_S):
            while self.sent.keys() - self.answered.keys():
                self._came.clear()
                await self._came.wait()

    async def see_through(self) -> None:
        """One mention, to the end of its answer."""
        ts = await self.send()
        async with asyncio.timeout(PATIENCE_S):
            while ts not in self.answered:
                await asyncio.sleep(0.005)

    async def at_a_rate(self, count: int, per_s: float) -> None:
        """So many mentions at a steady rate, whether or not the earlier ones were acknowledged; to the end of the last answer."""
        began, sending = time.perf_counter(), []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / per_s - time.perf_counter()))
            sending.append(asyncio.create_task(self.send()))
        await asyncio.gather(*sending)
        await self.all_answered()

    async def as_fast_as_answered(self, count: int, at_once: int) -> float:
        """So many mentions, so many of them open at a time; the seconds it took."""
        began, todo = time.perf_counter(), iter(range(count))

        async def busy() -> None:
            for _ in todo:
                await self.see_through()

        await asyncio.gather(*(busy() for _ in range(at_once)))
        return time.perf_counter() - began

    def _hear(self, change: dict[str, Any]) -> None:
        """Slack's state tells of every message, and of every change to one."""
        message = change.get("message") or {}
        if change["event"] != "message" or message.get("user") != self.sandbox.slack.state.bot_user_id:
            return
        ts, now = str(message.get("thread_ts")), time.perf_counter()
        self.begun.setdefault(ts, now)
        if not message.get("streaming"):
            self.answered.setdefault(ts, now)
            self._came.set()
