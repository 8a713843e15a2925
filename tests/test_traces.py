"""One span tree per ask, with what each attempt was and cost, and not a word of what was said."""

from __future__ import annotations

import subprocess
import sys

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from bot.app import Lucy
from bot.db.ids import new_id
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from bot.slack.web import listening
from bot.telemetry import Telemetry, tracing
from bot.traces import Traces
from tests.onlooker import until
from tests.test_main_job import ACME, done
from tests.tracked import ROOT

Told = list[ReadableSpan]


@pytest.fixture
def memory() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(memory: InMemorySpanExporter) -> Traces:
    """Traces that stay in memory."""
    return Traces(SimpleSpanProcessor(memory))


async def test_an_ask_is_one_tree_of_choice_attempts_and_delivery_with_tokens_and_cost(
    traces: Traces, memory: InMemorySpanExporter, running: Lucy, sandbox: Sandbox
) -> None:
    running.telemetry.subscribe(traces.hear)
    sandbox.providers["gemini"].mode = Mode.ERROR
    sandbox.providers["openai"].answers("the answer's words")

    await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello, the question's words")
    await until(lambda: "ask" in names(memory))

    *_, ask = spans = list(memory.get_finished_spans())
    failed, answered = (span for span in spans if span.name.startswith("chat "))
    assert [span.name for span in spans] == [
        "choice",
        "chat gemini-3.1-flash-lite",
        "chat gpt-6-luna",
        "delivery",
        "ask",
    ]
    assert {span.context.trace_id for span in spans} == {ask.context.trace_id}
    assert {parent(span) for span in spans[:-1]} == {ask.context.span_id}
    assert (failed.status.status_code, of(failed)["error.type"]) == (StatusCode.ERROR, "server")
    assert of(answered)["gen_ai.provider.name"] == "openai"
    assert of(answered)["gen_ai.usage.output_tokens"] == sandbox.providers["openai"].invoice[0].output_tokens
    assert of(answered)["lucy.cost_usd"] == float(sandbox.providers.invoice_total())
    assert (of(ask)["lucy.workspace_id"], of(ask)["lucy.outcome"]) == (str(ACME), "answered")
    assert "words" not in "".join(span.to_json() for span in spans)


async def test_the_attempts_of_choosing_stand_under_the_choice(traces: Traces, memory: InMemorySpanExporter) -> None:
    task_id, facts = str(new_id()), {"provider": "gemini", "attempt": 1, "tier": 1}

    for event, more in (
        ("ask_taken", {"workspace_id": str(ACME), "tries": 1}),
        ("choosing", {}),
        ("attempt_opened", {"id": "1", "requested_model": "gemini/small", "purpose": "classify", **facts}),
        ("ask_left", {}),
    ):
        traces.hear({"event": event, "task_id": task_id, **more})

    attempt, choice, ask = memory.get_finished_spans()
    assert (parent(attempt), parent(choice)) == (choice.context.span_id, ask.context.span_id)
    assert attempt.status.status_code is choice.status.status_code is StatusCode.ERROR


async def test_a_collector_gets_the_spans_over_http() -> None:
    heard: list[str] = []

    async def collect(request: web.Request) -> web.Response:
        told = ExportTraceServiceRequest.FromString(await request.read())
        heard.extend(span.name for each in told.resource_spans for scope in each.scope_spans for span in scope.spans)
        return web.Response()

    collector = web.Application()
    collector.router.add_post("/v1/traces", collect)
    telemetry, ids = Telemetry(), {"task_id": str(new_id())}
    async with listening(collector, "127.0.0.1", 0) as url, tracing(telemetry, f"{url}/"):
        telemetry.emit("ask_taken", workspace_id=str(ACME), tries=1, **ids)
        telemetry.emit("ask_left", **ids)

    assert heard == ["ask"]


async def test_asks_that_broke_off_leave_nothing_behind(traces: Traces, running: Lucy, sandbox: Sandbox) -> None:
    running.telemetry.subscribe(traces.hear)
    left: list[str] = []
    running.telemetry.subscribe(lambda event: left.append(event["event"]))
    sandbox.slack.faults.error("chat.postMessage", "channel_not_found")

    await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await done(running)
    await until(lambda: "ask_left" in left)

    assert traces._trees == {}


def test_without_a_collector_opentelemetry_is_not_loaded() -> None:
    code = "import bot.app, sys; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"

    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)

    assert ran.returncode == 0


def names(memory: InMemorySpanExporter) -> list[str]:
    return [span.name for span in memory.get_finished_spans()]


def parent(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def of(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})
