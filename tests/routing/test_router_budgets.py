"""The router under a budget: who is asked, who is never asked, and when it steps down."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from bot.db.budgets import Mode, OverBudget
from bot.db.database import Database
from bot.llm.model_client import Completion, FaultKind, Usage
from bot.routing.choice import Question, Tier
from bot.routing.classifier import Classifier
from bot.routing.decide import decide
from bot.routing.router import NoAnswer
from tests.costs.budgeting import WORKSPACE, agree, limit, standings
from tests.routing.road import FAST, FRONTIER, Road, fault, road_on
from tests.routing.test_classifier import TIERS, UNSURE

ROOM_FOR_FAST = "0.01"
"""USD: an answer of the fast tier fits, none of the frontier's does."""

UNPRICED_FIRST = """
[[tier]]
name = "fast"
deadline_s = 30
max_output_tokens = 64
models = [
  { id = "openai/mine", api_base = "http://127.0.0.1:1/v1" },
  { id = "openai/priced", api_base = "http://127.0.0.1:2/v1", input_usd_per_mtok = "1", output_usd_per_mtok = "2" },
]
"""


async def test_a_stop_budget_without_room_asks_nobody(road: Road) -> None:
    await limit(road.db, road.workspace_id, WORKSPACE, ROOM_FOR_FAST, Mode.STOP)

    with pytest.raises(OverBudget) as refused:
        await road.router.route(road.call(Tier.FRONTIER))

    assert road.models.order == []
    assert await road.ledger() == []
    assert refused.value.standing.budget.key == WORKSPACE


async def test_a_step_down_budget_without_room_for_the_frontier_asks_the_fast_tier(road: Road) -> None:
    await limit(road.db, road.workspace_id, WORKSPACE, ROOM_FOR_FAST, Mode.STEP_DOWN)

    answer = await road.router.route(road.call(Tier.FRONTIER))

    assert (answer.tier, road.models.order) == (Tier.FAST, [FAST[0]])
    await agree(road.db, road.workspace_id)


async def test_a_step_down_budget_with_room_steps_nowhere(road: Road) -> None:
    await limit(road.db, road.workspace_id, WORKSPACE, "10", Mode.STEP_DOWN)

    await road.router.route(road.call(Tier.FRONTIER))

    assert road.models.order == [FRONTIER[0]]


async def test_a_step_down_budget_stops_when_the_fast_tier_does_not_fit_either(road: Road) -> None:
    await limit(road.db, road.workspace_id, WORKSPACE, "0.0001", Mode.STEP_DOWN)

    with pytest.raises(OverBudget) as refused:
        await road.router.route(road.call(Tier.FRONTIER))

    assert road.models.order == []
    assert refused.value.needed_usd is not None
    assert refused.value.needed_usd < 1


async def test_who_failed_already_is_not_asked_again_by_stepping_down(road: Road) -> None:
    await limit(road.db, road.workspace_id, WORKSPACE, ROOM_FOR_FAST, Mode.STEP_DOWN)
    for model in FAST:
        road.models.say(model, *[fault(FaultKind.SERVER)] * 3)

    with pytest.raises(NoAnswer):
        await road.router.route(road.call(Tier.FAST))

    assert road.models.order == [*FAST, FAST[1]]  # the last candidate is asked once more, as always


@pytest.mark.parametrize(("mode", "asked"), [(Mode.STOP, "openai/priced"), (Mode.SOFT, "openai/mine")])
async def test_an_unpriced_candidate_under_a_hard_budget_is_passed_over(
    db: Database, workspace_id: UUID, tmp_path: Path, mode: Mode, asked: str
) -> None:
    road = road_on(db, workspace_id, _tiers(tmp_path, UNPRICED_FIRST))
    await limit(db, workspace_id, WORKSPACE, "10", mode)

    await road.router.route(road.call())

    assert road.models.order == [asked]


async def test_a_hard_budget_with_only_unpriced_models_left_says_why(
    db: Database, workspace_id: UUID, tmp_path: Path
) -> None:
    road = road_on(db, workspace_id, _tiers(tmp_path, UNPRICED_FIRST.replace('"openai/priced"', '"openai/down"')))
    await limit(db, workspace_id, WORKSPACE, "0.00001", Mode.STOP)

    with pytest.raises(OverBudget):
        await road.router.route(road.call())

    assert road.models.order == []


async def test_a_classifier_that_does_not_fit_leaves_the_decision_to_the_local_answer(road: Road) -> None:
    await limit(road.db, road.workspace_id, WORKSPACE, "0.00000001", Mode.STOP)
    question = Question(UNSURE)

    classifier, local = Classifier(road.router, TIERS, road.db), decide(question)

    choice = await classifier.consult(question, local, road.call().payer)

    assert local.unsure
    assert choice.tier == min(local.choice.tier + 1, Tier.FRONTIER)
    assert road.models.order == []
    assert (await standings(road.db, road.workspace_id))[WORKSPACE].taken_usd == 0


async def test_a_cost_beyond_its_reserve_is_written_down_and_alarmed(road: Road) -> None:
    road.models.say(FAST[0], Completion("Hi", None, "r-1", "stop", Usage(input_tokens=50_000, output_tokens=9)))

    await road.router.route(road.call())

    metrics = road.router._tracker._telemetry.exposition().decode()
    assert 'lucy_attempt_flags_total{flag="reserve_overshot"} 1.0' in metrics
    assert "reserve_overshot" in ((await road.ledger())[0].flags or ())


def _tiers(folder: Path, text: str) -> str:
    path = folder / "tiers.toml"
    path.write_text(text)
    return str(path)
