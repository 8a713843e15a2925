"""A row explains itself: recomputed from its own figures it is what stands there."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from bot.costs.explain import as_json, as_text, explain
from bot.costs.price_book import load_price_book
from bot.costs.references import NoSuchCall, hex_of
from bot.costs.tracker import Attempt, Payer, Purpose, Tracker
from bot.db.cost_tables import CostRow
from bot.db.database import Database
from bot.db.ids import new_id, workspace_id_of
from bot.llm.model_client import Completion, Deployment
from bot.llm.usage import usage_of
from bot.telemetry import Telemetry
from tests.costs.busy import busy
from tests.costs.golden_usages import anthropic, openai
from tests.costs.ledger import recomputed, rollup, rows

BOOK = load_price_book()


@pytest.fixture
def tracker(db: Database) -> Tracker:
    frontier = BOOK.price_of(Deployment("anthropic/claude-sonnet-5-5"))
    return Tracker(db, BOOK, ("anthropic/claude-sonnet-5-5", frontier), Telemetry())


async def settled(tracker: Tracker, db: Database, model: str, body: dict[str, object], workspace_id: UUID) -> CostRow:
    deployment = Deployment(model)
    payer = Payer(workspace_id, new_id(), "UADA", "C1", "1.0")
    attempt = Attempt(payer, Purpose.REPLY, 2, "chat", 1, deployment, BOOK.price_of(deployment), 400, 64, 10)
    await tracker.settle(await tracker.open(attempt), Completion("Hi!", usage=usage_of(body)), 1)
    return (await rows(db, workspace_id))[-1]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_row_of_a_busy_ledger_is_recomputed_from_its_own_rates_and_usage(
    db: Database, tracker: Tracker, workspace_id: UUID, seed: int
) -> None:
    await busy(tracker, BOOK, workspace_id, seed, 150)

    ledger = await rows(db, workspace_id)
    assert [row for row in ledger if not explain(row).agrees] == []
    assert {row.cost_source for row in ledger} == {None, "list", "config", "provider", "unpriced"}
    assert {row.usage_source for row in ledger} == {"none", "reported", "estimated"}
    assert await rollup(db, workspace_id) == recomputed(ledger)


async def test_a_row_that_was_tampered_with_is_found(db: Database, tracker: Tracker, workspace_id: UUID) -> None:
    row = await settled(tracker, db, "openai/gpt-4o", openai(1000, 100), workspace_id)

    row.cost_usd = Decimal("0.0035001")

    assert not explain(row).agrees
    assert "cost: $0.0035001" in as_text(explain(row))
    assert "BEWARE: the row's own rates and usage give $0.0035" in as_text(explain(row))


async def test_the_sum_is_told_line_by_line(db: Database, tracker: Tracker, workspace_id: UUID) -> None:
    body = anthropic(50, 20, read=30, written=(15, 10))
    row = await settled(tracker, db, "anthropic/claude-sonnet-5-5", body, workspace_id)

    told = as_text(explain(row)).splitlines()

    assert [line.split() for line in told if " x " in line] == [
        ["input", "50", "x", "$", "2", "/", "M", "=", "$0.0001"],
        ["read", "from", "cache", "30", "x", "$", "0.1", "/", "M", "=", "$0.000003"],
        ["written", "to", "cache", "(5", "min)", "15", "x", "$", "2.5", "/", "M", "=", "$0.0000375"],
        ["written", "to", "cache", "(1", "h)", "10", "x", "$", "4", "/", "M", "=", "$0.00004"],
        ["output", "20", "x", "$", "10", "/", "M", "=", "$0.0002"],
    ]
    assert f"cost: $0.0003805 (price book {BOOK.version})" in told
    assert "the same tokens at anthropic/claude-sonnet-5-5's list price: $0.0003805" in told


async def test_a_long_request_says_above_what(db: Database, tracker: Tracker, workspace_id: UUID) -> None:
    row = await settled(tracker, db, "openai/gpt-6-luna", openai(272001, 1000), workspace_id)

    assert "above 272,000 tokens" in as_text(explain(row))
    assert as_json(explain(row))["recomputed_usd"] == "0.0551502"


async def test_the_providers_word_and_the_unpriced_are_told_apart(
    db: Database, tracker: Tracker, workspace_id: UUID
) -> None:
    body = openai(1000, 100)
    body["usage"]["cost"] = 0.5
    believed = await settled(tracker, db, "openrouter/anthropic/claude-sonnet-5.5", body, workspace_id)
    unheard = await settled(tracker, db, "openai/unheard-of", body, workspace_id)

    assert "cost: $0.5 (openrouter's own word" in as_text(explain(believed))
    assert "look at this: price_diverges" in as_text(explain(believed))
    assert "cost: no price is known (unpriced)" in as_text(explain(unheard))


async def test_a_call_is_found_by_its_id_its_task_and_the_reference_people_see(
    db: Database, tracker: Tracker, workspace_id: UUID
) -> None:
    row = await settled(tracker, db, "openai/gpt-4o", openai(10, 1), workspace_id)
    await settled(tracker, db, "openai/gpt-4o", openai(10, 1), workspace_id)
    other = workspace_id_of("T0OTHER")

    for told in (str(row.id), str(row.task_id), str(row.task_id)[-8:], str(row.id)[-12:], f"`{str(row.task_id)[-8:]}`"):
        async with db.unit(workspace_id) as unit:
            assert [found.id for found in await unit.past.find(hex_of(told))] == [row.id]
        async with db.unit(other) as unit:
            assert await unit.past.find(hex_of(told)) == []


@pytest.mark.parametrize("told", ["", "1234567", "xyz12345", "0" * 33, "' OR 1=1 --"])
def test_what_is_no_reference_is_refused_with_a_sentence(told: str) -> None:
    with pytest.raises(NoSuchCall) as refused:
        hex_of(told)

    assert "reference" in refused.value.sentence


@pytest.mark.parametrize(("cached", "more"), [(0, {}), (4, {"cached_input": "0.16"})])
async def test_a_row_keeps_the_rates_of_what_it_used(
    db: Database, tracker: Tracker, workspace_id: UUID, cached: int, more: dict[str, str]
) -> None:
    row = await settled(tracker, db, "moonshot/kimi-k2.6", openai(10, 1, cached=cached), workspace_id)

    assert row.rates == {"input": "0.95", "output": "4"} | more
    assert replace(explain(row)).list_usd == row.cost_usd
