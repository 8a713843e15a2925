"""Figures of a whole Lucy: a process of her own, her own PostgreSQL, the sandbox around her."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from tests.bench.clocked import Served, clocked_sandbox
from tests.bench.figure import Figure, percentile
from tests.bench.streams import streams
from tests.lucy_process import lucy_process

PER_SECOND, SECONDS = 50, 20
ALONE = 40
PATIENCE_S = 120


async def whole() -> AsyncIterator[Figure]:
    """Starts Lucy twice on the same folder, the second time to measure on a warm database."""
    with TemporaryDirectory(prefix="lucy-bench-") as name:
        folder = Path(name)
        async with clocked_sandbox() as (sandbox, served):
            async with lucy_process(sandbox, folder) as lucy:
                yield Figure("ready, the first time (creates the database)", lucy.ready_s, "s")
            async for figure in warm(sandbox, served, folder):
                yield figure
            async for figure in streams(sandbox, served, folder):
                yield figure


async def warm(sandbox: Sandbox, served: list[Served], folder: Path) -> AsyncIterator[Figure]:
    """One Lucy through every measurement, the load last; she posts answers when they are whole."""
    async with lucy_process(sandbox, folder, more={"LUCY_STREAM_EVERY_S": "0"}) as lucy:
        yield Figure("ready, embedded database warm", lucy.ready_s, "s", 3)
        yield Figure("memory of Lucy when ready", lucy.resident_mb(), "MB")
        yield await own_work(sandbox, served)
        yield await fallback(sandbox, served)
        async for figure in under_load(sandbox, served):
            yield figure
        yield Figure(f"memory of Lucy after {PER_SECOND * SECONDS} more mentions", lucy.resident_mb(), "MB")
        yield Figure("memory of her PostgreSQL", lucy.database_mb(), "MB")


async def own_work(sandbox: Sandbox, served: list[Served]) -> Figure:
    """From Slack's delivery to the answer in Slack, less the time that providers and Slack took, one at a time."""
    taken = []
    for _ in range(ALONE):
        served.clear()
        began = time.perf_counter()
        await mention(sandbox, "hello")
        await posted(served, 1)
        last = next(call for call in served if call.path.endswith("chat.postMessage"))
        outside = sum(call.ended - call.began for call in served if call.ended <= last.began)
        taken.append((last.began - began - outside) * 1000)
        await asyncio.sleep(0.05)
    return Figure("own work per mention, p50", median(taken), "ms", 30, f"p95 {percentile(taken, 95):.1f} ms")


async def fallback(sandbox: Sandbox, served: list[Served]) -> Figure:
    """From the primary's error leaving the provider to the fallback's request arriving."""
    gaps = []
    for _ in range(ALONE):
        sandbox.providers["gemini"].mode = Mode.HEALTHY
        await mention(sandbox, "hello")
        served.clear()
        sandbox.providers["gemini"].fail_next(Mode.ERROR)
        await mention(sandbox, "hello")
        await posted(served, 1)
        gaps += [gap * 1000 for gap in gaps_after_errors(served)]
    return Figure(
        "error at the primary to fallback asked, p50", median(gaps), "ms", 15, f"p95 {percentile(gaps, 95):.1f}"
    )


async def under_load(sandbox: Sandbox, served: list[Served]) -> AsyncIterator[Figure]:
    """Mentions at a steady rate, whether or not the earlier ones were acknowledged."""
    served.clear()
    sandbox.slack.delivery.log.clear()
    began = time.perf_counter()
    sent = []
    for number in range(PER_SECOND * SECONDS):
        await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
        sent.append(asyncio.create_task(mention(sandbox, "hello")))
    await asyncio.gather(*sent)
    acks = sandbox.slack.delivery.log
    assert all(ack.status == 200 for ack in acks), "not every mention was acknowledged with 200"
    times = [ack.ms for ack in acks]
    remark = f"p50 {median(times):.1f}, {len(times)} mentions"
    yield Figure(f"acknowledged at {PER_SECOND} mentions/s, p99", percentile(times, 99), "ms", 100, remark)
    await posted(served, len(sent))
    yield Figure(
        f"all {len(sent)} answered after the last one came", max(0.0, time.perf_counter() - began - SECONDS), "s"
    )


async def mention(sandbox: Sandbox, text: str) -> None:
    await sandbox.slack.say("U0BEN", "C0GENERAL", f"<@{sandbox.slack.state.bot_user_id}> {text}")


async def posted(served: Sequence[Served], answers: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while sum(call.path.endswith("chat.postMessage") for call in served) < answers:
            await asyncio.sleep(0.001)


def gaps_after_errors(served: Sequence[Served]) -> list[float]:
    asked = sorted((call for call in served if call.is_model), key=lambda call: call.began)
    return [later.began - earlier.ended for earlier, later in pairwise(asked) if earlier.status >= 500]
