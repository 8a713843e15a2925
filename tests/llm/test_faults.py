"""What each failure on the wire means, on each of litellm's routes: its kind, its bill, and one request only."""

from __future__ import annotations

import socket

import pytest

from bot.llm.faults import kind_of
from bot.llm.litellm_client import LitellmClient
from bot.llm.model_client import Deployment, FaultKind, Message, ModelFault
from tests.llm.wire import ANTHROPIC, GEMINI, OPENAI, OPENROUTER, ROUTES, Reply, Wire, cut, openai, reset

pytestmark = pytest.mark.asyncio(loop_scope="session")

OVERFLOW = "This model's maximum context length is 128000 tokens"

STATUSES = {
    400: FaultKind.BAD_REQUEST,
    401: FaultKind.AUTH,
    402: FaultKind.AUTH,
    403: FaultKind.AUTH,
    404: FaultKind.NOT_FOUND,
    413: FaultKind.CONTEXT_OVERFLOW,
    422: FaultKind.BAD_REQUEST,
    429: FaultKind.RATE_LIMITED,
    500: FaultKind.SERVER,
    502: FaultKind.SERVER,
    503: FaultKind.SERVER,
    529: FaultKind.SERVER,
}


@pytest.mark.parametrize("model", ROUTES)
@pytest.mark.parametrize("status", STATUSES)
async def test_an_error_status_is_one_unbilled_request(
    client: LitellmClient, wire: Wire, model: str, status: int
) -> None:
    wire.answers({"error": {"message": "no luck", "type": "error"}}, status)

    fault = await fault_from(client, wire.deployment(model))

    assert (fault.kind, fault.status, fault.billed) == (STATUSES[status], status, "no")
    assert len(wire.asked) == 1


@pytest.mark.parametrize("model", ROUTES)
async def test_a_429_says_how_long_to_wait(client: LitellmClient, wire: Wire, model: str) -> None:
    wire.answers({"error": {"message": "slow down"}}, 429, {"Retry-After": "7"})

    fault = await fault_from(client, wire.deployment(model))

    assert (fault.kind, fault.retry_after_s) == (FaultKind.RATE_LIMITED, 7)


@pytest.mark.parametrize("model", ROUTES)
@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (OVERFLOW, FaultKind.CONTEXT_OVERFLOW),
        ("The response was filtered due to our content management policy", FaultKind.CONTENT_FILTER),
        ("API key not valid. Please pass a valid API key.", FaultKind.AUTH),
        ("Your credit balance is too low", FaultKind.AUTH),
    ],
)
async def test_a_400_is_told_apart_by_its_words(
    client: LitellmClient, wire: Wire, model: str, words: str, kind: FaultKind
) -> None:
    wire.answers({"error": {"message": words, "type": "invalid_request_error"}}, 400)

    assert (await fault_from(client, wire.deployment(model))).kind is kind


async def test_a_quota_used_up_is_a_matter_of_the_key_and_not_of_time() -> None:
    assert kind_of(429, "you exceeded your current quota (insufficient_quota)") is FaultKind.AUTH


@pytest.mark.parametrize("model", ROUTES)
@pytest.mark.parametrize("body", ["<html>a proxy's page</html>", '{"id": "x", "choi', "{}", "[]"])
async def test_an_answer_nobody_can_read_may_be_billed(
    client: LitellmClient, wire: Wire, model: str, body: str
) -> None:
    wire.answers(body)

    fault = await fault_from(client, wire.deployment(model))

    assert (fault.kind, fault.billed) == (FaultKind.MALFORMED, "maybe")
    assert len(wire.asked) == 1


async def test_an_unreadable_answer_that_says_its_usage_is_billed_by_it(client: LitellmClient, wire: Wire) -> None:
    wire.answers(openai(choices=[{"index": 0, "finish_reason": "stop", "message": None}]))

    fault = await fault_from(client, wire.deployment(OPENAI))

    assert (fault.kind, fault.billed) == (FaultKind.MALFORMED, "reported")
    assert fault.completion is not None
    assert fault.completion.usage is not None
    assert fault.completion.usage.input_tokens == 100


@pytest.mark.parametrize("model", ROUTES)
@pytest.mark.parametrize("failure", [reset, cut])
async def test_a_connection_that_breaks_may_be_billed(
    client: LitellmClient, wire: Wire, model: str, failure: Reply
) -> None:
    wire.reply = failure

    fault = await fault_from(client, wire.deployment(model))

    assert (fault.kind, fault.billed) == (FaultKind.CONNECTION, "maybe")
    assert len(wire.asked) == 1


@pytest.mark.parametrize("model", ROUTES)
async def test_a_refused_connection_costs_nothing(client: LitellmClient, model: str) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        nowhere = Deployment(model, f"http://127.0.0.1:{bound.getsockname()[1]}", "secret")

        fault = await fault_from(client, nowhere)

    assert (fault.kind, fault.billed) == (FaultKind.CONNECTION, "no")


async def test_an_id_that_litellm_cannot_place_is_never_sent(client: LitellmClient, wire: Wire) -> None:
    fault = await fault_from(client, wire.deployment("nobody/knows-this"))

    assert (fault.kind, fault.billed) == (FaultKind.NOT_FOUND, "no")
    assert wire.asked == []


async def test_gemini_without_usage_is_unreadable_to_litellm_and_may_be_billed(
    client: LitellmClient, wire: Wire
) -> None:
    wire.answers({"candidates": []})

    fault = await fault_from(client, wire.deployment(GEMINI))

    assert (fault.kind, fault.billed) == (FaultKind.MALFORMED, "maybe")


@pytest.mark.parametrize("model", [OPENROUTER, ANTHROPIC])
async def test_a_fault_says_nothing_of_what_was_asked(client: LitellmClient, wire: Wire, model: str) -> None:
    wire.answers({"error": {"message": "you said: the secret plan"}}, 400)

    assert "plan" not in str(await fault_from(client, wire.deployment(model)))


async def fault_from(client: LitellmClient, deployment: Deployment) -> ModelFault:
    with pytest.raises(ModelFault) as caught:
        await client.complete(deployment, [Message("user", "hi")], max_output_tokens=64, timeout_s=5)
    return caught.value
