"""Answers, over the real litellm and the wire formats of the providers."""

from __future__ import annotations

import asyncio
import importlib
import time

import pytest

from bot.llm.litellm_client import LitellmClient
from bot.llm.model_client import Completion, Deployment, FaultKind, Message, ModelFault
from tests.llm.wire import (
    ANTHROPIC,
    GEMINI,
    MOONSHOT,
    OPENAI,
    OPENROUTER,
    ROUTES,
    Wire,
    anthropic,
    gemini,
    good_answer,
    hang,
    openai,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECORDS = "litellm.litellm_core_utils.litellm_logging"
HI = (Message("system", "Be brief."), Message("user", "hi"))


@pytest.mark.parametrize("model", ROUTES)
async def test_an_answer_is_the_providers_own_words_ids_and_counts(
    client: LitellmClient, wire: Wire, model: str
) -> None:
    wire.answers(good_answer(model))

    answer = await ask(client, wire.deployment(model))

    assert (answer.text, answer.model, answer.finish_reason) == ("Hello!", "served", "stop")
    assert answer.response_id in {"cmpl-1", "msg_1", "g-1"}
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (100, 20)


@pytest.mark.parametrize("model", ROUTES)
async def test_litellm_neither_prices_an_answer_nor_writes_a_record_of_it(
    client: LitellmClient, wire: Wire, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    costs, logging = (importlib.import_module(name) for name in ("litellm.cost_calculator", RECORDS))
    monkeypatch.setattr(costs, "completion_cost", lambda *_, **__: kept.append("price"))
    monkeypatch.setattr(logging, "get_standard_logging_object_payload", lambda *_, **__: kept.append("record"))
    wire.answers(good_answer(model))

    await ask(client, wire.deployment(model))
    await asyncio.sleep(0.1)

    assert kept == []


@pytest.mark.parametrize("model", ROUTES)
async def test_the_length_of_the_answer_is_bounded_in_every_dialect(
    client: LitellmClient, wire: Wire, model: str
) -> None:
    wire.answers(good_answer(model))

    await ask(client, wire.deployment(model))

    (_, _, body), *more = wire.asked
    limits = {
        OPENAI: body.get("max_completion_tokens"),
        GEMINI: body.get("generationConfig", {}).get("max_output_tokens"),
    }
    assert limits.get(model, body.get("max_tokens")) == 64
    assert more == []


@pytest.mark.parametrize("model", ["openai/gpt-6.1-terra", "openai/gpt-6.1-sol"])
async def test_models_that_refuse_max_tokens_are_not_sent_it(client: LitellmClient, wire: Wire, model: str) -> None:
    wire.answers(openai())

    await ask(client, wire.deployment(model))

    assert wire.asked[0][2]["max_completion_tokens"] == 64
    assert {"max_tokens", "temperature"}.isdisjoint(wire.asked[0][2])


async def test_an_endpoint_without_a_key_never_sees_the_key_of_another(
    client: LitellmClient, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-account")
    wire.answers(openai())

    await ask(client, wire.deployment(OPENAI, key=None))

    assert wire.asked[0][1]["Authorization"] == "Bearer none"


async def test_an_answer_without_usage_says_so(client: LitellmClient, wire: Wire) -> None:
    wire.answers({key: value for key, value in openai().items() if key != "usage"})

    answer = await ask(client, wire.deployment(OPENAI))

    assert (answer.text, answer.usage) == ("Hello!", None)


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (OPENAI, openai(None, "content_filter")),
        (ANTHROPIC, anthropic(None, "refusal")),
        (GEMINI, gemini("half", "SAFETY")),
        (OPENROUTER, openai(None, "content_filter")),
    ],
)
async def test_an_answer_cut_by_a_filter_keeps_its_bill(
    client: LitellmClient, wire: Wire, model: str, body: object
) -> None:
    wire.answers(body)

    fault = await fault_from(client, wire.deployment(model))

    assert (fault.kind, fault.billed) == (FaultKind.CONTENT_FILTER, "reported")
    assert fault.completion is not None
    assert fault.completion.usage is not None
    assert fault.completion.usage.output_tokens == 20


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (OPENAI, openai("  ", "length")),
        (MOONSHOT, openai("")),
        (ANTHROPIC, anthropic("", "max_tokens")),
        (OPENROUTER, openai(choices=[])),
        (GEMINI, gemini(candidates=[])),
    ],
)
async def test_an_answer_without_words_keeps_its_bill(
    client: LitellmClient, wire: Wire, model: str, body: object
) -> None:
    wire.answers(body)

    fault = await fault_from(client, wire.deployment(model))

    assert (fault.kind, fault.billed) == (FaultKind.EMPTY, "reported")


async def test_the_whole_attempt_is_bounded_in_time(client: LitellmClient, wire: Wire) -> None:
    wire.reply = hang
    started = time.monotonic()

    fault = await fault_from(client, wire.deployment(OPENAI), timeout_s=0.2)

    assert (fault.kind, fault.billed) == (FaultKind.TIMEOUT, "maybe")
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("model", ROUTES)
async def test_a_cancelled_call_closes_its_connection(client: LitellmClient, wire: Wire, model: str) -> None:
    wire.reply = hang
    call = asyncio.create_task(ask(client, wire.deployment(model)))
    await asyncio.wait_for(wire.heard.wait(), 2)

    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.wait_for(wire.closed.wait(), 2)


async def test_text_that_is_no_valid_unicode_is_still_sent(client: LitellmClient, wire: Wire) -> None:
    wire.answers(openai())

    await client.complete(
        wire.deployment(OPENAI), [Message("user", "half a \ud83d")], max_output_tokens=64, timeout_s=5
    )

    assert wire.asked[0][2]["messages"][0]["content"] == "half a ?"


async def ask(client: LitellmClient, deployment: Deployment, timeout_s: float = 5) -> Completion:
    return await client.complete(deployment, HI, max_output_tokens=64, timeout_s=timeout_s)


async def fault_from(client: LitellmClient, deployment: Deployment, timeout_s: float = 5) -> ModelFault:
    with pytest.raises(ModelFault) as caught:
        await ask(client, deployment, timeout_s)
    return caught.value
