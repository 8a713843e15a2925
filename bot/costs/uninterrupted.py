"""Work that a cancel must not cut in half."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Finish `work` even when we are cancelled meanwhile, however often; the cancel is raised after it."""
    task, cancel = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancel = error
        except Exception:  # noqa: BLE001 - the task keeps it
            break
    if cancel is None:
        return task.result()
    if not task.cancelled():
        task.exception()
    raise cancel
