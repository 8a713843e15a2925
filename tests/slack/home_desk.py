"""Someone at their Home, over signed requests to a Bolt as Lucy builds it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from bot.costs.reports import Reports
from bot.db.database import Database
from bot.db.retention import Retention
from bot.sandbox.sandbox import Sandbox
from bot.slack.bolt import build_app
from bot.slack.budget_notices import BudgetNotices
from bot.slack.commands import Wiring, commands_of
from bot.slack.ingest import Ingest
from bot.slack.installations import Access, Clients, OneToken
from bot.slack.people import People
from bot.slack.web import listening, web_app
from tests.onlooker import until
from tests.slack.test_home import texts

ADMIN, MEMBER = "U0ADA", "U0BEN"


async def ready() -> list[str]:
    return []


@dataclass(slots=True)
class Desk:
    """Someone at their Home."""

    sandbox: Sandbox
    db: Database
    workspace_id: UUID

    async def opens(self, user: str) -> str:
        """The Home of a person, opened."""
        self.sandbox.slack.state.homes.pop(user, None)
        await self.sandbox.slack.open_home(user)
        await until(lambda: user in self.sandbox.slack.state.homes)
        return self.seen(user)

    def seen(self, user: str) -> str:
        return "\n".join(texts(self.sandbox.slack.state.homes[user]["blocks"]))

    async def presses(self, action: str, value: str, user: str = ADMIN) -> None:
        """A button or an option, of what the Home shows or would show an admin."""
        home = self.sandbox.slack.state.homes[user]
        await self.sandbox.slack.act(home, {"type": "button", "action_id": action, "value": value}, user)

    async def opens_form(self, action: str, value: str, user: str = ADMIN) -> dict[str, Any]:
        """The modal that comes after a press."""
        before = set(self.sandbox.slack.state.views)
        await self.presses(action, value, user)
        await until(lambda: bool(set(self.sandbox.slack.state.views) - before))
        [new] = set(self.sandbox.slack.state.views) - before
        return self.sandbox.slack.state.views[new]

    async def sends(self, view: dict[str, Any], user: str = ADMIN, **values: str) -> dict[str, Any]:
        """Fill in, send off; what stands there then."""
        filled = {name: {name: {"value": value}} for name, value in {**initial(view), **values}.items()}
        return await self.sandbox.slack.submit(view["id"], filled, user)

    async def told(self, words: str, user: str = ADMIN) -> None:
        """Wait until the Home says something."""
        await until(lambda: words in self.seen(user))


@pytest.fixture
async def desk(db: Database, sandbox: Sandbox, workspace_id: UUID) -> AsyncIterator[Desk]:
    access = Access("T0ACME", sandbox.slack.state.bot_token, "B0LUCY", "U0LUCY")
    clients = Clients(OneToken(access), sandbox.slack.api_url)
    people = People(clients, db=db)
    notices = BudgetNotices(db, clients, people)
    ingest = Ingest(db, lambda: None)
    wiring = Wiring(db, clients, people, Reports(db, "big/model"), notices, Retention(), ingest)
    secret, url = sandbox.slack.state.signing_secret, sandbox.slack.api_url
    app = build_app(secret, url, clients.authorizer(), ingest, commands_of(wiring))
    async with listening(web_app(app, ready), "127.0.0.1", 0) as at:
        sandbox.slack.delivery.events_url = f"{at}/slack/events"
        desk = Desk(sandbox, db, workspace_id)
        for user in (ADMIN, MEMBER):
            await desk.opens(user)
        yield desk


def initial(view: dict[str, Any]) -> dict[str, str]:
    """What a form holds before anybody touches it."""
    fields = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    chosen = {name: element.get("initial_option", {}).get("value") for name, element in fields.items()}
    names = ("initial_value", "initial_time", "initial_conversation")
    return {
        name: chosen[name] or next((each[key] for key in names if key in each), "") for name, each in fields.items()
    }
