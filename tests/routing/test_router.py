"""Which model is asked next, for every kind of fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.costs.tracker import Purpose
from bot.llm.model_client import Completion, FaultKind, Message
from bot.routing.choice import Tier
from bot.routing.router import NoAnswer
from tests.pictures import picture
from tests.routing.road import FAST, FRONTIER, STANDARD, USAGE, Road, fault

THEIRS = (
    FaultKind.TIMEOUT, FaultKind.SERVER, FaultKind.CONNECTION, FaultKind.MALFORMED, FaultKind.EMPTY,
    FaultKind.RATE_LIMITED,
)  # fmt: skip


async def test_the_primary_answers_when_it_can(road: Road) -> None:
    answer = await road.router.route(road.call())

    assert (answer.text, answer.model, answer.tier, answer.attempts) == ("Hello!", FAST[0], Tier.FAST, 1)
    assert road.clock.slept == []


@pytest.mark.parametrize("kind", THEIRS)
async def test_a_fault_of_theirs_goes_to_the_next_candidate_at_once(road: Road, kind: FaultKind) -> None:
    road.models.say(FAST[0], fault(kind))

    answer = await road.router.route(road.call())

    assert (answer.model, answer.attempts, road.clock.slept) == (FAST[1], 2, [])


async def test_a_whole_tier_that_is_down_is_replaced_by_the_next_one_up(road: Road) -> None:
    for model in FAST:
        road.models.say(model, fault(FaultKind.SERVER))

    answer = await road.router.route(road.call())

    assert (answer.model, answer.tier) == (STANDARD[0], Tier.STANDARD)
    assert [row.tier for row in await road.ledger()] == [1, 1, 2]


async def test_a_call_may_stay_in_its_tier(road: Road) -> None:
    for model in FAST:
        road.models.say(model, *[fault(FaultKind.SERVER)] * 2)

    with pytest.raises(NoAnswer):
        await road.router.route(road.call(cross_tier=False))

    assert road.models.order == [*FAST, FAST[1]]


async def test_the_last_candidate_is_asked_once_more_after_a_breath(road: Road) -> None:
    for model in FRONTIER:
        road.models.say(model, fault(FaultKind.SERVER))

    answer = await road.router.route(road.call(Tier.FRONTIER))

    assert (answer.model, answer.attempts, road.clock.slept) == (FRONTIER[2], 4, [0.4])


async def test_everything_down_is_one_calm_sentence(road: Road) -> None:
    for model in FRONTIER:
        road.models.say(model, *[fault(FaultKind.SERVER)] * 9)

    with pytest.raises(NoAnswer) as caught:
        await road.router.route(road.call(Tier.FRONTIER))

    assert caught.value.sentence.endswith("Please try again in a minute.")
    assert road.models.order == [*FRONTIER, FRONTIER[2]]


async def test_the_number_of_attempts_can_be_bounded(road: Road) -> None:
    for model in FAST:
        road.models.say(model, fault(FaultKind.SERVER))

    with pytest.raises(NoAnswer):
        await road.router.route(road.call(attempts_allowed=2))

    assert len(road.models.order) == 2


async def test_an_overflow_looks_for_a_larger_window(road: Road) -> None:
    road.models.say(STANDARD[0], fault(FaultKind.CONTEXT_OVERFLOW))

    assert (await road.router.route(road.call(Tier.STANDARD))).model == STANDARD[1]


async def test_an_overflow_of_the_largest_window_cuts_the_oldest_turns_once(road: Road) -> None:
    thread = [Message("user", "old " * 100), Message("assistant", "less old " * 10), Message("user", "newest")]
    messages = (Message("system", "Be brief."), *thread)
    road.models.say(FAST[0], fault(FaultKind.CONTEXT_OVERFLOW))

    answer = await road.router.route(road.call(messages=messages))

    assert (answer.model, road.models.order) == (FAST[0], [FAST[0], FAST[0]])
    assert road.models.asked[1][2] == (messages[0], messages[2], messages[3])


async def test_what_is_asked_of_a_file_that_never_fits_is_kept_with_its_beginning(road: Road) -> None:
    message = Message("user", f"<file>begins{' long' * 100}</file> what does it say?", (picture(),))
    road.models.say(FAST[0], fault(FaultKind.CONTEXT_OVERFLOW))

    await road.router.route(road.call(messages=(message,), ceiling=Tier.FAST))

    [shorter] = road.models.asked[1][2]
    assert shorter.content.startswith("<file>begins")
    assert shorter.content.endswith("what does it say?")
    assert len(shorter.content) < 0.6 * len(message.content)
    assert shorter.pictures == message.pictures


async def test_a_prompt_that_never_fits_ends(road: Road) -> None:
    road.models.say(FAST[0], *[fault(FaultKind.CONTEXT_OVERFLOW)] * 5)

    with pytest.raises(NoAnswer):
        await road.router.route(road.call())

    assert road.models.order == [FAST[0], FAST[0]]


async def test_a_content_filter_is_passed_to_another_vendor_once(road: Road) -> None:
    road.models.say(FRONTIER[0], fault(FaultKind.CONTENT_FILTER))

    answer = await road.router.route(road.call(Tier.FRONTIER))

    assert road.models.order == [FRONTIER[0], FRONTIER[2]]
    assert answer.model == FRONTIER[2]


async def test_two_vendors_that_decline_are_believed(road: Road) -> None:
    for model in (FAST[0], FAST[1]):
        road.models.say(model, fault(FaultKind.CONTENT_FILTER))

    with pytest.raises(NoAnswer) as caught:
        await road.router.route(road.call())

    assert "declined" in caught.value.sentence
    assert len(road.models.order) == 2


async def test_a_bad_request_stops_and_says_so(road: Road) -> None:
    road.models.say(FAST[0], fault(FaultKind.BAD_REQUEST, status=400))

    with pytest.raises(NoAnswer) as caught:
        await road.router.route(road.call())

    assert caught.value.sentence == "The model could not take this request."
    assert road.models.order == [FAST[0]]


async def test_the_deadline_is_for_the_whole_call_and_an_attempt_gets_half_of_what_is_left(road: Road) -> None:
    for model in (*FAST, *STANDARD):
        road.models.say(model, 999.0)

    answer = await road.router.route(road.call())

    assert [timeout for _, timeout, _ in road.models.asked] == [15, 7.5, 3.75, 1.875, 0.9375]
    assert answer.model == FRONTIER[0]
    assert road.clock.now < 1024 + 30


async def test_a_call_without_time_left_asks_nobody_more(road: Road) -> None:
    for model in (*FAST, *STANDARD):
        road.models.say(model, 999.0)

    with pytest.raises(NoAnswer):
        await road.router.route(road.call(deadline_s=1.0))

    assert [timeout for _, timeout, _ in road.models.asked] == [0.5, 0.25, 0.125]


async def test_the_answer_names_the_model_that_really_served(road: Road) -> None:
    road.models.say(FAST[0], Completion("Hi", "gemini-9-pro", None, "stop", USAGE))

    answer = await road.router.route(road.call())

    assert answer.model == "gemini/gemini-9-pro"


async def test_a_classifier_that_ran_out_of_tokens_says_nothing_against_the_model(road: Road) -> None:
    short = Completion("", FAST[0], None, "length", USAGE)
    road.models.say(FAST[0], *[fault(FaultKind.EMPTY, completion=short, billed="reported")] * 3)

    for _ in range(4):
        await road.router.route(road.call())

    assert road.models.order.count(FAST[0]) == 4


async def test_a_classifier_in_a_hurry_does_not_open_a_breaker(road: Road) -> None:
    road.models.say(FAST[0], *[999.0] * 3)
    call = replace(road.call(), purpose=Purpose.CLASSIFY, deadline_s=2.0)

    for _ in range(4):
        await road.router.route(call)

    assert road.models.order.count(FAST[0]) == 4
