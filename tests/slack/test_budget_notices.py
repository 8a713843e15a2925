"""Warnings are told once per window and level, to the right place, whatever restarts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time
from decimal import Decimal
from uuid import UUID

import pytest

from bot.db.budgets import BudgetKey, Mode
from bot.db.database import Database
from bot.db.digests import Kind
from bot.sandbox.sandbox import Sandbox
from bot.slack.budget_notices import BudgetNotices
from bot.slack.installations import Access, Clients, OneToken
from bot.slack.people import People
from tests.costs.budgeting import BEN, ENG, WORKSPACE, limit, opens
from tests.costs.ledger import SETTLED, execute, move

ADA = "U0ADA"


@pytest.fixture
def notices(db: Database, sandbox: Sandbox) -> BudgetNotices:
    return notices_on(db, sandbox)


async def test_each_level_of_a_soft_budget_is_told_once_to_who_set_it(
    db: Database, workspace_id: UUID, notices: BudgetNotices, sandbox: Sandbox
) -> None:
    await limit(db, workspace_id, WORKSPACE, "1", Mode.SOFT, ADA)

    for usd in ("0.49", "0.01", "0.20", "0.15", "0.15", "0.5"):
        await _spend(db, workspace_id, usd)
        await notices.tick()
        await notices.tick()

    assert _levels(sandbox, "D0LUCY") == ["50", "80", "100"]


@pytest.mark.parametrize("mode", [Mode.STOP, Mode.STEP_DOWN])
async def test_a_hard_budget_warns_at_80(
    db: Database, workspace_id: UUID, notices: BudgetNotices, sandbox: Sandbox, mode: Mode
) -> None:
    await limit(db, workspace_id, WORKSPACE, "1", mode, ADA)

    for usd in ("0.6", "0.3", "0.1"):
        await _spend(db, workspace_id, usd)
        await notices.tick()

    assert _levels(sandbox, "D0LUCY") == ["80"]


async def test_of_levels_reached_at_once_the_highest_is_told(
    db: Database, workspace_id: UUID, notices: BudgetNotices, sandbox: Sandbox
) -> None:
    await limit(db, workspace_id, WORKSPACE, "1", Mode.SOFT, ADA)
    await limit(db, workspace_id, ENG, "10", Mode.SOFT, ADA)

    await _spend(db, workspace_id, "6")
    await notices.tick()

    assert sorted(_levels(sandbox, "D0LUCY")) == ["100", "50"]


async def test_warnings_go_to_the_digests_channel_where_there_is_one(
    db: Database, workspace_id: UUID, notices: BudgetNotices, sandbox: Sandbox
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.digests.want(Kind.DAILY, "C0FINANCE", time(9), "UTC", ADA)
    await limit(db, workspace_id, BudgetKey("user", "U1", "day"), "1", Mode.SOFT, ADA)

    await _spend(db, workspace_id, "0.6")
    await notices.tick()

    assert _levels(sandbox, "C0FINANCE") == ["50"]
    assert _levels(sandbox, "D0LUCY") == []


async def test_where_digests_name_nobody_a_persons_budget_is_no_matter_for_the_channel(
    db: Database, workspace_id: UUID, notices: BudgetNotices, sandbox: Sandbox
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.digests.want(Kind.DAILY, "C0FINANCE", time(9), "UTC", ADA)
        await unit.digests.show(people=False)
    await limit(db, workspace_id, BEN, "1", Mode.SOFT, ADA)

    await _spend(db, workspace_id, "0.6")
    await notices.tick()

    assert _levels(sandbox, "C0FINANCE") == []
    assert len(sandbox.slack.messages("D0LUCY")) == 1


async def test_a_channel_lucy_may_not_write_in_is_no_reason_to_be_silent(
    db: Database, workspace_id: UUID, notices: BudgetNotices, sandbox: Sandbox
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.digests.want(Kind.DAILY, "C0QUIET", time(9), "UTC", ADA)
    await limit(db, workspace_id, WORKSPACE, "1", Mode.SOFT, "operator")

    await _spend(db, workspace_id, "0.6")
    await notices.tick()

    assert _levels(sandbox, "D0LUCY") == ["50"]


async def test_several_replicas_that_tick_at_once_tell_it_once(
    db: Database, workspace_id: UUID, sandbox: Sandbox
) -> None:
    await limit(db, workspace_id, WORKSPACE, "1", Mode.SOFT, ADA)
    await _spend(db, workspace_id, "0.6")

    await asyncio.gather(*(notices_on(db, sandbox).tick() for _ in range(5)))

    assert _levels(sandbox, "D0LUCY") == ["50"]


async def test_what_a_dead_replica_had_claimed_is_told_after_its_lease(
    db: Database, workspace_id: UUID, notices: BudgetNotices, sandbox: Sandbox
) -> None:
    await limit(db, workspace_id, WORKSPACE, "1", Mode.SOFT, ADA)
    await _spend(db, workspace_id, "0.6")
    async with db.unit(workspace_id) as unit:
        await unit.budget_notices.claim()

    await notices.tick()
    too_early = _levels(sandbox, "D0LUCY")
    await execute(db, "UPDATE budget_notice SET leased_until = now()")
    await notices.tick()

    assert (too_early, _levels(sandbox, "D0LUCY")) == ([], ["50"])


async def test_a_budget_that_ended_warns_of_nothing(
    db: Database, workspace_id: UUID, notices: BudgetNotices, sandbox: Sandbox
) -> None:
    await limit(db, workspace_id, WORKSPACE, "1", Mode.SOFT, ADA)
    await _spend(db, workspace_id, "0.6")
    async with db.unit(workspace_id) as unit:
        await unit.budgets.remove(WORKSPACE)

    await notices.tick()

    assert sandbox.slack.messages("D0LUCY") == []


def notices_on(db: Database, sandbox: Sandbox) -> BudgetNotices:
    access = Access("T0ACME", sandbox.slack.state.bot_token, "B0LUCY", "U0LUCY")
    clients = Clients(OneToken(access), sandbox.slack.api_url)
    return BudgetNotices(db, clients, People(clients))


async def _spend(db: Database, workspace_id: UUID, usd: str) -> None:
    key = await opens(db, workspace_id, "0.01")
    await move(db, key, replace(SETTLED, cost_usd=Decimal(usd)))


def _levels(sandbox: Sandbox, channel: str) -> list[str]:
    texts = [str(message["text"]) for message in sandbox.slack.messages(channel)]
    return [text.partition("has reached ")[2].split(" %")[0] for text in texts if "has reached" in text]
