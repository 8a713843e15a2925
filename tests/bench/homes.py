"""Homes of a large ledger, opened and published to a local Slack."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from bot.costs.reports import Reports
from bot.db.database import Database
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.cast import Person
from bot.slack.home.home import Home
from bot.slack.installations import Access, Clients
from bot.slack.people import People

ASKERS = text("SELECT DISTINCT workspace_id, user_id FROM inbox ORDER BY 1, 2")


@dataclass(frozen=True, slots=True)
class OneForAll:
    """Every workspace is the sandbox's."""

    token: str

    async def access(self, workspace_id: UUID) -> Access:
        return Access("T0ACME", self.token, "B0LUCY", "U0LUCY")


@asynccontextmanager
async def homes(
    db: Database, reports: Reports, dice: random.Random, drawn: Callable[[random.Random], tuple[UUID, str]]
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Opens the Home of somebody who asked something lately, of an admin half of the time; returns when Slack has it."""
    people = await _askers(db)
    async with Sandbox() as sandbox:
        state = sandbox.slack.state
        clients = Clients(OneForAll(state.bot_token), sandbox.slack.api_url)
        lucys_home = Home(db, clients, People(clients, db=db), reports)

        async def home() -> None:
            workspace_id, _ = drawn(dice)
            user_id = dice.choice(people.get(workspace_id, ["U0BEN"]))
            state.people[user_id] = Person(user_id, user_id, is_admin=dice.random() < 0.5)
            await lucys_home.opened({"tab": "home", "user": user_id}, workspace_id)
            assert state.homes.pop(user_id)["blocks"]

        yield home


async def _askers(db: Database) -> dict[UUID, list[str]]:
    people: dict[UUID, list[str]] = {}
    async with db.operations() as operations:
        for workspace_id, user_id in await operations._session.execute(ASKERS):
            people.setdefault(workspace_id, []).append(user_id)
    return people
