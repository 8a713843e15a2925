"""People who ask all the time, and how each knows a whole answer."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.sandbox import Sandbox
from tests.faults.fleet import Fleet

CHANNEL, PEOPLE = "C0GENERAL", ("U0ADA", "U0BEN", "U0CHL", "U0DEV", "U0EVA")
EACH = 2
"""So many things at a time everybody wants to know."""
_IMPATIENT_S, _TOO_LONG_S = 5.0, 15.0
_ENDS = ("look closer.", "What can I do for you?")
Whole = Callable[[Sequence[str]], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked; `heard` says whether Lucy acknowledged it, `whole` whether an answer's parts are all of it."""

    ts: str
    thread_ts: str
    heard: bool
    whole: Whole


class Talk:
    """Everybody asks, waits for the answer (but not for long), and asks again, now and then in the same thread."""

    def __init__(self, sandbox: Sandbox, fleet: Fleet, seed: str) -> None:
        self._slack, self._fleet, self._seed = sandbox.slack, fleet, seed
        self._answered: set[str] = set()
        self._answers = 0
        self.asked: list[Asked] = []
        self._slack.subscribe(self._hear)

    async def until(self, over: asyncio.Event) -> None:
        """All of them talk, and each waits for Slack's last try."""
        talkers = [(user, random.Random(f"{self._seed}:{user}:{turn}")) for user in PEOPLE for turn in range(EACH)]
        await asyncio.gather(*(self._person(user, chance, over) for user, chance in talkers))

    async def quiet(self, answers: int) -> None:
        """Returns after so many more answers, or when it takes too long."""
        enough = self._answers + answers
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TOO_LONG_S):
                while self._answers < enough:
                    await asyncio.sleep(0.02)

    async def _person(self, user: str, chance: random.Random, over: asyncio.Event) -> None:
        thread = None
        while not over.is_set():
            words, whole = _follow_up(chance) if thread else _question(chance)
            message = {"user": user, "text": f"<@U0LUCY> {words}", **({"thread_ts": thread} if thread else {})}
            said = self._slack.state.add(CHANNEL, message)
            thread = thread or str(said["ts"])
            heard = await self._fleet.deliver({**said, "type": "app_mention", "channel": CHANNEL})
            self.asked.append(Asked(said["ts"], thread, heard, whole))
            await self._answer(thread)
            await asyncio.sleep(chance.uniform(0.0, 0.2))
            thread = thread if chance.random() < 0.3 and "report" not in words else None

    async def _answer(self, thread: str) -> None:
        self._answered.discard(thread)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_IMPATIENT_S):
                while thread not in self._answered:
                    await asyncio.sleep(0.02)

    def _hear(self, change: dict[str, Any]) -> None:
        message = change.get("message") or {}
        if change["event"] == "message" and message.get("user") == self._slack.state.bot_user_id:
            self._answered.add(str(message.get("thread_ts")))
            self._answers += 1


def _question(chance: random.Random) -> tuple[str, Whole]:
    kind = chance.random()
    if kind < 0.08:
        return "use your best model: write a long report", _is_the_report
    if kind < 0.5:
        return "hello", lambda said: list(said) == ["Hello! What can I do for you?"]
    number = chance.randrange(10**9)
    return f"tell me about part {number} of our plan", lambda said: _is_about(said, number)


def _follow_up(chance: random.Random) -> tuple[str, Whole]:
    """What the model makes of it depends on what it was told before, so that only the end of its answer is known."""
    return f"and part {chance.randrange(10**9)}?", lambda said: len(said) == 1 and said[0].endswith(_ENDS)


def _is_the_report(said: Sequence[str]) -> bool:
    return re.findall(r"Section (\d+)", "\n".join(said)) == [str(number) for number in range(1, 61)]


def _is_about(said: Sequence[str], number: int) -> bool:
    return len(said) == 1 and f"part {number} of our plan" in said[0] and said[0].endswith("look closer.")
