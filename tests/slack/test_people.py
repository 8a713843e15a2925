"""Names of many people at once, and never waited for too long."""

from __future__ import annotations

import time
from uuid import UUID

import pytest

from bot.db.ids import workspace_id_of
from bot.sandbox.sandbox import Sandbox
from bot.slack.installations import Access, Clients, OneToken
from bot.slack.people import People

EVERYONE = ["U0ADA", "U0BEN", "U0CHL", "U0DEV", "U0EVA"]


@pytest.fixture
def home(sandbox: Sandbox) -> UUID:
    return workspace_id_of(sandbox.slack.state.team_id)


def people_of(sandbox: Sandbox, within_s: float = 3) -> People:
    state = sandbox.slack.state
    access = Access(state.team_id, state.bot_token, state.bot_id, state.bot_user_id)
    return People(Clients(OneToken(access), sandbox.slack.api_url), within_s=within_s)


async def test_names_are_looked_up_side_by_side(sandbox: Sandbox, home: UUID) -> None:
    sandbox.slack.faults.delay("users.info", 0.3)
    began = time.monotonic()

    names = await people_of(sandbox).names(home, EVERYONE)

    assert names["U0BEN"] == "Ben Ito"
    assert time.monotonic() - began < 2 * 0.3


async def test_a_dead_users_info_is_given_up_and_ids_stand_for_names(sandbox: Sandbox, home: UUID) -> None:
    people = people_of(sandbox, within_s=0.2)
    await people.names(home, ["U0ADA"])
    sandbox.slack.faults.delay("users.info", 30)
    began = time.monotonic()

    names = await people.names(home, ["U0ADA", "U0BEN"])

    assert names == {"U0ADA": "Ada Okafor", "U0BEN": "U0BEN"}
    assert time.monotonic() - began < 2


async def test_a_long_retry_after_is_not_waited_out_for_a_name(sandbox: Sandbox, home: UUID) -> None:
    sandbox.slack.faults.rate_limit("users.info", 30)

    assert await people_of(sandbox, within_s=0.2).names(home, ["U0BEN"]) == {"U0BEN": "U0BEN"}
