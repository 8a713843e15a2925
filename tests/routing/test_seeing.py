"""Pictures go to models that can see them, with room in the reserve, and their tokens stand in the ledger as on the invoice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from bot.commands.demo_world import tiers_toml
from bot.costs.pictures import picture_tokens
from bot.costs.price_book import load_price_book
from bot.costs.tracker import Purpose, Tracker
from bot.db.database import Database
from bot.llm.litellm_client import LitellmClient
from bot.llm.model_client import FaultKind, Message
from bot.routing.breaker import Breakers
from bot.routing.choice import Tier
from bot.routing.router import Call, NoAnswer, Router
from bot.routing.tiers import Tiers
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from bot.telemetry import Telemetry
from tests.costs.ledger import rows
from tests.pictures import picture
from tests.routing.road import FAST, STANDARD, Road, fault, road_on
from tests.routing.test_router_invoice import VENDORS, assert_all_agree, payer

SHOWN = (Message("system", "Be brief."), Message("user", "What is this?", (picture(), picture(1568, 1568))))
HALF_BLIND = """
[[tier]]
name = "fast"
deadline_s = 30
max_output_tokens = 100
models = [{ id = "openai/gpt-6-luna", vision = false }, { id = "gemini/gemini-3.1-flash-lite" }]
[[tier]]
name = "standard"
deadline_s = 30
max_output_tokens = 100
models = [{ id = "moonshot/kimi-k2.6", vision = false }]
[[tier]]
name = "frontier"
deadline_s = 30
max_output_tokens = 100
models = [{ id = "anthropic/claude-sonnet-5-5", vision = false }]
"""


@pytest.fixture(scope="session")
def client() -> LitellmClient:
    return LitellmClient()


@pytest.fixture
def half_blind(db: Database, workspace_id: UUID, tmp_path: Path) -> Road:
    return road_on(db, workspace_id, written(tmp_path, HALF_BLIND))


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("mode", [Mode.HEALTHY, Mode.ERROR, Mode.HANG])
async def test_every_vendor_sees_and_the_rows_are_the_invoice(
    db: Database, workspace_id: UUID, sandbox: Sandbox, client: LitellmClient, tmp_path: Path, tier: Tier, mode: Mode
) -> None:
    source = written(tmp_path, tiers_toml(sandbox.providers).replace("timeout_s = 8", "timeout_s = 1.5"))
    book = load_price_book()
    tiers = Tiers.load(source, {}, book)
    router = Router(tiers, client, Tracker(db, book, tiers.baseline, Telemetry()), Breakers())
    sandbox.providers[VENDORS[tier][0]].fail_next(mode)

    await router.route(Call(payer(workspace_id), Purpose.REPLY, tier, "chat", SHOWN))

    seen = [asked.images for vendor in sandbox.providers.values() for asked in vendor.requests]
    assert all(len(images) == 2 and sum(images) > 3000 for images in seen)
    await assert_all_agree(db, workspace_id, sandbox)
    for row in await rows(db, workspace_id):
        assert row.reserved_usd is not None
        assert row.reserved_usd >= (row.cost_usd or 0)


async def test_a_model_that_cannot_see_is_passed_over_and_asked_again_where_there_is_nothing_to_see(
    half_blind: Road,
) -> None:
    await half_blind.router.route(half_blind.call(messages=SHOWN))
    await half_blind.router.route(half_blind.call())

    assert half_blind.models.order == [FAST[0], FAST[1]]


async def test_a_tier_that_cannot_see_gives_way_to_one_that_can(half_blind: Road) -> None:
    answer = await half_blind.router.route(half_blind.call(Tier.FRONTIER, messages=SHOWN))

    assert answer.tier is Tier.FAST
    assert half_blind.models.order == [FAST[0]]


async def test_no_stronger_model_is_offered_or_asked_that_could_not_see_what_it_is_about(half_blind: Road) -> None:
    half_blind.models.say(FAST[0], "I'm sorry, but I can't help with that.")

    answer = await half_blind.cascade.answer(half_blind.call(messages=SHOWN), "Which colour is the door?")

    assert answer.tier is Tier.FAST
    assert half_blind.models.order == [FAST[0]]
    assert half_blind.models.offered == [()]


async def test_who_may_ask_no_model_that_sees_is_told_so_and_pays_nothing(road: Road, half_blind: Road) -> None:
    blind = replace(half_blind.tiers, specs=half_blind.tiers.specs[1:])
    road.router._tiers = blind

    with pytest.raises(NoAnswer) as told:
        await road.router.route(road.call(messages=SHOWN))

    assert "pictures" in told.value.sentence
    assert await road.ledger() == []


async def test_a_ceiling_holds_where_there_is_something_to_see(road: Road) -> None:
    road.models.say(FAST[0], fault(FaultKind.SERVER))
    road.models.say(FAST[1], fault(FaultKind.SERVER), fault(FaultKind.SERVER))

    with pytest.raises(NoAnswer):
        await road.router.route(road.call(Tier.FRONTIER, messages=SHOWN, ceiling=Tier.FAST))

    assert not set(road.models.order) & set(STANDARD)


@pytest.mark.parametrize(
    ("model", "least"),
    [
        ("openai/gpt-4o", 85 + 170 * 4),
        ("openai/gpt-4o-mini", 2833 + 5667 * 4),
        ("anthropic/claude-sonnet-5-5", 1024 * 1024 / 750),
        ("gemini/gemini-3.1-flash-lite", 1120),
        ("openai/gpt-5-nano", 1024 * 2.46),
    ],
)
def test_no_vendor_counts_more_tokens_than_are_reserved(model: str, least: float) -> None:
    square = Message("user", "", (picture(1024, 1024),))

    assert picture_tokens(model, [square]) >= least
    assert picture_tokens(model, [square, square]) == 2 * picture_tokens(model, [square])


def written(folder: Path, text: str) -> str:
    path = folder / "tiers.toml"
    path.write_text(text)
    return str(path)
