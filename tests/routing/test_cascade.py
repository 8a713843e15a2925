"""One step up, once, inside the deadline and below the ceiling; what somebody has read is never taken back."""

from __future__ import annotations

import pytest

from bot.db.budgets import Mode
from bot.llm.litellm_client import LitellmClient
from bot.llm.model_client import Aborted, Completion, Deployment, FaultKind, Heard, Message
from bot.routing.cascade import ESCALATE
from bot.routing.choice import Tier
from bot.sandbox.sandbox import Sandbox
from tests.costs.budgeting import WORKSPACE, limit
from tests.routing.road import FAST, FRONTIER, STANDARD, USAGE, Road, fault

ASK = "what does HTTP 409 mean?"
REFUSAL = "I'm sorry, but I can't help with that."
CALLED = Completion("", None, "r-1", "tool_calls", USAGE, called="escalate")


async def test_a_refusal_is_asked_again_one_tier_up_and_only_once(road: Road) -> None:
    road.models.say(FAST[0], REFUSAL)
    road.models.say(STANDARD[0], REFUSAL)

    answer = await road.cascade.answer(road.call(), ASK)

    assert (answer.text, answer.tier) == (REFUSAL, Tier.STANDARD)
    assert road.models.order == [FAST[0], STANDARD[0]]
    assert [row.tier for row in await road.ledger()] == [1, 2]


async def test_a_cut_answer_of_the_middle_tier_is_asked_again_of_the_frontier(road: Road) -> None:
    road.models.say(STANDARD[0], Completion("It means", None, "r-1", "length", USAGE))

    await road.cascade.answer(road.call(Tier.STANDARD), ASK)

    assert road.models.order == [STANDARD[0], FRONTIER[0]]


async def test_the_way_out_is_offered_below_the_highest_tier_alone(road: Road) -> None:
    road.models.say(FAST[0], CALLED)

    await road.cascade.answer(road.call(), ASK)
    await road.cascade.answer(road.call(Tier.FRONTIER), ASK)

    assert road.models.offered == [("escalate",), (), ()]


async def test_no_tier_above_the_ceiling_is_asked_and_none_offered(road: Road) -> None:
    road.models.say(FAST[0], REFUSAL)

    answer = await road.cascade.answer(road.call(ceiling=Tier.FAST), ASK)

    assert answer.text == REFUSAL
    assert road.models.order == [FAST[0]]
    assert road.models.offered == [()]


async def test_what_somebody_read_stays_and_the_stronger_answer_comes_after_it_with_the_reason(road: Road) -> None:
    shown, keep = Shown(), await road.keep()
    road.models.say(FAST[0], REFUSAL)
    road.models.say(STANDARD[0], "A conflict.")

    answer = await road.cascade.answer(road.call(show=shown, keep=keep), ASK)

    assert shown.pieces[0] == REFUSAL
    assert "".join(shown.pieces) == answer.text == await road.kept(keep)
    assert answer.text == f"{REFUSAL}\n\n_Asked again one tier up: the first model declined._\n\nA conflict."


async def test_a_code_block_that_broke_off_is_closed_before_the_stronger_answer(road: Road) -> None:
    shown = Shown()
    road.models.say(FAST[0], Completion("```python\nprint(", None, "r-1", "length", USAGE))

    await road.cascade.answer(road.call(show=shown), ASK)

    assert "".join(shown.pieces).startswith("```python\nprint(\n```\n\n_Asked again")


async def test_where_the_stronger_model_fails_nothing_is_added_to_what_was_read(road: Road) -> None:
    shown, keep = Shown(), await road.keep()
    road.models.say(FAST[0], REFUSAL)
    for model in STANDARD:
        road.models.say(model, fault(FaultKind.SERVER), fault(FaultKind.SERVER))

    await road.cascade.answer(road.call(show=shown, keep=keep), ASK)

    assert shown.pieces == [REFUSAL]
    assert await road.kept(keep) == REFUSAL


async def test_a_model_that_gives_up_before_its_first_word_shows_nothing(road: Road) -> None:
    shown, keep = Shown(), await road.keep()
    road.models.say(FAST[0], CALLED)
    road.models.say(STANDARD[0], "A conflict.")

    await road.cascade.answer(road.call(show=shown, keep=keep), ASK)

    assert shown.pieces == ["A conflict."]
    assert await road.kept(keep) == "A conflict."


async def test_an_answer_that_broke_off_while_it_was_read_is_marked_and_stands(road: Road) -> None:
    shown = Shown()
    cut = fault(FaultKind.CUT, billed="maybe", completion=Completion("A conf", None, "r-1"))
    road.models.say(FAST[0], cut)

    answer = await road.cascade.answer(road.call(show=shown), ASK)

    assert answer.cut
    assert road.models.order == [FAST[0]]


async def test_whoever_stops_the_stronger_answer_is_obeyed(road: Road) -> None:
    road.models.say(FAST[0], REFUSAL)
    road.models.say(STANDARD[0], "A conflict.")

    with pytest.raises(Aborted):
        await road.cascade.answer(road.call(show=Shown(patience=1)), ASK)

    assert [(row.tier, row.error_class) for row in await road.ledger()] == [(1, None), (2, "aborted")]


async def test_under_a_budget_the_step_up_is_dropped_and_the_cheap_tier_is_not_paid_again(road: Road) -> None:
    await limit(road.db, road.workspace_id, WORKSPACE, "0.0003", Mode.STEP_DOWN)
    road.models.say(FAST[0], REFUSAL)

    answer = await road.cascade.answer(road.call(max_output_tokens=64), ASK)

    assert answer.text == REFUSAL
    assert road.models.order == [FAST[0]]
    assert [row.tier for row in await road.ledger()] == [1]


async def test_the_first_answer_stands_when_its_deadline_leaves_no_time_for_another(road: Road) -> None:
    road.models.say(FAST[0], 0.5)

    answer = await road.cascade.answer(road.call(deadline_s=1.2), "Write 500 words about on-call")

    assert answer.text == "Slow hello!"
    assert road.models.order == [FAST[0]]


async def test_the_stronger_model_has_what_is_left_of_the_deadline(road: Road) -> None:
    road.models.say(FAST[0], REFUSAL)
    began = road.clock.now
    for model in STANDARD:
        road.models.say(model, 900.0, 900.0)

    answer = await road.cascade.answer(road.call(deadline_s=20), ASK)

    assert answer.text == REFUSAL
    assert road.clock.now - began <= 20


async def test_a_model_that_gave_up_is_asked_again_when_nobody_stronger_answers(road: Road) -> None:
    road.models.say(FAST[0], CALLED, "A conflict.")
    for model in STANDARD:
        road.models.say(model, fault(FaultKind.SERVER), fault(FaultKind.SERVER))

    answer = await road.cascade.answer(road.call(), ASK)

    assert answer.text == "A conflict."
    assert road.models.offered[-1] == ()


@pytest.mark.parametrize(
    ("vendor", "model"),
    [
        ("openai", "openai/gpt-6-luna"),
        ("gemini", "gemini/gemini-3.1-flash-lite"),
        ("anthropic", "anthropic/claude-sonnet-5-5"),
        ("openrouter", "openrouter/openai/gpt-6-luna"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_the_way_out_is_understood_in_every_wire_format(
    sandbox: Sandbox, vendor: str, model: str, streamed: bool
) -> None:
    provider, shown = sandbox.providers[vendor], Shown()
    provider.calls("escalate", reason="too hard")

    completion = await LitellmClient().complete(
        Deployment(model, provider.api_base, "key"),
        [Message("user", "hi")],
        max_output_tokens=64,
        timeout_s=10,
        heard=Heard(shown) if streamed else None,
        tools=(ESCALATE,),
    )

    assert (completion.called, completion.text.strip(), shown.pieces) == ("escalate", "", [])
    assert completion.usage
    assert completion.usage.input_tokens == provider.invoice[0].input_tokens > 20


class Shown:
    """Somebody who reads an answer while it is made, and has had enough after so many pieces."""

    def __init__(self, patience: int = 99) -> None:
        self.pieces: list[str] = []
        self._patience = patience

    async def __call__(self, piece: str) -> None:
        self.pieces.append(piece)
        if len(self.pieces) > self._patience:
            raise Aborted
