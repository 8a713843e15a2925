"""Slack's bad days, on demand."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from aiohttp import web


class Faults:
    """Each fault is asked for by method and number of times."""

    def __init__(self) -> None:
        self._limited: dict[str, list[float]] = defaultdict(list)
        self._errors: dict[str, list[str]] = defaultdict(list)
        self._lost: dict[str, int] = defaultdict(int)
        self._delays: dict[str, float] = {}
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

    async def before(self, method: str) -> web.Response | None:
        """What a call meets instead of its method, if anything."""
        await asyncio.sleep(self._delays.get(method, 0))
        if self.down:
            return web.Response(status=503, text="down")
        if self._limited[method]:
            wait = self._limited[method].pop(0)
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": f"{wait:g}"}
            )
        if self._errors[method]:
            return web.json_response({"ok": False, "error": self._errors[method].pop(0)})
        return None

    def loses_answer(self, method: str) -> bool:
        """True when this call's answer is lost."""
        if self._lost[method] <= 0:
            return False
        self._lost[method] -= 1
        return True
