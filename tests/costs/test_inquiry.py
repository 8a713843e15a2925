"""OpenRouter is asked afterwards what it could not tell: over HTTP, from the sandbox, into the real ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from bot.costs.inquiry import Inquiry
from bot.costs.pricing import Price, Rates
from bot.db.costs import OpenAttempt, Outcome
from bot.db.database import Database
from bot.llm.generations import generations
from bot.llm.model_client import Deployment
from bot.sandbox.providers.vendor import Asked, Made, Vendor
from bot.sandbox.sandbox import Sandbox
from tests.costs.ledger import FAST, execute, move, opened, recomputed, rollup, rows

MODEL = "openrouter/openai/gpt-6-luna"
LIST = Price(Rates.of({"input": "0.1", "output": "0.5"}), "list")
GUESS = Outcome(
    "failed", MODEL, "cut", input_tokens=9, output_tokens=3, usage_source="estimated", cost_usd=Decimal("0.0001"),
    list_usd=Decimal("0.0001"), cost_source="list", latency_ms=70, first_token_ms=20,
)  # fmt: skip
CUT = Outcome("unknown", MODEL, "timeout", latency_ms=70)


@pytest.fixture
def vendor(sandbox: Sandbox) -> Vendor:
    return sandbox.providers["openrouter"]


@pytest.fixture
def inquiry(db: Database, vendor: Vendor) -> Inquiry:
    return inquiry_with(db, vendor, "key")


@pytest.mark.parametrize(("outcome", "state"), [(CUT, "settled"), (GUESS, "failed")])
async def test_what_was_uncertain_becomes_the_providers_word(
    db: Database, workspace_id: UUID, vendor: Vendor, inquiry: Inquiry, outcome: Outcome, state: str
) -> None:
    line = await asked(vendor)
    await left_open(db, workspace_id, vendor, replace(outcome, provider_response_id=line.request_id))

    assert await inquiry.tick() == 1

    [row] = ledger = await rows(db, workspace_id)
    [charged] = vendor.invoice
    assert (row.state, row.error_class, row.usage_source, row.cost_source) == (
        state,
        outcome.error_class,
        "reported",
        "provider",
    )
    assert row.cost_usd == row.reported_usd == charged.amount_usd
    assert (row.input_tokens, row.cached_input_tokens, row.output_tokens) == line.tokens
    assert (row.latency_ms, row.first_token_ms) == (70, outcome.first_token_ms)
    assert await rollup(db, workspace_id) == recomputed(ledger)


async def test_nothing_is_asked_twice(db: Database, workspace_id: UUID, vendor: Vendor, inquiry: Inquiry) -> None:
    line = await asked(vendor)
    await left_open(db, workspace_id, vendor, replace(CUT, provider_response_id=line.request_id))
    await inquiry.tick()

    assert await inquiry.tick() == 0


async def test_a_guess_that_came_later_does_not_replace_the_providers_word(
    db: Database, workspace_id: UUID, vendor: Vendor, inquiry: Inquiry
) -> None:
    line = await asked(vendor)
    key = await left_open(db, workspace_id, vendor, replace(CUT, provider_response_id=line.request_id))
    await inquiry.tick()

    assert not await move(db, key, GUESS)


@pytest.mark.parametrize(("known", "key"), [(False, "key"), (True, "")])
async def test_what_openrouter_does_not_tell_stays_as_it_was(
    db: Database, workspace_id: UUID, vendor: Vendor, *, known: bool, key: str
) -> None:
    line = await asked(vendor)
    unheard = line.request_id if known else "gen-unheard-of"
    await left_open(db, workspace_id, vendor, replace(CUT, provider_response_id=unheard))

    assert await inquiry_with(db, vendor, key).tick() == 0

    assert [row.state for row in await rows(db, workspace_id)] == ["unknown"]


async def test_questions_without_an_answer_do_not_keep_the_others_waiting(
    db: Database, workspace_id: UUID, vendor: Vendor, inquiry: Inquiry
) -> None:
    for _ in range(20):
        await left_open(db, workspace_id, vendor, replace(CUT, provider_response_id="gen-unheard-of"))
    line = await asked(vendor)
    await left_open(db, workspace_id, vendor, replace(CUT, provider_response_id=line.request_id))

    assert [await inquiry.tick(), await inquiry.tick()] == [0, 1]


async def test_other_providers_and_rows_without_an_id_are_not_asked_about(
    db: Database, workspace_id: UUID, vendor: Vendor, inquiry: Inquiry
) -> None:
    line = await asked(vendor)
    await left_open(db, workspace_id, vendor, CUT)
    key = await opened(db, workspace_id)
    await move(db, key, replace(CUT, provider_response_id=line.request_id))
    await execute(db, "UPDATE cost_log SET settled_at = now() - interval '1 minute'")

    assert await inquiry.tick() == 0


async def test_the_day_of_one_workspace_moves_by_the_difference_and_no_others(
    db: Database, workspace_id: UUID, vendor: Vendor, inquiry: Inquiry
) -> None:
    line, other = await asked(vendor), UUID(int=7)
    await left_open(db, workspace_id, vendor, replace(GUESS, provider_response_id=line.request_id))
    await left_open(db, other, vendor, replace(GUESS, provider_response_id="gen-unheard-of"))
    before = await rollup(db, other)

    await inquiry.tick()

    assert await rollup(db, other) == before
    assert await rollup(db, workspace_id) == recomputed(await rows(db, workspace_id))


async def asked(vendor: Vendor) -> Made:
    made = await vendor.serve(Asked("openai/gpt-6-luna", "Be brief.", "hello there", 64))
    assert isinstance(made, Made)
    return made


async def left_open(db: Database, workspace_id: UUID, vendor: Vendor, outcome: Outcome) -> OpenAttempt:
    """A row of half a minute ago with an uncertain outcome."""
    name = Deployment(MODEL, vendor.api_base).name
    like = replace(FAST, provider="openrouter", requested_model=MODEL, deployment=name)
    key = await opened(db, workspace_id, like=like)
    await move(db, key, outcome)
    await execute(db, "UPDATE cost_log SET settled_at = now() - interval '30 seconds'")
    return key


def inquiry_with(db: Database, vendor: Vendor, key: str) -> Inquiry:
    deployment = Deployment(MODEL, vendor.api_base, key)
    deployments: Mapping[str, tuple[Deployment, Price | None]] = {deployment.name: (deployment, LIST)}
    return Inquiry(db, deployments, LIST, generations)
