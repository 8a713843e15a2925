"""Pictures, drawn by a process of their own, so that nobody waits for it."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from bot.errors import LucyError

_DRAW_S = 20


class NoPicture(LucyError):
    """It could not be drawn."""


async def draw(drawing: dict[str, Any]) -> bytes:
    """A PNG of what `bot.slack.chart_png` is told to draw. Raises NoPicture."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.slack.chart_png", stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        async with asyncio.timeout(_DRAW_S):
            png, complaint = await process.communicate(json.dumps(drawing).encode())
    except TimeoutError as error:
        raise NoPicture("drawing took too long") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not png:
        raise NoPicture(complaint.decode(errors="replace").strip()[-200:])
    return png
