"""What Lucy tells of herself: Prometheus metrics, and events for whoever subscribes."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

Listener = Callable[[dict[str, Any]], None]

NAN = float("nan")
_LOOKS_EVERY_S = 0.02


class Telemetry:
    """One place to say what happened; counters move and subscribers hear of it. Never message text.

    Labels are models, tiers, purposes and outcomes, never a workspace, a person or a channel: those are the ledger's.
    Counters are this process's since its start; gauges of the inbox are the database's, the same on every replica.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._listeners: list[Listener] = []
        self._looked_up: dict[tuple[str, str, str], tuple[Counter, Histogram, Counter]] = {}
        self._asks = self._counter("lucy_asks", "Asks that were finished", "outcome")
        self._choices = self._counter("lucy_choices", "Choices of a tier, by what decided", "tier", "decided_by")
        self._attempts = self._counter("lucy_attempts", "Attempts at a model, by how they ended", "model", "state")
        self._faults = self._counter("lucy_attempt_faults", "Attempts that gave no whole answer", "model", "error")
        self._fallbacks = self._counter("lucy_fallbacks", "Answers of another model than the one asked first", "model")
        self._unpriced = self._counter("lucy_unpriced", "Attempts that no price is known for", "model")
        self._spend = self._counter("lucy_spend_usd", "Settled cost in USD, estimates too", "model", "purpose")
        self._flags = self._counter("lucy_attempt_flags", "What a person should look at in a settled attempt", "flag")
        self._refusals = self._counter("lucy_over_budget", "Calls that a budget refused", "scope")
        self._swept = self._counter("lucy_attempts_swept", "Attempts nobody settled in time, unknown from then on")
        self._latency = Histogram(
            "lucy_attempt_seconds",
            "Duration of an attempt",
            ["model"],
            registry=self.registry,
            buckets=(0.1, 0.3, 1, 3, 10, 30, 60),
        )
        self._late = Histogram(
            "lucy_loop_late_seconds",
            "How late the event loop ran what was due, looked at 50 times a second",
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
        )
        self._inbox = self._gauge("lucy_inbox_asks", "Asks neither done nor dead: new or leased", "state")
        self._oldest = self._gauge("lucy_inbox_oldest_seconds", "Age of the oldest ask that nobody works at")
        self._database = self._gauge("lucy_database_up", "1 when the database answered at this scrape, else 0")
        self._spool = self._gauge("lucy_spool_depth", "Outcomes on disk that wait for the database")
        self._breaker = self._gauge("lucy_breaker_state", "0 closed, 1 half open, 2 open: not asked", "deployment")

    def subscribe(self, listener: Listener) -> None:
        """`listener` hears every event as a plain dict; it must not block or raise."""
        self._listeners.append(listener)

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens: what moves no counter need not be said to nobody."""
        return bool(self._listeners)

    def emit(self, event: str, /, **facts: Any) -> None:
        """Say that something happened; listeners hear ids and amounts as strings."""
        self._count(event, facts)
        if self._listeners:
            told = {"event": event, **{name: _plain(fact) for name, fact in facts.items()}}
            for listener in self._listeners:
                listener(dict(told))

    def follow_spool(self, depth: Callable[[], float]) -> None:
        """Ask `depth` at every scrape."""
        self._spool.set_function(depth)

    def follow_breakers(self, deployments: Iterable[str], state: Callable[[str], float]) -> None:
        """Ask the `state` of each at every scrape."""
        for name in deployments:
            self._breaker.labels(name).set_function(partial(state, name))

    def queue_is(self, new: int, leased: int, oldest_s: float) -> None:
        """What the database says of the inbox now."""
        self._database.set(1)
        self._inbox.labels("new").set(new)
        self._inbox.labels("leased").set(leased)
        self._oldest.set(oldest_s)

    def queue_is_unseen(self) -> None:
        """The database is away: nothing is said of the inbox, rather than something old."""
        self.queue_is(0, 0, NAN)
        for state in ("new", "leased"):
            self._inbox.labels(state).set(NAN)
        self._database.set(0)

    def loop_was_late(self, seconds: float) -> None:
        """So much later than it was due did something run on the event loop."""
        self._late.observe(seconds)

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _count(self, event: str, facts: dict[str, Any]) -> None:
        match event:
            case "ask_done":
                self._asks.labels(facts["outcome"]).inc()
            case "choice":
                rule = str(facts["decided_by"]).split(":", 1)[0]
                self._choices.labels(str(facts["tier"]), rule).inc()
            case "attempt_settled":
                self._count_attempt(facts["model"], facts)
            case "over_budget":
                self._refusals.labels(facts["scope"]).inc()
            case "swept":
                self._swept.inc(facts["attempts"])
            case _:
                pass

    def _count_attempt(self, model: str, facts: dict[str, Any]) -> None:
        attempts, latency, spend = self._usual(model, facts["state"], facts["purpose"])
        attempts.inc()
        latency.observe((facts.get("latency_ms") or 0) / 1000)
        spend.inc(float(facts.get("cost_usd") or 0))
        if facts.get("error_class"):
            self._faults.labels(model, facts["error_class"]).inc()
        if facts["state"] == "settled" and facts["attempt"] > 1:
            self._fallbacks.labels(model).inc()
        if facts.get("cost_source") == "unpriced":
            self._unpriced.labels(model).inc()
        for flag in facts.get("flags", ()):
            self._flags.labels(flag).inc()

    def _usual(self, model: str, state: str, purpose: str) -> tuple[Counter, Histogram, Counter]:
        """What moves with every attempt; looking labels up costs more than counting."""
        key = (model, state, purpose)
        if (found := self._looked_up.get(key)) is None:
            found = self._attempts.labels(model, state), self._latency.labels(model), self._spend.labels(model, purpose)
            self._looked_up[key] = found
        return found

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, labels, registry=self.registry)

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(name, help_text, labels, registry=self.registry)


def _plain(fact: Any) -> Any:
    """An id as it is written, an amount with every digit."""
    match fact:
        case UUID():
            return str(fact)
        case Decimal():
            return format(fact, "f")
        case _:
            return fact


@asynccontextmanager
async def watching_the_loop(telemetry: Telemetry) -> AsyncIterator[None]:
    """Notice while the block runs when the event loop stands still: nothing is acknowledged then, and nobody is answered."""

    async def look() -> None:
        while True:
            due = time.perf_counter() + _LOOKS_EVERY_S
            await asyncio.sleep(_LOOKS_EVERY_S)
            telemetry.loop_was_late(max(0.0, time.perf_counter() - due))

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()


@asynccontextmanager
async def tracing(telemetry: Telemetry, endpoint: str | None) -> AsyncIterator[None]:
    """Spans for the collector at `endpoint` while the block runs; without one, OpenTelemetry is not even loaded."""
    if not endpoint:
        yield
        return
    traces: Any = importlib.import_module("bot.traces")
    async with traces.exporting(telemetry, endpoint):
        yield
