"""Figures of streamed answers: how soon the first words are seen, and how often Slack is called."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

from bot.sandbox.sandbox import Sandbox
from tests.bench.clocked import Served
from tests.bench.figure import Figure, percentile
from tests.lucy_process import lucy_process

ROUNDS = 20
PATIENCE_S = 60
LONG = "One sentence of many, slowly said. " * 100


async def streams(sandbox: Sandbox, served: list[Served], folder: Path) -> AsyncIterator[Figure]:
    """A Lucy at her usual rhythm."""
    async with lucy_process(sandbox, folder):
        yield await first_words(sandbox, served)
        yield await calls(sandbox, served)


async def first_words(sandbox: Sandbox, served: list[Served]) -> Figure:
    """From the request's arrival at a provider that answers at once to the first words' arrival at Slack."""
    taken = []
    for _ in range(ROUNDS):
        await answered(sandbox, served)
        model = next(call for call in served if call.is_model)
        begun = next(call for call in served if call.path.endswith("chat.startStream"))
        taken.append((begun.began - model.began) * 1000)
    remark = f"p95 {percentile(taken, 95):.1f} ms"
    return Figure("first token at the provider to first words at Slack, p50", median(taken), "ms", 150, remark)


async def calls(sandbox: Sandbox, served: list[Served]) -> Figure:
    """Of one answer that takes some seconds: the most calls that any second saw."""
    sandbox.providers["gemini"].pace_s = 0.05
    sandbox.providers["gemini"].answers(LONG)
    await answered(sandbox, served)
    begun = sorted(call.began for call in served if call.path.endswith("Stream"))
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    remark = f"{len(begun)} calls, {min(gaps):.3f} s apart or more"
    return Figure("calls to Slack per second and stream, at most", 1 / min(gaps), "1/s", 1.05, remark)


async def answered(sandbox: Sandbox, served: list[Served]) -> None:
    """Somebody says hello, and the stream of the answer has ended."""
    served.clear()
    await sandbox.slack.say("U0BEN", "C0GENERAL", f"<@{sandbox.slack.state.bot_user_id}> hello")
    await until(served, "chat.stopStream")
    await asyncio.sleep(0.05)


async def until(served: Sequence[Served], method: str) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not any(call.path.endswith(method) for call in served):
        assert time.monotonic() < ends_at, f"no {method}"
        await asyncio.sleep(0.001)
