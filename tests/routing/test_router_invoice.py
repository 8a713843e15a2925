"""The rows are the providers' invoice, line by line, through the real router, ledger and litellm, under every switch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from bot.commands.demo_world import tiers_toml
from bot.costs.price_book import load_price_book
from bot.costs.tracker import Payer, Purpose, Tracker
from bot.db.cost_tables import CostRow
from bot.db.database import Database
from bot.db.ids import new_id
from bot.llm.litellm_client import LitellmClient
from bot.llm.model_client import Message
from bot.routing.breaker import Breakers
from bot.routing.choice import Tier
from bot.routing.router import Call, NoAnswer, Router
from bot.routing.tiers import Tiers
from bot.sandbox.providers.invoice import InvoiceLine
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from bot.telemetry import Telemetry
from tests.costs.ledger import recomputed, rollup, rows

PROMPT = (Message("system", "Be brief."), Message("user", "Summarise the release plan of this week, please."))
VENDORS = {Tier.FAST: ("gemini", "openai"), Tier.STANDARD: ("moonshot", "openai"), Tier.FRONTIER: ("anthropic",)}
STREAMS_ONLY = (Mode.STALL, Mode.UNFINISHED, Mode.SILENT)


@pytest.fixture(scope="session")
def client() -> LitellmClient:
    return LitellmClient()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as world:
        for vendor in world.providers.values():
            vendor.slow_s = 0.1
        yield world


@pytest.fixture
def router(db: Database, sandbox: Sandbox, client: LitellmClient, tmp_path: Path) -> Router:
    file = tmp_path / "tiers.toml"
    file.write_text(tiers_toml(sandbox.providers).replace("timeout_s = 8", "timeout_s = 1.5"))
    book = load_price_book()
    tiers = Tiers.load(str(file), {}, book)
    return Router(tiers, client, Tracker(db, book, tiers.baseline, Telemetry()), Breakers())


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("mode", [mode for mode in Mode if mode not in STREAMS_ONLY])
async def test_the_rows_are_the_invoice(
    db: Database, workspace_id: UUID, sandbox: Sandbox, router: Router, tier: Tier, mode: Mode
) -> None:
    for vendor in VENDORS[tier]:
        sandbox.providers[vendor].fail_next(mode)

    for _ in range(2):
        try:
            await router.route(Call(payer(workspace_id), Purpose.REPLY, tier, "chat", PROMPT))
        except NoAnswer:
            assert mode in {Mode.CONTENT_FILTER, Mode.CONTENT_FILTER_400}

    await assert_all_agree(db, workspace_id, sandbox)


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("mode", [Mode.HEALTHY, Mode.HANG, Mode.CUT, Mode.ERROR, Mode.CONTENT_FILTER, *STREAMS_ONLY])
async def test_the_rows_are_the_invoice_when_answers_are_streamed(
    db: Database, workspace_id: UUID, sandbox: Sandbox, router: Router, tier: Tier, mode: Mode
) -> None:
    sandbox.providers[VENDORS[tier][0]].fail_next(mode)
    shown: list[str] = []

    async def show(piece: str) -> None:
        shown.append(piece)

    answer = await router.route(Call(payer(workspace_id), Purpose.REPLY, tier, "chat", PROMPT, show=show))

    assert answer.text.startswith("".join(shown))
    assert answer.cut is (mode in {Mode.CUT, Mode.STALL, Mode.UNFINISHED})
    await assert_all_agree(db, workspace_id, sandbox)


async def assert_all_agree(db: Database, workspace_id: UUID, sandbox: Sandbox) -> None:
    ledger = await rows(db, workspace_id)
    assert_agree(ledger, [line for vendor in sandbox.providers.values() for line in vendor.invoice])
    assert sum(len(vendor.requests) for vendor in sandbox.providers.values()) == len(ledger)
    assert await rollup(db, workspace_id) == recomputed(ledger)


@pytest.mark.parametrize(
    ("mode", "fault", "costs"),
    [
        (Mode.NO_CHOICES, "empty", True),
        (Mode.CONTENT_FILTER, "content_filter", True),
        (Mode.CONTENT_FILTER_400, "content_filter", False),
    ],
)
@pytest.mark.parametrize("vendor", ["gemini", "openai", "moonshot", "anthropic"])
async def test_a_vendor_that_gives_no_answer_is_replaced_by_another(
    db: Database, sandbox: Sandbox, router: Router, vendor: str, mode: Mode, fault: str, *, costs: bool
) -> None:
    workspace_id = new_id()
    sandbox.providers[vendor].mode = mode
    tier = next(tier for tier, vendors in VENDORS.items() if vendor in vendors)
    if vendor == "openai":
        sandbox.providers["gemini"].mode = Mode.ERROR

    answer = await router.route(Call(payer(workspace_id), Purpose.REPLY, tier, "chat", PROMPT))

    failed = [row for row in await rows(db, workspace_id) if vendor in row.requested_model]
    assert vendor not in answer.model
    assert {(row.state, row.error_class, bool(row.cost_usd)) for row in failed} == {("failed", fault, costs)}


def assert_agree(ledger: Sequence[CostRow], invoice: Sequence[InvoiceLine]) -> None:
    """Invariant 5: reported usage equals its line; every other line has one row whose reserve covers it."""
    lines = {line.request_id: line for line in invoice}
    for row in ledger:
        if row.usage_source == "reported":
            line = lines.pop(str(row.provider_response_id))
            assert row.cost_usd == line.amount_usd
            assert (row.input_tokens, row.cached_input_tokens, row.output_tokens) == (
                line.input_tokens,
                line.cached_tokens,
                line.output_tokens,
            )
    uncertain = [row for row in ledger if row.state == "unknown" or row.usage_source == "estimated"]
    for line in lines.values():
        row = next(row for row in uncertain if row.requested_model.endswith(line.model))
        uncertain.remove(row)
        assert row.reserved_usd is not None
        assert row.reserved_usd >= line.amount_usd
    assert uncertain == []


def payer(workspace_id: UUID) -> Payer:
    return Payer(workspace_id, new_id(), "U1", "C1", "1.0")
