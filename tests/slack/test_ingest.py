"""Stored before acknowledged: over real Bolt, with signed requests."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

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


async def test_twins_and_repeats_are_one_ask_whatever_the_retry_header_says(db: Database, workspace_id: UUID) -> None:
    app = lucy_on(db)
    twin = {"type": "message", "channel_type": "channel"}

    for request in (signed(twin, "Ev2", **{"x-slack-retry-num": "1"}), signed({}), signed({})):
        assert (await app.async_dispatch(request)).status == 200

    assert await waiting(db) == 1


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
