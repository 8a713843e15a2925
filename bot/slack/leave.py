"""Leave to say something, and that it still holds when the words are sent.

A process that stands still (stopped, swapped out, starved) between the two may have lost its lease meanwhile, and another
one said the words. What can't be closed is the moment between the last look at the clock and the kernel.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import aiohttp

FRESH_S = 1.0
"""The shortest lease there is: a leave that was asked for longer ago may be another worker's by now."""


@dataclass(slots=True)
class Leave:
    """When it was asked for, by the monotonic clock; `withheld` once a call was not sent because that is too long ago."""

    asked: float = field(default_factory=time.monotonic)
    withheld: bool = False

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.asked < FRESH_S


_given: ContextVar[Leave | None] = ContextVar("leave", default=None)


@contextmanager
def under(given: Leave) -> Iterator[None]:
    """What is called in the block is sent under this leave."""
    token = _given.set(given)
    try:
        yield
    finally:
        _given.reset(token)


def at_the_last_moment() -> aiohttp.TraceConfig:
    """Looks at the clock right before the bytes of a call are written."""

    async def look(*_: object) -> None:
        given = _given.get()
        if given and not given.is_fresh:
            given.withheld = True
            raise aiohttp.ClientConnectionError("stood still for too long")

    config = aiohttp.TraceConfig()
    config.on_request_chunk_sent.append(look)
    return config
