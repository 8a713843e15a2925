"""Work that a cancel must not cut in half."""

from __future__ import annotations

import asyncio

import pytest

from bot.costs.uninterrupted import uninterrupted
from bot.errors import LeaseLost


async def test_a_second_cancel_leaves_nothing_behind_that_nobody_waits_for() -> None:
    written = asyncio.Event()

    async def write() -> None:
        await asyncio.sleep(0.05)
        written.set()
        raise LeaseLost("held by another worker")

    writing = asyncio.create_task(uninterrupted(write()))
    for _ in range(3):
        await asyncio.sleep(0.01)
        writing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await writing
    assert written.is_set()
