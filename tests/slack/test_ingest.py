"""Stored before acknowledged: over real Bolt, with signed requests."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.costs.reports import Reports
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.installations import Installation
from bot.db.retention import Retention
from bot.slack.bolt import build_app
from bot.slack.budget_notices import BudgetNotices
from bot.slack.commands import Wiring, commands_of
from bot.slack.ingest import Ingest
from bot.slack.installations import Access, Clients, OneToken
from bot.slack.people import People
from tests.onlooker import until, until_it_blocks

TWIN = {"type": "message", "channel_type": "channel"}
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
NOWHERE = "http://127.0.0.1:9/api/"


def lucy_on(db: Database, wake: Callable[[], None] = lambda: None, ingest: Any = None) -> AsyncApp:
    """Bolt as Lucy builds it, with a Slack whose Web API is down."""
    clients = Clients(OneToken(Access("T0ACME", "xoxb-1", "B0LUCY", "U0LUCY")), NOWHERE)
    people = People(clients)
    served = Ingest(db, wake)
    wiring = Wiring(db, clients, people, Reports(db, "m"), BudgetNotices(db, clients, people), Retention(), served)
    return build_app("secret", NOWHERE, clients.authorizer(), ingest or served, commands_of(wiring))


def signed(
    event: dict[str, Any], event_id: str = "Ev1", team: str = "T0ACME", happened: float | None = None, **headers: str
) -> AsyncBoltRequest:
    """A delivery as Slack signs it; `happened` is when, now if not given."""
    grant = {"team_id": team, "enterprise_id": None, "user_id": "U0LUCY", "is_bot": True}
    said = {"type": "app_mention", "user": "U0BEN", "channel": "C1", "ts": "1.2", "text": "<@U0LUCY> hi", **event}
    whole = {"type": "event_callback", "event_id": event_id, "team_id": team, "event": said, "authorizations": [grant]}
    whole["event_time"] = int(happened if happened is not None else time.time())
    raw, at = json.dumps(whole), str(int(time.time()))
    digest = hmac.new(b"secret", f"v0:{at}:{raw}".encode(), hashlib.sha256).hexdigest()
    headers |= {"x-slack-request-timestamp": at, "x-slack-signature": f"v0={digest}"}
    return AsyncBoltRequest(body=raw, headers={"content-type": "application/json", **headers})


async def waiting(db: Database) -> int:
    async with db.operations() as operations:
        return await operations.waiting()


async def test_an_ask_is_stored_and_the_worker_woken_while_slacks_web_api_is_down(
    db: Database, workspace_id: UUID
) -> None:
    woken: list[bool] = []

    answer = await lucy_on(db, lambda: woken.append(True)).async_dispatch(signed({}))

    assert answer.status == 200
    assert await waiting(db) == 1
    assert woken == [True]


@pytest.mark.parametrize("replicas", [1, 3])
async def test_twins_and_repeats_are_one_ask_whatever_the_retry_header_says(
    db: Database, workspace_id: UUID, replicas: int
) -> None:
    apps = [lucy_on(db) for _ in range(replicas)]
    requests = (signed(TWIN, "Ev2", **{"x-slack-retry-num": "1"}), signed({}), signed({}))

    for app, request in zip(cycle(apps), requests, strict=False):
        assert (await app.async_dispatch(request)).status == 200

    assert await waiting(db) == 1


async def test_the_twin_of_what_is_being_stored_waits_for_it_and_asks_the_database_nothing(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    app = lucy_on(db)
    async with onlooker.transaction():
        await onlooker.execute("LOCK TABLE inbox")
        twins = [asyncio.create_task(app.async_dispatch(each)) for each in (signed({}), signed(TWIN, "Ev2"))]
        await until_it_blocks(onlooker, "")
        await asyncio.sleep(0.1)
        begun = await onlooker.fetchval(WAITING)

    answers = await asyncio.gather(*twins)
    await onlooker.execute("ALTER TABLE inbox RENAME TO elsewhere")
    later = await app.async_dispatch(signed(TWIN, "Ev2", **{"x-slack-retry-num": "1"}))

    assert begun == 1
    assert [answer.status for answer in (*answers, later)] == [200, 200, 200]


async def test_what_could_not_be_stored_is_no_known_twin(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    app = lucy_on(db)
    await onlooker.execute("ALTER TABLE inbox RENAME TO elsewhere")
    lost = await asyncio.gather(*(app.async_dispatch(each) for each in (signed({}), signed(TWIN, "Ev2"))))
    await onlooker.execute("ALTER TABLE elsewhere RENAME TO inbox")

    again = await app.async_dispatch(signed(TWIN, "Ev2"))

    assert [answer.status for answer in (*lost, again)] == [500, 500, 200]
    assert await waiting(db) == 1


async def test_a_crowd_at_the_door_is_told_and_the_worker_woken_when_it_has_gone(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    woken: list[bool] = []
    ingest = Ingest(db, lambda: woken.append(ingest.crowded))
    app = lucy_on(db, ingest=ingest)
    async with onlooker.transaction():
        await onlooker.execute("LOCK TABLE inbox")
        arriving = [
            asyncio.create_task(app.async_dispatch(signed({"ts": f"{number}.2"}, f"Ev{number}"))) for number in range(8)
        ]
        await until(lambda: ingest.crowded)

    await asyncio.gather(*arriving)

    assert not ingest.crowded
    assert len(woken) == 8 + 1
    assert woken[-1] is False


async def test_a_team_she_does_not_serve_is_acknowledged_and_not_stored(db: Database, workspace_id: UUID) -> None:
    answer = await lucy_on(db).async_dispatch(signed({}, team="T0OTHER"))

    assert answer.status == 200
    assert await waiting(db) == 0


async def test_without_a_database_slack_is_told_500_in_time_and_sends_again(cipher: Cipher) -> None:
    away = Database.open("postgresql://lucy@127.0.0.1:9/none", cipher)
    began = time.monotonic()

    answer = await lucy_on(away).async_dispatch(signed({}))

    assert answer.status == 500
    assert time.monotonic() - began < 2
    await away.close()


async def test_a_bug_while_storing_is_500_too_and_never_an_acknowledgement(db: Database) -> None:
    async def broken(req: Any, next: Any) -> None:  # noqa: A002 - Bolt's name
        raise RuntimeError("secret words")

    answer = await lucy_on(db, ingest=broken).async_dispatch(signed({}))

    assert answer.status == 500
    assert "secret words" not in str(answer.body)


@pytest.mark.parametrize(
    ("event", "active"),
    [
        ({"type": "app_uninstalled"}, False),
        ({"type": "tokens_revoked", "tokens": {"bot": ["U0LUCY"], "oauth": []}}, False),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U0BEN"]}}, True),
    ],
)
async def test_only_losing_the_bots_own_token_ends_a_workspace_and_does_before_slack_is_answered(
    db: Database, workspace_id: UUID, event: dict[str, Any], active: bool
) -> None:
    answer = await lucy_on(db).async_dispatch(signed(event))

    assert answer.status == 200
    assert await is_active(db, workspace_id) is active


@pytest.mark.parametrize("event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["U"]}}])
async def test_a_farewell_that_cannot_be_kept_is_sent_again(cipher: Cipher, event: dict[str, Any]) -> None:
    away = Database.open("postgresql://lucy@127.0.0.1:9/none", cipher)

    answer = await lucy_on(away).async_dispatch(signed(event))

    assert answer.status == 500
    await away.close()


async def test_a_late_repeat_of_a_farewell_does_not_end_the_installation_made_since(
    db: Database, workspace_id: UUID
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.installations.save(Installation("xoxb-2", "B0LUCY", "U0LUCY", "T0ACME", None, "", "U0ADA"))
    app, left = lucy_on(db), {"type": "app_uninstalled"}

    late = await app.async_dispatch(signed(left, happened=time.time() - 300))
    kept = await is_active(db, workspace_id)
    await app.async_dispatch(signed(left))

    assert (late.status, kept, await is_active(db, workspace_id)) == (200, True, False)


async def is_active(db: Database, workspace_id: UUID) -> bool:
    """Whether Lucy serves a workspace."""
    async with db.unit(workspace_id) as unit:
        workspace = await unit.workspaces.read()
    assert workspace
    return workspace.active
