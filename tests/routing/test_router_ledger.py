"""Every attempt is one row, whatever becomes of it."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from bot.llm.model_client import Completion, FaultKind
from tests.routing.road import FAST, USAGE, Road, fault


async def test_each_attempt_is_a_row_of_its_own_in_order(road: Road) -> None:
    filtered = Completion("", None, None, "content_filter", USAGE)
    road.models.say(FAST[0], fault(FaultKind.CONTENT_FILTER, completion=filtered, billed="reported"))
    road.models.say(FAST[1], fault(FaultKind.TIMEOUT, billed="maybe"))

    answer = await road.router.route(road.call())

    ledger = await road.ledger()
    assert [(row.attempt, row.state, row.error_class) for row in ledger] == [
        (1, "failed", "content_filter"),
        (2, "unknown", "timeout"),
        (3, "settled", None),
    ]
    assert [row.cost_usd for row in ledger] == [Decimal("0.000055"), None, Decimal("0.000175")]
    assert answer.cost_usd == Decimal("0.000175")
    assert len({row.task_id for row in ledger}) == 1


async def test_a_cancelled_attempt_is_unknown_with_its_reserve(road: Road) -> None:
    road.models.say(FAST[0], 999.0)
    call = asyncio.create_task(road.router.route(road.call()))
    await road.models.heard.wait()

    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    [row] = await road.ledger()
    assert (row.state, row.error_class, row.cost_usd) == ("unknown", "cancelled", None)
    assert row.reserved_usd


async def test_a_bug_in_the_client_leaves_no_row_open(road: Road) -> None:
    road.models.say(FAST[0], ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        await road.router.route(road.call())

    assert [(row.state, row.error_class) for row in await road.ledger()] == [("unknown", "ZeroDivisionError")]
