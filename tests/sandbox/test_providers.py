"""The local providers against the real litellm: every vendor's wire format, every switch, every invoice line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from bot.llm.environment import load_litellm
from bot.llm.overheard import Books, overhearing
from bot.llm.usage import usage_of
from bot.sandbox.providers.invoice import PRICES
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox

litellm = load_litellm()

MODELS = {
    "gemini": "gemini/gemini-3.1-flash-lite",
    "openai": "openai/gpt-6-luna",
    "moonshot": "moonshot/kimi-k2.6",
    "anthropic": "anthropic/claude-sonnet-5-5",
    "openrouter": "openrouter/openai/gpt-6-luna",
}


async def ask(sandbox: Sandbox, vendor: str, **more: Any) -> Any:
    return await litellm.acompletion(
        model=MODELS[vendor],
        messages=[{"role": "user", "content": "Summarise the release plan, please."}],
        api_base=sandbox.providers[vendor].api_base,
        api_key="sandbox",
        max_tokens=512,
        max_retries=0,
        timeout=more.pop("timeout", 5),
        **more,
    )


@pytest.mark.parametrize("vendor", MODELS)
async def test_the_usage_a_client_reads_is_the_line_on_the_invoice(sandbox: Sandbox, vendor: str) -> None:
    answer = await ask(sandbox, vendor)

    (line,) = sandbox.providers[vendor].invoice
    assert "Summary" in answer.choices[0].message.content
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (line.input_tokens, line.output_tokens)
    plain, cheap, dear = (Decimal(price) for price in PRICES[line.model])
    fresh = line.input_tokens - line.cached_tokens
    assert line.amount_usd * 1_000_000 == fresh * plain + line.cached_tokens * cheap + line.output_tokens * dear


@pytest.mark.parametrize("vendor", MODELS)
async def test_a_streamed_answer_is_the_plain_one_in_pieces_with_its_usage(sandbox: Sandbox, vendor: str) -> None:
    plain = (await ask(sandbox, vendor)).choices[0].message.content

    books = Books()
    with overhearing(books):
        chunks = [c async for c in await ask(sandbox, vendor, stream=True, stream_options={"include_usage": True})]

    words = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    used, line = usage_of(books.body), sandbox.providers[vendor].invoice[-1]
    assert words == plain
    assert len(chunks) > 3
    assert used
    assert (used.input_tokens, used.output_tokens) == (line.input_tokens, line.output_tokens)


@pytest.mark.parametrize("vendor", MODELS)
@pytest.mark.parametrize("status", ["429", "500", "401", "403", "404"])
async def test_a_refusal_keeps_its_status_and_costs_nothing(sandbox: Sandbox, vendor: str, status: str) -> None:
    sandbox.providers[vendor].mode = Mode(status)

    with pytest.raises(Exception) as refused:  # noqa: PT011  the class differs by vendor, the status does not
        await ask(sandbox, vendor)

    assert refused.value.status_code == int(status)  # type: ignore[attr-defined]
    assert sandbox.providers.invoice_total() == 0


@pytest.mark.parametrize("vendor", MODELS)
@pytest.mark.parametrize("mode", [Mode.HANG, Mode.MALFORMED, Mode.CUT])
async def test_an_answer_that_was_made_and_never_read_is_charged(sandbox: Sandbox, vendor: str, mode: Mode) -> None:
    sandbox.providers[vendor].fail_next(mode)

    with pytest.raises(Exception):  # noqa: B017, PT011  whatever the vendor's adapter makes of it
        await ask(sandbox, vendor, timeout=0.3)

    assert sandbox.providers.invoice_total() > 0


@pytest.mark.parametrize("vendor", MODELS)
async def test_a_stream_cut_half_way_is_charged(sandbox: Sandbox, vendor: str) -> None:
    sandbox.providers[vendor].mode = Mode.CUT

    with pytest.raises(Exception):  # noqa: B017, PT011  whatever the vendor's adapter makes of it
        _ = [chunk async for chunk in await ask(sandbox, vendor, stream=True)]

    assert sandbox.providers.invoice_total() > 0


@pytest.mark.parametrize("vendor", MODELS)
async def test_a_long_prompt_is_refused_when_the_context_overflows(sandbox: Sandbox, vendor: str) -> None:
    sandbox.providers[vendor].mode = Mode.CONTEXT_OVERFLOW

    with pytest.raises(Exception, match="context"):
        await ask(sandbox, vendor)

    assert sandbox.providers.invoice_total() == 0


@pytest.mark.parametrize("vendor", MODELS)
@pytest.mark.parametrize("mode", [Mode.EMPTY, Mode.CONTENT_FILTER])
async def test_an_answer_without_words_is_charged_all_the_same(sandbox: Sandbox, vendor: str, mode: Mode) -> None:
    sandbox.providers[vendor].mode = mode

    answer = await ask(sandbox, vendor)

    assert not answer.choices[0].message.content
    assert (answer.choices[0].finish_reason == "content_filter") is (mode is Mode.CONTENT_FILTER)
    assert sandbox.providers.invoice_total() > 0


@pytest.mark.parametrize("vendor", MODELS)
async def test_a_filter_that_answers_400_costs_nothing(sandbox: Sandbox, vendor: str) -> None:
    sandbox.providers[vendor].mode = Mode.CONTENT_FILTER_400

    with pytest.raises(Exception, match="content management policy"):
        await ask(sandbox, vendor)

    assert sandbox.providers.invoice_total() == 0


@pytest.mark.parametrize("path", ["/llm/openai/v1/chat/completions", "/llm/gemini/v1beta/models/m:generateContent"])
async def test_an_answer_may_have_no_choices_at_all(sandbox: Sandbox, path: str) -> None:
    for vendor in sandbox.providers.values():
        vendor.mode = Mode.NO_CHOICES
    asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}

    async with aiohttp.ClientSession() as web, web.post(sandbox.slack.origin + path, json=asked) as answer:
        told = await answer.json()

    assert [told.get("choices"), told.get("candidates")].count([]) == 1
    assert sum(len(vendor.invoice) for vendor in sandbox.providers.values()) == 1


async def test_retry_after_stands_on_the_429(sandbox: Sandbox) -> None:
    sandbox.providers["openai"].retry_after_s = 7
    sandbox.providers["openai"].fail_next("429")

    with pytest.raises(litellm.RateLimitError) as limited:
        await ask(sandbox, "openai")

    assert limited.value.litellm_response_headers["retry-after"] == "7"
    assert (await ask(sandbox, "openai")).choices[0].message.content


async def test_openrouter_says_what_it_charges(sandbox: Sandbox) -> None:
    answer = await ask(sandbox, "openrouter")

    assert Decimal(str(answer.usage.cost)) == sandbox.providers.invoice_total() > 0
