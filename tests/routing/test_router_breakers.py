"""What faults teach the router about deployments and keys, over many calls."""

from __future__ import annotations

import asyncio

import pytest

from bot.db.database import Database
from bot.errors import DatabaseAway
from bot.llm.model_client import FaultKind
from bot.routing.breaker import CLOSED_FOR_S, COOL_S
from bot.routing.choice import Tier
from bot.routing.router import NoAnswer
from tests.costs.ledger import execute
from tests.routing.road import FAST, FRONTIER, STANDARD, Road, fault


async def test_a_dead_primary_is_asked_three_times_and_then_left_alone(road: Road) -> None:
    road.models.say(FAST[0], *[fault(FaultKind.SERVER)] * 3)

    answers = [await road.router.route(road.call()) for _ in range(6)]

    assert road.models.order.count(FAST[0]) == 3
    assert [answer.attempts for answer in answers] == [2, 2, 2, 1, 1, 1]
    road.clock.now += COOL_S
    assert (await road.router.route(road.call())).model == FAST[0]


async def test_a_429_opens_the_breaker_until_retry_after(road: Road) -> None:
    road.models.say(FAST[0], fault(FaultKind.RATE_LIMITED, status=429, retry_after_s=7))
    await road.router.route(road.call())

    road.clock.now += 6
    assert (await road.router.route(road.call())).model == FAST[1]
    road.clock.now += 2
    assert (await road.router.route(road.call())).model == FAST[0]


async def test_a_retry_after_is_waited_for_when_nobody_else_is_left(road: Road) -> None:
    for model in FRONTIER:
        road.models.say(model, fault(FaultKind.RATE_LIMITED, retry_after_s=9))

    answer = await road.router.route(road.call(Tier.FRONTIER))

    assert (answer.attempts, road.clock.slept) == (4, [9])


async def test_a_retry_after_that_is_too_long_is_not_waited_for(road: Road) -> None:
    for model in FRONTIER:
        road.models.say(model, fault(FaultKind.RATE_LIMITED, retry_after_s=100))

    with pytest.raises(NoAnswer):
        await road.router.route(road.call(Tier.FRONTIER))

    assert road.clock.slept == []


async def test_with_every_breaker_open_the_one_that_opens_soonest_is_waited_for(road: Road) -> None:
    for number, model in enumerate(FRONTIER):
        road.breakers.close_for(model, 20 - number)

    answer = await road.router.route(road.call(Tier.FRONTIER))

    assert (answer.model, road.clock.slept) == (FRONTIER[2], [18])


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_a_refused_key_closes_every_deployment_that_uses_it(road: Road, status: int) -> None:
    road.models.say(FAST[0], fault(FaultKind.SERVER))
    road.models.say(FAST[1], fault(FaultKind.AUTH, status=status))
    await road.router.route(road.call())

    for model in STANDARD[:1]:
        road.models.say(model, fault(FaultKind.SERVER))
    answer = await road.router.route(road.call(Tier.STANDARD))

    assert answer.model == FRONTIER[0]
    assert STANDARD[1] not in road.models.order
    road.clock.now += CLOSED_FOR_S
    assert road.breakers.admits(STANDARD[1])


async def test_an_unknown_model_closes_its_deployment_alone(road: Road) -> None:
    road.models.say(FRONTIER[0], fault(FaultKind.NOT_FOUND, status=404))

    answers = [(await road.router.route(road.call(Tier.FRONTIER))).model for _ in range(2)]

    assert answers == [FRONTIER[1], FRONTIER[1]]
    assert road.models.order.count(FRONTIER[0]) == 1


@pytest.mark.parametrize("kind", [FaultKind.CONTEXT_OVERFLOW, FaultKind.CONTENT_FILTER])
async def test_a_fault_of_the_request_says_nothing_about_the_deployment(road: Road, kind: FaultKind) -> None:
    road.models.say(STANDARD[0], *[fault(kind)] * 4)

    for _ in range(5):
        await road.router.route(road.call(Tier.STANDARD))

    assert road.models.order.count(STANDARD[0]) == 5


async def test_a_probe_that_is_cancelled_does_not_close_the_door_for_ever(road: Road) -> None:
    open_breaker(road)
    road.models.say(FAST[0], "never heard")
    probing = asyncio.create_task(road.router.route(road.call()))
    await asyncio.sleep(0)
    probing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probing

    assert road.breakers.admits(FAST[0])


async def test_a_probe_that_found_no_database_does_not_close_the_door_for_ever(road: Road, db: Database) -> None:
    open_breaker(road)
    await execute(db, "ALTER TABLE cost_log RENAME TO cost_log_away")
    with pytest.raises(Exception, match="cost_log"):
        await road.router.route(road.call())
    await execute(db, "ALTER TABLE cost_log_away RENAME TO cost_log")

    assert (await road.router.route(road.call())).model == FAST[0]


async def test_without_the_database_no_model_is_asked(road: Road, db: Database) -> None:
    await db.close()
    road.router._tracker._db = Database.open("postgresql://nobody@127.0.0.1:1/none", db._cipher)

    with pytest.raises(DatabaseAway):
        await road.router.route(road.call())

    assert road.models.order == []


def open_breaker(road: Road) -> None:
    for _ in range(3):
        road.breakers.failed(FAST[0])
    road.clock.now += COOL_S
