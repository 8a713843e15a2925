"""Tokens that expire are renewed in time, once, whoever else tries; an organisation is served as one workspace."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import asyncpg
import pytest

from bot.app import Lucy
from bot.db.ids import workspace_id_of
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.rotation import LIFETIME_S
from bot.slack.installations import Clients, NotInstalled, StoredTokens
from bot.slack.rotation import Rotation
from tests.costs.ledger import execute
from tests.onlooker import until
from tests.slack.test_install import GLOBEX, browser, open_to_all, visit
from tests.test_main_job import answered, done

SOON = "UPDATE installation SET expires_at = now() + interval '1 hour'"
PAST = "UPDATE installation SET expires_at = now() - interval '1 s'"
ORG = {"id": "E0GLOBEX", "name": "Globex Group"}

__all__ = ["browser", "open_to_all"]


@pytest.fixture
async def rotation(open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession) -> Rotation:
    """One replica's, after an install whose token expires."""
    app = sandbox.slack.state.app
    app.rotates = True
    await visit(browser, f"{open_to_all.url}/slack/install")
    return Rotation(open_to_all.db, sandbox.slack.api_url, app.client_id, app.client_secret)


async def test_a_token_that_lasts_is_left_alone(rotation: Rotation, sandbox: Sandbox) -> None:
    before = sandbox.globex.state.bot_token

    await rotation.tick()

    assert sandbox.globex.state.bot_token == before


async def test_of_many_replicas_one_renews_and_the_new_token_is_used(
    rotation: Rotation, open_to_all: Lucy, sandbox: Sandbox
) -> None:
    await execute(open_to_all.db, SOON)
    before = sandbox.globex.state.bot_token

    await asyncio.gather(*(rotation.tick() for _ in range(8)))

    state = sandbox.globex.state
    access = await StoredTokens(open_to_all.db, rotation.renew).access(GLOBEX)
    assert (access.token, list(state.expires)) == (state.bot_token, [before, state.bot_token])
    async with open_to_all.db.unit(GLOBEX) as unit:
        kept = await unit.installations.read()
    assert kept
    assert (kept.refresh_token, before != kept.bot_token) == (state.refresh_token, True)


async def test_a_token_that_ran_out_meanwhile_is_renewed_before_it_is_used(
    rotation: Rotation, open_to_all: Lucy, sandbox: Sandbox
) -> None:
    await execute(open_to_all.db, PAST)
    sandbox.globex.state.expires[sandbox.globex.state.bot_token] = time.time() - 1

    ts = await sandbox.globex.say("U1IDA", "C1LOBBY", "<@U1LUCY> hello")
    await answered(sandbox.globex, "C1LOBBY", ts)

    assert len(sandbox.globex.state.expires) == 2


async def test_how_long_a_token_lasts_is_counted_by_the_databases_clock(
    rotation: Rotation, open_to_all: Lucy, onlooker: asyncpg.Connection
) -> None:
    lasts_s = await onlooker.fetchval("SELECT extract(epoch FROM expires_at - installed_at) FROM installation")
    await execute(open_to_all.db, SOON)

    async with open_to_all.db.unit(GLOBEX) as unit:
        kept = await unit.installations.read()

    assert lasts_s == LIFETIME_S
    assert kept
    assert kept.lasts_s == pytest.approx(3600, abs=60)


async def test_a_new_install_is_not_overwritten_by_a_renewal_under_way(
    rotation: Rotation, open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession
) -> None:
    await execute(open_to_all.db, SOON)
    async with open_to_all.db.unit(GLOBEX) as unit:
        renewal = await unit.installations.renew()
    assert renewal
    await visit(browser, f"{open_to_all.url}/slack/install")

    async with open_to_all.db.unit(GLOBEX) as unit:
        kept = await unit.installations.renewed(renewal, "xoxb-late", "xoxe-late", 43_200)

    access = await StoredTokens(open_to_all.db, rotation.renew).access(GLOBEX)
    assert (kept, access.token) == (False, sandbox.globex.state.bot_token)


async def test_a_token_that_cannot_be_renewed_is_no_installation(
    rotation: Rotation, open_to_all: Lucy, sandbox: Sandbox
) -> None:
    await execute(open_to_all.db, PAST)
    sandbox.globex.state.refresh_token = "another"

    with pytest.raises(NotInstalled, match="run out"):
        await StoredTokens(open_to_all.db, rotation.renew, pauses_s=(0, 0)).access(GLOBEX)


async def test_a_token_is_remembered_for_five_seconds_unless_it_ends_before_or_is_doubted(
    rotation: Rotation, open_to_all: Lucy, sandbox: Sandbox
) -> None:
    now = [0.0]
    tokens = StoredTokens(open_to_all.db, rotation.renew, clock=lambda: now[0])
    first = await tokens.access(GLOBEX)

    await execute(open_to_all.db, SOON)
    await rotation.tick()
    at_once = await tokens.access(GLOBEX)
    await Clients(tokens, sandbox.slack.api_url).of(GLOBEX, doubted=True)
    doubted = await tokens.access(GLOBEX)
    await execute(open_to_all.db, "UPDATE installation SET expires_at = now() + interval '2 s'")
    now[0] = 5.0
    ending = await tokens.access(GLOBEX)
    await execute(open_to_all.db, SOON)
    await rotation.tick()
    now[0] = 7.0

    renewed = await tokens.access(GLOBEX)
    assert (at_once, doubted == first) == (first, False)
    assert (ending, renewed == ending) == (doubted, False)


async def test_an_organisation_is_one_workspace_with_one_token(
    open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession
) -> None:
    sandbox.consent.org = ORG
    page, _ = await visit(browser, f"{open_to_all.url}/slack/install")

    ts = await sandbox.globex.say("U1IDA", "C1LOBBY", "<@U1LUCY> hello")
    await answered(sandbox.globex, "C1LOBBY", ts)
    await done(open_to_all)
    told = await sandbox.globex.command("/lucy-costs", "today", "U1HANK", "C1LOBBY")
    await until(lambda: bool(told))

    assert ("Lucy is in Globex Group" in page, "1 model call" in str(told)) == (True, True)
    for slack_id, spent in ((ORG["id"], sandbox.providers.invoice_total()), ("T1GLOBEX", 0)):
        async with open_to_all.db.unit(workspace_id_of(slack_id)) as unit:
            assert await unit.costs.total() == spent
    await sandbox.globex.uninstall()
    async with open_to_all.db.unit(workspace_id_of(ORG["id"])) as unit:
        assert await unit.installations.read() is None


async def test_optional_scopes_are_asked_for_and_may_be_left_out(
    open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession
) -> None:
    with_files, _ = await visit(browser, f"{open_to_all.url}/slack/install")
    granted = set(sandbox.globex.state.scopes)
    sandbox.consent.leaves_out = frozenset({"files:write"})

    without, _ = await visit(browser, f"{open_to_all.url}/slack/install")

    assert "files:write" in granted
    assert "files:write" not in sandbox.globex.state.scopes
    assert ("Without files:write" in with_files, "Without files:write" in without) == (False, True)
