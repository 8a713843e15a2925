"""A token that Slack takes no more is noticed once, by whoever meets it; its workspace rests, and no other one does."""

from __future__ import annotations

import asyncio

import aiohttp
import asyncpg
import pytest

from bot.app import Lucy
from bot.db.ids import workspace_id_of
from bot.db.thread_summaries import ThreadSummary
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.workspace import SlackWorkspace
from bot.slack.installations import Clients, OneToken, StoredTokens, introduce
from bot.slack.pulse import GIVEN_UP_S, Pulse
from bot.slack.rotation import Rotation
from tests.costs.ledger import execute
from tests.slack.test_install import GLOBEX, browser, open_to_all, visit
from tests.slack.test_tokens import PAST
from tests.test_main_job import ACME, answered, done

__all__ = ["browser", "open_to_all"]


@pytest.fixture
async def both(open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession) -> Lucy:
    """Two teams installed Lucy; nobody told her that Globex took her token away."""
    for visitor in ((sandbox.globex.state, "U1HANK"), (sandbox.slack.state, "U0ADA")):
        sandbox.consent.visitor = visitor
        await visit(browser, f"{open_to_all.url}/slack/install")
    sandbox.globex.state.revoked.add(sandbox.globex.state.bot_token)
    return open_to_all


def pulses(slack: SlackWorkspace) -> int:
    return [method for method, _ in slack.api.calls].count("auth.test")


async def is_served(lucy: Lucy, team: str = "T1GLOBEX") -> bool:
    async with lucy.db.unit(workspace_id_of(team)) as unit:
        workspace = await unit.workspaces.read()
    return bool(workspace and workspace.served)


async def test_a_dead_token_ends_the_service_of_its_workspace_before_anything_is_paid(
    both: Lucy, sandbox: Sandbox
) -> None:
    for number in range(3):
        assert await sandbox.globex.delivery.event(mention(sandbox.globex, number)) == 200
        await done(both)
    calls = len(sandbox.globex.api.calls)
    ours = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await answered(sandbox.slack, "C0GENERAL", ours)

    assert not await is_served(both)
    assert await is_served(both, "T0ACME")
    async with both.db.unit(GLOBEX) as unit:
        assert (await unit.costs.total(), await unit.installations.read() is not None) == (0, True)
    assert calls < 8
    assert len(sandbox.globex.api.calls) == calls


async def test_a_token_that_slack_takes_again_brings_the_service_back(both: Lucy, sandbox: Sandbox) -> None:
    await sandbox.globex.delivery.event(mention(sandbox.globex, 0))
    await done(both)
    sandbox.globex.state.revoked.clear()

    await pulse_of(both, sandbox).tick()

    assert await is_served(both)


async def test_after_a_week_the_workspace_counts_as_one_that_left(both: Lucy, sandbox: Sandbox) -> None:
    pulse = pulse_of(both, sandbox)
    await pulse.doubt(GLOBEX)
    await pulse.tick()
    async with both.db.unit(GLOBEX) as unit:
        early = await unit.installations.read()
        await unit.summaries.keep("C1", "1.0", ThreadSummary("0.5", "what was said"))
    await execute(
        both.db,
        f"UPDATE workspace SET lost_since = now() - interval '{GIVEN_UP_S + 60} s' WHERE lost_since IS NOT NULL",
    )

    await pulse.tick()

    async with both.db.operations() as operations:
        left = {one.slack_id: one.left_at is not None for one in await operations.roster()}
    async with both.db.unit(GLOBEX) as unit:
        assert (early is not None, await unit.installations.read()) == (True, None)
        assert await unit.summaries.read("C1", "1.0") is None
    assert left == {"T0ACME": False, "T1GLOBEX": True}


async def test_a_new_install_ends_the_rest_at_once(
    both: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession
) -> None:
    await pulse_of(both, sandbox).doubt(GLOBEX)
    resting = await is_served(both)

    sandbox.consent.visitor = (sandbox.globex.state, "U1HANK")
    await visit(browser, f"{both.url}/slack/install")

    assert (resting, await is_served(both)) == (False, True)


async def test_slack_is_asked_once_in_ten_minutes_however_many_ask(running: Lucy, sandbox: Sandbox) -> None:
    before = pulses(sandbox.slack)

    for n in range(3):
        await sandbox.slack.say("U0BEN", "C0GENERAL", f"<@U0LUCY> hello {n}")
    await done(running)

    assert pulses(sandbox.slack) == before + 1


async def test_ten_minutes_later_it_is_asked_again(running: Lucy, sandbox: Sandbox) -> None:
    now = [0.0]
    token = await introduce(sandbox.slack.state.bot_token, sandbox.slack.api_url, running.db)
    pulse = Pulse(running.db, Clients(OneToken(token), sandbox.slack.api_url), lambda: now[0])
    before = pulses(sandbox.slack)

    for at in (0.0, 599.0, 601.0):
        now[0] = at
        await asyncio.gather(*(pulse.beats(ACME) for _ in range(5)))

    assert pulses(sandbox.slack) == before + 2


@pytest.mark.parametrize("code", ["internal_error", "ratelimited"])
async def test_a_slack_that_is_away_kills_no_token(running: Lucy, sandbox: Sandbox, code: str) -> None:
    sandbox.slack.faults.error("auth.test", code, times=9)

    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await answered(sandbox.slack, "C0GENERAL", ts)

    assert await is_served(running, "T0ACME")


async def test_a_call_that_is_refused_raises_the_doubt_and_a_good_token_dispels_it(
    running: Lucy, sandbox: Sandbox
) -> None:
    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await answered(sandbox.slack, "C0GENERAL", ts)
    before = pulses(sandbox.slack)
    sandbox.slack.faults.error("chat.startStream", "invalid_auth")

    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello again")
    await answered(sandbox.slack, "C0GENERAL", ts)

    assert pulses(sandbox.slack) == before + 1
    assert await is_served(running, "T0ACME")


async def test_a_refresh_token_that_is_refused_is_not_tried_every_minute(
    open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession, onlooker: asyncpg.Connection
) -> None:
    app = sandbox.slack.state.app
    app.rotates = True
    await visit(browser, f"{open_to_all.url}/slack/install")
    await onlooker.execute(PAST)
    sandbox.globex.state.refresh_token = "another"
    rotation = Rotation(open_to_all.db, sandbox.slack.api_url, app.client_id, app.client_secret)

    await rotation.tick()
    await onlooker.execute("UPDATE installation SET renewing_until = NULL")
    async with open_to_all.db.operations() as operations:
        due = await operations.renewals_due()

    assert (due, await is_served(open_to_all)) == ([], False)


def pulse_of(lucy: Lucy, sandbox: Sandbox) -> Pulse:
    """Another replica's."""
    app = sandbox.slack.state.app
    rotation = Rotation(lucy.db, sandbox.slack.api_url, app.client_id, app.client_secret)
    return Pulse(lucy.db, Clients(StoredTokens(lucy.db, rotation.renew), sandbox.slack.api_url))


def mention(slack: SlackWorkspace, number: int) -> dict[str, str]:
    message = slack.state.add("C1LOBBY", {"user": "U1IDA", "text": f"<@U1LUCY> hello {number}"})
    return {**message, "type": "app_mention", "channel": "C1LOBBY"}


async def test_the_workspace_of_a_token_in_the_settings_is_never_taken_for_one_that_left(
    running: Lucy, sandbox: Sandbox
) -> None:
    token = await introduce(sandbox.slack.state.bot_token, sandbox.slack.api_url, running.db)
    pulse = Pulse(running.db, Clients(OneToken(token), sandbox.slack.api_url))
    sandbox.slack.state.revoked.add(token.token)
    await pulse.doubt(ACME)
    await execute(running.db, "UPDATE workspace SET lost_since = now() - interval '1 year'")

    await pulse.tick()

    async with running.db.operations() as operations:
        [acme] = await operations.roster()
    assert (acme.active, acme.left_at, acme.lost_since is not None) == (True, None, True)
