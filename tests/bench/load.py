"""Lucy under load beside a bot that promises nothing, on the same Slack and models: `python -m tests.bench.load [MENTIONS]`.

Both answer every mention with a status, one model call and one answer: posted when it is whole in one table, streamed in
the other. What the sandbox costs both pay alike: it runs in this process, on the same cores.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import aiohttp
import uvloop
from prometheus_client.parser import text_string_to_metric_families
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.bench.clocked import Served, clocked_sandbox
from tests.bench.contenders import Bots, bare_bots, lucys
from tests.bench.figure import Figure, percentile
from tests.bench.mentions import Mentions
from tests.bench.table import show
from tests.lucy_process import free_port

MENTIONS, MANY = 2000, 20_000
QUIET, QUIET_PER_S = 200, 10
RUSH, RUSH_PER_S = 1000, 100
REPLICAS = (1, 2, 4)
STALL_S = 0.05
WIDE = 130
NEVER_MS = 3000.0
"""An acknowledgement that Slack does not wait for, or that says no: it delivers the event again."""
STREAMED_TEXT = "One sentence of many, slowly said. " * 12


@dataclass(frozen=True, slots=True)
class Manner:
    """How both answer. The model thinks for 50 ms; streamed, its words come in a second, so more asks are open at a time."""

    name: str
    at_once: int
    pace_s: float = 0.0

    @property
    def settings(self) -> dict[str, str]:
        """A Lucy, as she comes, answers 16 asks at a time: of slow answers that would measure her patience."""
        if not self.pace_s:
            return {"LUCY_STREAM_EVERY_S": "0"}
        return {"LUCY_STREAM_EVERY_S": "1", "LUCY_CONCURRENCY": str(self.at_once)}


POSTED = Manner("posted whole", at_once=32)
STREAMED = Manner("streamed", at_once=128, pace_s=0.05)


@dataclass(frozen=True, slots=True)
class Load:
    """What one contender did; milliseconds unless the name says otherwise. Replies are less the model's own time.

    `acks_ms` and `rushed_ms` are from event to acknowledgement at the quiet rate and in the rush; `begun_ms` ends with the
    first words in Slack, `replies_ms` with the last; in `stalled` looks the event loop was over 50 ms late, at the quiet
    rate, after ready.
    """

    name: str
    replicas: int
    per_s: float
    cpu_ms: float
    database_cpu_ms: float
    acks_ms: Sequence[float]
    rushed_ms: Sequence[float]
    begun_ms: Sequence[float]
    replies_ms: Sequence[float]
    stalled: float
    grown_mb: float


async def measured(name: str, replicas: int, mentions: int, manner: Manner) -> Load:
    """One contender in a world of its own: quietly, then as fast as it can, then in a rush that asks only for acknowledgements."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="lucy-load-")))
        sandbox, served = await stack.enter_async_context(clocked_sandbox())
        for provider in sandbox.providers.values():
            provider.answer_s, provider.pace_s = 0.05, manner.pace_s
            provider.answers(*[STREAMED_TEXT] * (mentions * 2 + MANY if manner.pace_s else 0))
        metrics = f"127.0.0.1:{free_port()}"
        contender, more = (bare_bots, manner.settings)
        if name == "lucy":
            contender, more = lucys, more | ({"LUCY_METRICS_ADDR": metrics} if replicas == 1 else {})
        bots = await stack.enter_async_context(contender(sandbox, folder, replicas, more))
        urls = itertools.cycle(f"http://127.0.0.1:{bot.port}/slack/events" for bot in bots.replicas)
        seen = Mentions(sandbox, lambda: next(urls))
        acks, begun, replies = await quietly(seen, served)
        stalled = await stalls(metrics) if name == "lucy" and replicas == 1 else 0.0
        per_s, cpu_ms, database_ms, grown = await busily(seen, bots, mentions, manner.at_once)
        return Load(
            name, replicas, per_s, cpu_ms, database_ms, acks, await rushed(seen), begun, replies, stalled, grown
        )


async def quietly(seen: Mentions, served: list[Served]) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds to the acknowledgement, the first words and the last, at a load anybody can bear."""
    served.clear()
    await seen.at_a_rate(QUIET, QUIET_PER_S)
    calls = [call.ended - call.began for call in served if call.is_model]
    thought_s = median(calls)
    begun = [(seen.begun[ts] - sent) * 1000 for ts, sent in seen.sent.items()]
    replies = [(seen.answered[ts] - sent - thought_s) * 1000 for ts, sent in seen.sent.items()]
    return [each.ms for each in seen.sandbox.slack.delivery.log], begun, replies


async def busily(seen: Mentions, bots: Bots, mentions: int, at_once: int) -> tuple[float, float, float, float]:
    """Mentions per second, milliseconds of CPU for each in the bots and in their database, and MB by which the bots grew."""
    seen.forget()
    await seen.as_fast_as_answered(at_once * 2, at_once)
    before, cpu, database = bots.resident_mb(), bots.cpu_s(), bots.database_s()
    took = 0.0
    for _ in range(0, mentions, MENTIONS):
        seen.forget()
        took += await seen.as_fast_as_answered(min(mentions, MENTIONS), at_once)
    each_ms = 1000 / mentions
    used = (bots.cpu_s() - cpu) * each_ms, (bots.database_s() - database) * each_ms
    return mentions / took, *used, bots.resident_mb() - before


async def rushed(seen: Mentions) -> list[float]:
    """Milliseconds to each acknowledgement while mentions come faster than they can be answered."""
    seen.forget()
    await seen.at_a_rate(RUSH, RUSH_PER_S)
    return [each.ms if each.status == 200 else NEVER_MS for each in seen.sandbox.slack.delivery.log]


async def stalls(metrics: str) -> float:
    """How often since ready the event loop was late by more than 50 ms."""
    async with aiohttp.ClientSession() as session, session.get(f"http://{metrics}/metrics") as answer:
        text = await answer.text()
    found = {
        (sample.name, sample.labels.get("le")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return found["lucy_loop_late_seconds_count", None] - found["lucy_loop_late_seconds_bucket", str(STALL_S)]


async def compared(console: Console, manner: Manner, mentions: int) -> tuple[Table, dict[int, tuple[Load, Load]]]:
    """Each pair one after the other; their table and what was measured, by replicas."""
    title = (
        f"{manner.name}: {mentions} mentions as fast as they are answered ({manner.at_once} open at a time), "
        f"{QUIET} at {QUIET_PER_S}/s, {RUSH} at {RUSH_PER_S}/s"
    )
    table = Table("bot", "/s", "of bare", "CPU ms", "of bare", "PG ms", "ack", f"ack at {RUSH_PER_S}/s", "first words",
                  "whole reply", "MB", title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False,
                  caption="latencies: p50/p95/p99 in ms; the whole reply is less the model's time")  # fmt: skip
    pairs = {}
    for replicas in REPLICAS:
        bare = await measured("bare", replicas, mentions, manner)
        lucy = await measured("lucy", replicas, mentions, manner)
        pairs[replicas] = bare, lucy
        for load in (bare, lucy):
            console.print(
                f"  {manner.name}, {load.name} x{load.replicas}: {load.per_s:.1f} mentions/s", highlight=False
            )
            table.add_row(
                f"{load.name} x{load.replicas}", f"{load.per_s:.1f}", f"{load.per_s / bare.per_s:.2f}x",
                f"{load.cpu_ms:.1f}", f"{load.cpu_ms / bare.cpu_ms:.2f}x", f"{load.database_cpu_ms:.1f}",
                spread(load.acks_ms), spread(load.rushed_ms), spread(load.begun_ms), spread(load.replies_ms),
                f"{load.grown_mb:+.0f}",
            )  # fmt: skip
    return table, pairs


async def figures(pairs: dict[str, dict[int, tuple[Load, Load]]]) -> AsyncIterator[Figure]:
    """What the tables come to, at one replica; and the memory of a Lucy who has answered many."""
    for name, of_manner in pairs.items():
        bare, lucy = of_manner[1]
        yield Figure(f"{name}: bare bot's mentions/s to Lucy's (hers at least 0.8)", bare.per_s / lucy.per_s, "x", 1.25)
        yield Figure(f"{name}: CPU of a mention, of the bare bot's", lucy.cpu_ms / bare.cpu_ms, "x", 1.25)
        rushed = percentile(lucy.rushed_ms, 99)
        yield Figure(f"{name}: acknowledged at {RUSH_PER_S} mentions/s, p99", rushed, "ms", 100)
        yield Figure(f"{name}: looks at the event loop it was over 50 ms late for", lucy.stalled, "", 1)
    many = await measured("lucy", 1, MANY, POSTED)
    yield Figure(f"memory grown over {MANY:,} mentions", many.grown_mb, "MB", 20)


async def main(mentions: int) -> None:
    """Two tables and what they come to; half an hour."""
    console, tables, pairs = Console(), [], {}
    if not console.is_terminal:
        console.width = WIDE
    for manner in (POSTED, STREAMED):
        table, pairs[manner.name] = await compared(console, manner, mentions)
        tables.append(table)
    console.print(*tables, sep="\n")
    await show(console, figures(pairs))


def spread(values: Sequence[float]) -> str:
    """Milliseconds."""
    return f"{median(values):.0f}/{percentile(values, 95):.0f}/{percentile(values, 99):.0f}"


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else MENTIONS))
