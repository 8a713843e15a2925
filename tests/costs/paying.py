"""An attempt and its answer, priced by the shipped price book, and a database that goes away by a switch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import UUID

from bot.costs.price_book import load_price_book
from bot.costs.tracker import Attempt, Payer, Purpose
from bot.db.database import Database
from bot.db.ids import new_id
from bot.db.unit import Unit
from bot.errors import DatabaseAway
from bot.llm.model_client import Completion, Deployment, Usage

BOOK = load_price_book()
BASELINE = ("anthropic/claude-sonnet-5-5", None)
ANSWER = Completion("Hello!", "gpt-6.1-terra", "cmpl-1", "stop", Usage(input_tokens=1000, output_tokens=100))
COST = Decimal("0.0015")


def an_attempt(workspace_id: UUID, task_id: UUID | None = None) -> Attempt:
    """One that ANSWER costs COST."""
    deployment = Deployment("openai/gpt-6.1-terra")
    listing = BOOK.find(deployment.model)
    assert listing is not None
    payer = Payer(workspace_id, task_id or new_id(), "U1", "C1", "1.0")
    return Attempt(payer, Purpose.REPLY, 2, "chat", 1, deployment, listing.price, 400, 64, 10)


class Switched(Database):
    """The database, away while `away` is set."""

    away = False

    @asynccontextmanager
    async def unit(self, workspace_id: UUID, *, single: bool = False) -> AsyncIterator[Unit]:
        if self.away:
            raise DatabaseAway("switched off")
        async with super().unit(workspace_id, single=single) as unit:
            yield unit
