"""Streamed answers: whom else may be asked, what is kept, and what the ledger says of a stream that broke."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.costs.tracker import Keep
from bot.db.inbox import NewAsk
from bot.llm.model_client import Aborted, Completion, FaultKind, ModelFault, Usage
from bot.routing.router import Call
from tests.costs.ledger import recomputed, rollup
from tests.routing.road import FAST, USAGE, Road, fault

HEARD = Completion("The answer is", "served", "r-9", None, None, 12)


def broken(seen: Completion) -> ModelFault:
    return fault(FaultKind.CUT, completion=seen, billed="maybe")


def streamed(road: Road, **more: object) -> tuple[Call, list[str]]:
    shown: list[str] = []

    async def show(piece: str) -> None:
        shown.append(piece)

    return road.call(show=show, **more), shown


async def test_nobody_else_is_asked_once_a_piece_was_shown(road: Road) -> None:
    road.models.say(FAST[0], broken(HEARD))
    call, _ = streamed(road)

    answer = await road.router.route(call)

    assert road.models.order == [FAST[0]]
    assert answer.cut
    assert answer.text.startswith("The answer is\n\n_My answer broke off here")


async def test_a_stream_that_breaks_before_its_first_piece_falls_back(road: Road) -> None:
    road.models.say(FAST[0], broken(Completion("", "served", "r-9")))
    call, _ = streamed(road)

    answer = await road.router.route(call)

    assert (road.models.order, answer.cut, answer.text) == ([FAST[0], FAST[1]], False, "Hello!")
    assert [(row.state, row.provider_response_id) for row in await road.ledger()] == [
        ("unknown", "r-9"),
        ("settled", "r-1"),
    ]


async def test_what_was_seen_of_a_broken_stream_is_counted_and_says_so(road: Road) -> None:
    road.models.say(FAST[0], broken(HEARD))
    call, _ = streamed(road)

    await road.router.route(call)

    [row] = ledger = await road.ledger()
    assert (row.state, row.error_class, row.usage_source) == ("failed", "cut", "estimated")
    assert (row.streamed, row.first_token_ms, row.provider_response_id) == (True, 12, "r-9")
    assert row.input_tokens > 0
    assert row.output_tokens == len("The answer is") // 4 + 1
    assert row.reserved_usd is not None
    assert row.cost_usd is not None
    assert Decimal(0) < row.cost_usd < row.reserved_usd
    assert row.baseline_usd is None
    assert await rollup(road.db, road.workspace_id) == recomputed(ledger)


async def test_input_that_the_provider_counted_before_the_cut_is_believed(road: Road) -> None:
    road.models.say(FAST[0], broken(replace(HEARD, usage=Usage(input_tokens=1234, output_tokens=1))))
    call, _ = streamed(road)

    await road.router.route(call)

    [row] = await road.ledger()
    assert (row.usage_source, row.input_tokens, row.output_tokens) == ("estimated", 1234, 4)


async def test_a_whole_count_before_the_cut_wins(road: Road) -> None:
    road.models.say(FAST[0], broken(replace(HEARD, usage=USAGE, finish_reason="stop")))
    call, _ = streamed(road)

    await road.router.route(call)

    [row] = await road.ledger()
    assert (row.state, row.usage_source, row.input_tokens, row.output_tokens) == ("failed", "reported", 100, 20)


@pytest.mark.parametrize(("error", "reason"), [(Aborted(), "aborted"), (asyncio.CancelledError(), "cancelled")])
async def test_who_stops_listening_pays_for_what_was_said(road: Road, error: BaseException, reason: str) -> None:
    async def show(piece: str) -> None:
        raise error

    with pytest.raises(type(error)):
        await road.router.route(road.call(show=show))

    [row] = await road.ledger()
    assert (row.state, row.error_class, row.usage_source) == ("failed", reason, "estimated")
    assert row.output_tokens == 2


async def test_what_was_shown_is_kept_with_its_mark(road: Road) -> None:
    async with road.db.unit(road.workspace_id) as unit:
        await unit.inbox.add(NewAsk("Ev1", "C1", "channel", "1.0", "1.0", "U1", "hi"))
    async with road.db.operations() as operations:
        taken = await operations.claim("worker", 60)
    assert taken is not None
    road.models.say(FAST[0], broken(HEARD))
    call, _ = streamed(road, keep=Keep(taken.lease, lambda text: [text]))

    answer = await road.router.route(replace(call, payer=replace(call.payer, task_id=taken.lease.task_id)))

    async with road.db.unit(road.workspace_id) as unit:
        assert [part.text for part in (await unit.replies.stored(taken.lease.task_id)).parts] == [answer.text]
