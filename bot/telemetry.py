"""What Lucy tells of herself: Prometheus counters, and events for whoever subscribes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

Listener = Callable[[dict[str, Any]], None]


class Telemetry:
    """One place to say what happened; counters move and subscribers hear of it. Never message text."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._listeners: list[Listener] = []
        self._asks = self._counter("lucy_asks", "Asks that were finished", "outcome")
        self._choices = self._counter("lucy_choices", "Choices of a tier", "tier", "decided_by")
        self._attempts = self._counter("lucy_attempts", "Attempts at a model", "model", "state")
        self._spend = self._counter("lucy_spend_usd", "Settled cost in USD", "model", "purpose")
        self._flags = self._counter("lucy_attempt_flags", "What a person should look at in a settled attempt", "flag")
        self._refusals = self._counter("lucy_over_budget", "Calls that a budget refused", "scope")
        self._latency = Histogram(
            "lucy_attempt_seconds",
            "Duration of an attempt",
            ["model"],
            registry=self.registry,
            buckets=(0.1, 0.3, 1, 3, 10, 30, 60),
        )
        self.waiting = Gauge("lucy_inbox_waiting", "Asks neither done nor dead", registry=self.registry)
        self.spool_depth = Gauge(
            "lucy_spool_depth", "Outcomes on disk that wait for the database", registry=self.registry
        )

    def subscribe(self, listener: Listener) -> None:
        """`listener` hears every event as a plain dict; it must not block or raise."""
        self._listeners.append(listener)

    def emit(self, event: str, /, **facts: Any) -> None:
        """Say that something happened."""
        self._count(event, facts)
        for listener in self._listeners:
            listener({"event": event, **facts})

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
                self._attempts.labels(facts["model"], facts["state"]).inc()
                for flag in facts.get("flags", ()):
                    self._flags.labels(flag).inc()
                self._latency.labels(facts["model"]).observe((facts.get("latency_ms") or 0) / 1000)
                self._spend.labels(facts["model"], facts["purpose"]).inc(float(facts.get("cost_usd") or 0))
            case "over_budget":
                self._refusals.labels(facts["scope"]).inc()
            case _:
                pass

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, labels, registry=self.registry)
