"""Runs a coroutine on uvloop until SIGTERM or SIGINT, then lets it end cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any


def run_until_told(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `serve()`; the first signal cancels it, and its clean-up gets to finish. Returns normally then."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_guarded(serve))


async def _guarded(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    loop = asyncio.get_running_loop()
    task = loop.create_task(serve())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
