"""Slack's bad days, on demand."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from aiohttp import web


class Held:
    """A call that waits until it is told how to go on."""

    def __init__(self, *, skip: int, done: bool) -> None:
        self._skip, self._done, self._lost = skip, done, False
        self._arrived, self._told = asyncio.Event(), asyncio.Event()

    async def arrived(self) -> None:
        """Returns once the call is here."""
        await self._arrived.wait()

    def let_go(self) -> None:
        """The call goes on."""
        self._told.set()

    def lose(self) -> None:
        """The call goes no further: without an effect when it had none yet, without an answer in any case."""
        self._lost = True
        self._told.set()

    def takes(self, *, done: bool) -> bool:
        """True for the one call that was meant."""
        if done is not self._done or self._arrived.is_set():
            return False
        self._skip -= 1
        return self._skip < 0

    async def wait(self) -> bool:
        """Wait in the call's place; True when it is lost."""
        self._arrived.set()
        await self._told.wait()
        return self._lost


class Faults:
    """Each fault is asked for by method and number of times."""

    def __init__(self) -> None:
        self._limited: dict[str, list[float]] = defaultdict(list)
        self._errors: dict[str, list[str]] = defaultdict(list)
        self._lost: dict[str, int] = defaultdict(int)
        self._delays: dict[str, float] = {}
        self._held: dict[str, list[Held]] = defaultdict(list)
        self.down = False

    def rate_limit(self, method: str, retry_after_s: float, times: int = 1) -> None:
        """The next calls get 429 with Retry-After."""
        self._limited[method].extend([retry_after_s] * times)

    def error(self, method: str, code: str, times: int = 1) -> None:
        """The next calls are refused with a code."""
        self._errors[method].extend([code] * times)

    def lose_response(self, method: str, times: int = 1) -> None:
        """The next calls have their effect, but the connection closes before the answer."""
        self._lost[method] += times

    def delay(self, method: str, seconds: float) -> None:
        """Every call of a method takes so long."""
        self._delays[method] = seconds

    def hold(self, method: str, *, skip: int = 0, done: bool = False) -> Held:
        """The call after the next `skip` ones waits: before its effect, or, once it is `done`, before its answer."""
        held = Held(skip=skip, done=done)
        self._held[method].append(held)
        return held

    async def before(self, method: str) -> web.Response | None:
        """What a call meets instead of its method, if anything."""
        await asyncio.sleep(self._delays.get(method, 0))
        if self.down or await self._holds(method, done=False):
            return web.Response(status=503, text="down")
        if self._limited[method]:
            wait = self._limited[method].pop(0)
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": f"{wait:g}"}
            )
        if self._errors[method]:
            return web.json_response({"ok": False, "error": self._errors[method].pop(0)})
        return None

    async def loses_answer(self, method: str) -> bool:
        """True when this call's answer is lost."""
        if await self._holds(method, done=True):
            return True
        if self._lost[method] <= 0:
            return False
        self._lost[method] -= 1
        return True

    async def _holds(self, method: str, *, done: bool) -> bool:
        """Wait where a call is held; True when it is lost."""
        held = [hold for hold in self._held[method] if hold.takes(done=done)]
        return any([await hold.wait() for hold in held])
