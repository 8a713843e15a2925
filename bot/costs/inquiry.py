"""What OpenRouter could not tell while it answered, it is asked for later; the estimate gives way to its word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Protocol

from bot import log
from bot.costs.attempt import OVERHEAD
from bot.costs.pricing import Price
from bot.costs.settlement import Terms, priced
from bot.db.costs import Outcome
from bot.db.database import Database
from bot.db.unresolved import BEGINNING, Unresolved
from bot.llm.model_client import Completion, Deployment

_log = log.get(__name__)

_PROVIDER = "openrouter"
_MOST = 20
"""Questions in one tick."""


class Records(Protocol):
    """A provider's record of what it answered."""

    async def find(self, deployment: Deployment, response_id: str) -> Completion | None:
        """What an answer cost; None when the provider does not say."""
        ...


class Inquiry:
    """Goes through the open questions of the last day, a few at each tick, and begins anew at the end."""

    def __init__(
        self,
        db: Database,
        deployments: Mapping[str, tuple[Deployment, Price | None]],
        baseline: Price | None,
        records: Callable[[], AbstractAsyncContextManager[Records]],
    ) -> None:
        """`deployments` by name, with the key that can ask and the list price; `records` opens connections."""
        self._db, self._deployments, self._baseline, self._records = db, deployments, baseline, records
        self._after = BEGINNING

    async def tick(self) -> int:
        """Ask about the next rows; how many were settled. Raises DatabaseAway."""
        async with self._db.operations() as operations:
            pending = await operations.unresolved(_PROVIDER, _MOST, self._after)
        self._after = pending[-1].key.created_at if len(pending) == _MOST else BEGINNING
        if not pending:
            return 0
        async with self._records() as records:
            return sum([await self._settle(row, records) for row in pending])

    async def _settle(self, row: Unresolved, records: Records) -> bool:
        if row.deployment not in self._deployments:
            return False
        deployment, price = self._deployments[row.deployment]
        found = await records.find(deployment, row.response_id)
        if found is None or found.usage is None:
            return False
        outcome = self._outcome(row, Terms(deployment, price, self._baseline_of(row), 0), found)
        async with self._db.unit(row.key.workspace_id) as unit:
            moved = await unit.costs.move(row.key, outcome)
        _log.info("settled_late", id=str(row.key.id), moved=moved)
        return moved

    def _outcome(self, row: Unresolved, terms: Terms, found: Completion) -> Outcome:
        return replace(
            priced(terms, found),
            state="settled" if row.state == "unknown" else row.state,
            error_class=row.error_class,
            latency_ms=row.latency_ms,
            first_token_ms=row.first_token_ms,
        )

    def _baseline_of(self, row: Unresolved) -> Price | None:
        """Only an answer that somebody got saved anything; classifying never does."""
        return self._baseline if row.state == "settled" and row.purpose not in OVERHEAD else None
