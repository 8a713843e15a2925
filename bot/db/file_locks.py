"""Locks between processes that the kernel drops when a process dies."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO


async def shared_lock(path: Path) -> IO[bytes]:
    """A lock held for as long as this process uses the server; the kernel drops it when the process dies."""
    file = path.open("ab")
    await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_SH)
    return file


def alone(path: Path) -> bool:
    """True when no other process holds the shared lock."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@asynccontextmanager
async def exclusive(path: Path) -> AsyncIterator[int]:
    """One process at a time in the block; yields the lock's descriptor, which a child may hold too."""
    with path.open("ab") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield file.fileno()
