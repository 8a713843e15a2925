"""One span tree per ask for an OpenTelemetry collector, made of the events that are told anyway; never message text.

ask -> choice (with the attempts that were made for it) -> attempts -> delivery. Attributes follow OpenTelemetry's
conventions for generative AI. Nothing is propagated: neither Slack nor a provider hears of a trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context

from bot.telemetry import Telemetry

EXPORT_WITHIN_S = 3
"""So that a collector that is away never holds up a stop."""

_PROVIDERS = {"gemini": "gcp.gemini", "vertex_ai": "gcp.vertex_ai", "bedrock": "aws.bedrock", "xai": "x_ai"}
"""What OpenTelemetry calls them; all others have one name."""


@asynccontextmanager
async def exporting(telemetry: Telemetry, endpoint: str) -> AsyncIterator[None]:
    """While the block runs, every ask is told to the collector at `endpoint` (OTLP over HTTP), in the background."""
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_WITHIN_S)
    traces = Traces(BatchSpanProcessor(exporter))
    telemetry.subscribe(traces.hear)
    try:
        yield
    finally:
        await asyncio.to_thread(traces.close)


@dataclass(slots=True)
class _Tree:
    """The spans of an ask that have not ended; attempts by their id."""

    ask: Span
    choice: Span | None = None
    delivery: Span | None = None
    attempts: dict[str, Span] = field(default_factory=dict)

    def end_delivery(self) -> None:
        """It was delivered; one that is still there when the ask is left was not."""
        if self.delivery:
            self.delivery.end()
            self.delivery = None


class Traces:
    """Turns events into spans."""

    def __init__(self, processor: SpanProcessor) -> None:
        """`processor` gets every span that ends."""
        resource = Resource({"service.name": "lucy"}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("lucy")
        self._trees: dict[str, _Tree] = {}

    def hear(self, event: Mapping[str, Any]) -> None:
        """Begin or end a span, if that is what the event is about."""
        task_id = event.get("task_id", "")
        if event["event"] == "ask_taken":
            facts = {"lucy.task_id": task_id, "lucy.workspace_id": event["workspace_id"], "lucy.tries": event["tries"]}
            self._trees[task_id] = _Tree(self._tracer.start_span("ask", kind=SpanKind.CONSUMER, attributes=facts))
        elif tree := self._trees.get(task_id):
            self._grow(tree, event)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def _grow(self, tree: _Tree, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "choosing":
                tree.choice = self._under(tree.ask, "choice")
            case "choice":
                _chosen(tree, event)
            case "attempt_opened":
                self._asked(tree, event)
            case "attempt_settled" if span := tree.attempts.pop(event["id"], None):
                _settled(span, event)
            case "delivering":
                tree.delivery = self._under(tree.ask, "delivery")
            case "ask_done":
                tree.ask.set_attribute("lucy.outcome", event["outcome"])
                tree.end_delivery()
            case "ask_left":
                _left(self._trees.pop(event["task_id"]))
            case _:
                pass

    def _asked(self, tree: _Tree, event: Mapping[str, Any]) -> None:
        model = event["requested_model"].partition("/")[2] or event["requested_model"]
        span = self._under(tree.choice or tree.ask, f"chat {model}", SpanKind.CLIENT)
        span.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": _PROVIDERS.get(event["provider"], event["provider"]),
                "gen_ai.request.model": model,
                "lucy.attempt": event["attempt"],
                "lucy.attempt_id": event["id"],
                "lucy.purpose": event["purpose"],
                "lucy.tier": event["tier"],
            }
        )
        tree.attempts[event["id"]] = span

    def _under(self, parent: Span, name: str, kind: SpanKind = SpanKind.INTERNAL) -> Span:
        return self._tracer.start_span(name, context=set_span_in_context(parent), kind=kind)


def _chosen(tree: _Tree, event: Mapping[str, Any]) -> None:
    if tree.choice:
        facts = {name: event[name] for name in ("tier", "intent", "confidence", "decided_by", "micros")}
        tree.choice.set_attributes({f"lucy.{name}": value for name, value in facts.items()})
        tree.choice.end()
        tree.choice = None


def _settled(span: Span, event: Mapping[str, Any]) -> None:
    """`lucy.cost_usd` is for sums of many spans; the ledger has every digit of each."""
    span.set_attributes(
        {
            "gen_ai.response.model": event["served"],
            "gen_ai.usage.input_tokens": event["input_tokens"],
            "gen_ai.usage.cache_read.input_tokens": event["cached_input_tokens"],
            "gen_ai.usage.output_tokens": event["output_tokens"],
            "lucy.state": event["state"],
            "lucy.cost_source": event["cost_source"] or "",
        }
    )
    if event["cost_usd"] is not None:
        span.set_attribute("lucy.cost_usd", float(event["cost_usd"]))
    if event["state"] != "settled":
        span.set_attribute("error.type", event["error_class"] or event["state"])
        span.set_status(Status(StatusCode.ERROR))
    span.end()


def _left(tree: _Tree) -> None:
    """Whatever is still open broke off with the ask."""
    for span in (*tree.attempts.values(), tree.choice, tree.delivery):
        if span:
            span.set_status(Status(StatusCode.ERROR))
            span.end()
    tree.ask.end()
