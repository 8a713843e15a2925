"""Parsers of foreign files run in a process of their own: no secrets, little memory, little time, and a crash hurts nobody."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

WITHIN_S = 20.0
"""Wall clock, for one file; a busy machine needs some of it to start Python."""

CPU_S = 10
_MEMORY = 1_000_000_000


class Unparsed(Exception):
    """The parser crashed, ran out of memory, or took too long."""


async def parsed(module: str, content: bytes, *arguments: str) -> bytes:
    """What `python -m module` says of the content. Raises Unparsed."""
    path = os.pathsep.join(part for part in sys.path if part)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", module, *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": path, "LANG": "C.UTF-8"},
    )  # fmt: skip
    try:
        async with asyncio.timeout(WITHIN_S):
            said, _ = await child.communicate(content)
    except TimeoutError as error:
        raise Unparsed("too slow") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        raise Unparsed(f"exit {child.returncode}")
    return said


def confine() -> None:
    """In the child: from here on so much memory and time, and no file is written. Where a system has no such limits, none."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - Windows has none

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
