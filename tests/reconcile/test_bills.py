"""Bills as providers tell them: over their APIs with pages and refusals, and in the files they export."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.llm.bills.asking import Days
from bot.llm.bills.bill import BillLine, BillProvider, BillUnreadable
from bot.llm.bills.read import bill_from_api, bill_from_file
from bot.sandbox.providers.bills import ADMIN_KEY
from bot.sandbox.providers.invoice import InvoiceLine
from bot.sandbox.sandbox import Sandbox

TODAY = datetime.now(UTC).date()
WEEK = Days(TODAY - timedelta(days=6), TODAY)
YESTERDAY = TODAY - timedelta(days=1)

MODELS = {
    BillProvider.OPENAI: "gpt-6-luna",
    BillProvider.ANTHROPIC: "claude-sonnet-5-5",
    BillProvider.OPENROUTER: "kimi-k2.6",
}


@pytest.mark.parametrize("provider", list(BillProvider))
async def test_a_bill_is_read_page_by_page_and_exactly(sandbox: Sandbox, provider: BillProvider) -> None:
    vendor, model = sandbox.providers[provider], MODELS[provider]
    for day, usd in ((TODAY, "0.000012345678"), (TODAY, "0.1"), (YESTERDAY, "0.25"), (TODAY - timedelta(days=30), "9")):
        vendor.invoice.append(InvoiceLine(provider, model, f"req_{usd}", 100, 40, 10, Decimal(usd), day))

    lines = await bill_from_api(provider, ADMIN_KEY, WEEK, vendor.api_base + _below(provider))

    assert [(line.day, line.usd, line.tokens) for line in lines] == [
        (YESTERDAY, Decimal("0.25"), 110),
        (TODAY, Decimal("0.100012345678"), 220),
    ]
    assert {line.model.rsplit("/")[-1] for line in lines} == {model}


async def test_a_key_that_may_not_see_bills_is_told_so(sandbox: Sandbox) -> None:
    with pytest.raises(BillUnreadable, match="admin"):
        await bill_from_api(BillProvider.OPENAI, "sk-ordinary", WEEK, sandbox.providers["openai"].api_base)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"data": [{"date": str(TODAY), "model": "a/b", "usage": "1.0.0"}]}, "no amount|that is none"),
        ({"data": [{"date": "soon", "model": "a/b", "usage": 1}]}, "no day"),
        ({"data": [{"date": str(TODAY), "usage": 1}]}, "'model' is missing"),
        ({"data": None}, "a list is missing"),
        ([], "no page"),
        ({"data": [], "has_more": True, "next_page": "again"}, "more than"),
    ],
)
async def test_a_bill_that_is_none_is_refused_in_words(body: Any, says: str) -> None:
    async with answering(lambda _: web.json_response(body)) as base:
        with pytest.raises(BillUnreadable, match=says):
            await bill_from_api(BillProvider.OPENROUTER, "key", WEEK, base)


async def test_a_busy_provider_is_asked_again() -> None:
    asked = 0

    def busy_once(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        if asked == 1:
            return web.Response(status=429, headers={"Retry-After": "0.01"})
        return web.json_response({"data": [{"date": str(TODAY), "model": "a/b", "usage": 0.1, "prompt_tokens": 5}]})

    async with answering(busy_once) as base:
        lines = await bill_from_api(BillProvider.OPENROUTER, "key", WEEK, base)

    assert lines == [BillLine(TODAY, "a/b", Decimal("0.1"), 5)]


async def test_another_currency_is_no_dollars() -> None:
    euro = {"object": "organization.costs.result", "amount": {"value": 1, "currency": "eur"}, "line_item": "gpt-6-luna"}
    page = {"data": [{"start_time": int(datetime.now(UTC).timestamp()), "results": [euro]}]}
    async with answering(lambda _: web.json_response(page)) as base:
        with pytest.raises(BillUnreadable, match="'eur'"):
            await bill_from_api(BillProvider.OPENAI, "key", WEEK, base)


@pytest.mark.parametrize(
    "csv",
    [
        "date,model,usage,requests\n2026-11-20,openai/gpt-6-luna,0.000125,3\n2026-11-20,openai/gpt-6-luna,0.1,3\n",
        "\ufeffusage_date_utc,model,cost_usd\n2026-11-20,openai/gpt-6-luna,0.000125\n2026-11-20,openai/gpt-6-luna,0.1\n",
        "start_time_iso,amount_value,amount_currency,line_item\n2026-11-20T00:00:00Z,0.100125,usd,openai/gpt-6-luna\n",
    ],
)
def test_a_dashboards_csv_is_read(tmp_path: Path, csv: str) -> None:
    file = tmp_path / "export.csv"
    file.write_text(csv, "utf-8")

    lines = bill_from_file(BillProvider.OPENAI, file, Days(date(2026, 11, 1), date(2026, 11, 30)))

    assert lines == [BillLine(date(2026, 11, 20), "openai/gpt-6-luna", Decimal("0.100125"))]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "{", '{"data": 5}'])
def test_a_file_that_is_no_bill_is_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "export"
    file.write_text(text)

    with pytest.raises(BillUnreadable):
        bill_from_file(BillProvider.OPENROUTER, file, WEEK)


def test_saved_pages_of_the_api_are_read(tmp_path: Path) -> None:
    page = {"data": [{"date": str(TODAY), "model": "a/b", "usage": 0.1, "prompt_tokens": 7, "completion_tokens": 3}]}
    file = tmp_path / "pages.json"
    file.write_text(json.dumps([page, page]))

    assert bill_from_file(BillProvider.OPENROUTER, file, WEEK) == [BillLine(TODAY, "a/b", Decimal("0.2"), 20)]


@asynccontextmanager
async def answering(answer: Callable[[web.Request], web.Response]) -> AsyncIterator[str]:
    """A server that gives one answer to everything."""

    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _below(provider: BillProvider) -> str:
    """Where bills are, below the address that answers messages."""
    return "/v1" if provider is BillProvider.ANTHROPIC else ""
