"""The sandbox with a clock on every request it serves."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Served:
    """One request that the sandbox answered; seconds on one clock."""

    path: str
    status: int
    began: float
    ended: float

    @property
    def is_model(self) -> bool:
        return self.path.startswith("/llm/")


@asynccontextmanager
async def clocked_sandbox() -> AsyncIterator[tuple[Sandbox, list[Served]]]:
    """A sandbox, and every request it has served so far."""
    served: list[Served] = []

    @web.middleware
    async def clock(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        began = time.perf_counter()
        answer = await handler(request)
        served.append(Served(request.path, answer.status, began, time.perf_counter()))
        return answer

    sandbox = Sandbox()
    sandbox.app.middlewares.append(clock)
    async with sandbox:
        yield sandbox, served
