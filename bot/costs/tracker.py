"""No attempt without a row: opens it before the request leaves, settles it with its exact price."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot import log
from bot.costs.attempt import OVERHEAD, Attempt, Keep, Opened, Payer, Purpose, Settled
from bot.costs.price_book import PriceBook
from bot.costs.pricing import Price
from bot.costs.repeats import Repeats
from bot.costs.settlement import OVERSHOT, Terms, broken_off, facts_of, oddities, overshot, priced
from bot.costs.spool import NO_SPOOL, Spool
from bot.costs.uninterrupted import uninterrupted
from bot.db.budgets import OverBudget
from bot.db.costs import MissingPartition, NewAttempt, OpenAttempt, Outcome
from bot.db.database import Database
from bot.db.ids import new_id
from bot.errors import DatabaseAway, LeaseLost
from bot.llm.model_client import Completion, ModelFault
from bot.telemetry import Telemetry

__all__ = ["Attempt", "Keep", "Opened", "Payer", "Purpose", "Settled", "Tracker"]

_log = log.get(__name__)

_GRACE_S = 60
_SETTLE_PAUSES_S = (0.2, 0.3, 0.5, *[1] * 29)


class Tracker:
    """Opens and settles the rows of the ledger; what was begun is written down even when the caller is cancelled."""

    def __init__(
        self, db: Database, book: PriceBook, baseline: tuple[str, Price | None], telemetry: Telemetry,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, spool: Spool = NO_SPOOL,
    ) -> None:  # fmt: skip
        """`baseline` is the frontier tier's primary model and its list price."""
        self._db, self._book, self._telemetry, self._sleep = db, book, telemetry, sleep
        self._baseline_model, self._baseline_price = baseline
        self._repeats, self._spool = Repeats(), spool

    async def open(self, attempt: Attempt) -> Opened:
        """Commit the row. Raises DatabaseAway, OverBudget or LeaseLost: then the request must not leave."""
        await self.settle_late()
        row = self._row(attempt)
        try:
            key, budgeted = await self._open(attempt, row)
        except OverBudget as refused:
            self._telemetry.emit("over_budget", scope=refused.standing.budget.key.scope)
            raise
        except MissingPartition:
            async with self._db.operations() as operations:
                await operations.add_partitions()
            key, budgeted = await self._open(attempt, row)
        facts = _facts(attempt, key)
        if self._telemetry.is_heard:
            self._telemetry.emit("attempt_opened", **facts, reserved_usd=row.reserved_usd)
        return Opened(attempt, key, row.reserved_usd, facts, budgeted)

    async def settle(
        self, opened: Opened, completion: Completion, latency_ms: int, keep: Keep | None = None
    ) -> Settled:
        """The provider answered. Raises LeaseLost after the row is settled when the answer may no longer be kept."""
        return await self._move(opened, self._priced(opened, completion, latency_ms), keep, completion.text)

    async def fail(self, opened: Opened, fault: ModelFault, latency_ms: int, keep: Keep | None = None) -> Settled:
        """The provider gave no whole answer; it costs what the provider will charge for it."""
        if fault.billed == "maybe":
            return await self.broken(opened, fault.kind, latency_ms, fault.completion, keep)
        said = fault.completion if fault.billed == "reported" else None
        if said:
            outcome = replace(self._priced(opened, said, latency_ms), state="failed", baseline_usd=None)
        else:
            outcome = Outcome("failed", opened.attempt.deployment.model, cost_usd=Decimal(0))
        outcome = replace(outcome, error_class=fault.kind, latency_ms=latency_ms)
        return await self._move(opened, outcome, keep, said.text if said else "")

    async def broken(
        self, opened: Opened, reason: str, latency_ms: int, seen: Completion | None = None, keep: Keep | None = None
    ) -> Settled:
        """It ended before its answer: what was `seen` of a stream is counted, else the cost is unknown; the reserve stands."""
        seen = seen or Completion("")
        outcome = replace(broken_off(self._terms(opened.attempt), seen, reason), latency_ms=latency_ms)
        return await self._move(opened, outcome, keep, seen.text)

    async def settle_late(self) -> None:
        """Move what was spooled while the database was away into the ledger. Raises DatabaseAway."""
        if self._spool.depth:
            await self._spool.settle(self._db)

    async def _open(self, attempt: Attempt, row: NewAttempt) -> tuple[OpenAttempt, bool]:
        """The row's key, and whether it stands on a budget."""
        workspace_id, lifetime_s = attempt.payer.workspace_id, attempt.timeout_s + _GRACE_S
        async with self._db.unit(workspace_id, single=True) as unit:
            free = await unit.costs.open_free(row, lifetime_s)
        if free:
            return free, False
        async with self._db.unit(workspace_id) as unit:
            return await unit.costs.open(row, lifetime_s), True

    def _row(self, attempt: Attempt) -> NewAttempt:
        payer, price = attempt.payer, attempt.price
        return NewAttempt(
            id=new_id(),
            task_id=payer.task_id,
            purpose=attempt.purpose,
            tier=attempt.tier,
            intent=attempt.intent,
            attempt=attempt.number,
            requested_model=attempt.deployment.model,
            provider=attempt.deployment.provider,
            deployment=attempt.deployment.name,
            reserved_usd=_reserve(attempt, price) if price else None,
            rates=price.rates.snapshot() if price else None,
            price_book=(price and price.version) or self._book.version,
            baseline_model=self._baseline_model,
            user_id=payer.user_id,
            channel_id=payer.channel_id,
            thread_ts=payer.thread_ts,
            streamed=attempt.streamed,
            lease_id=payer.lease_id,
        )

    def _priced(self, opened: Opened, completion: Completion, latency_ms: int) -> Outcome:
        attempt = opened.attempt
        terms = self._terms(attempt)
        outcome = priced(terms, completion, latency_ms)
        odd = (*oddities(terms, outcome, completion.usage), *overshot(opened.reserved_usd, outcome))
        for flag in odd:
            tell = _log.error if flag == OVERSHOT else _log.warning
            tell(flag, deployment=attempt.deployment.name, response_id=completion.response_id)
        flags = (*odd, *self._repeats.of(opened.key.id, terms, outcome))
        return replace(outcome, flags=flags) if flags else outcome

    def _terms(self, attempt: Attempt) -> Terms:
        known = None if attempt.purpose in OVERHEAD else self._baseline_price
        baseline = self._book.today(self._baseline_model, known)
        return Terms(attempt.deployment, attempt.price, baseline, attempt.input_bytes, attempt.picture_tokens)

    async def _move(self, opened: Opened, outcome: Outcome, keep: Keep | None = None, text: str = "") -> Settled:
        await uninterrupted(self._write_patiently(opened, outcome, keep, text))
        self._telemetry.emit("attempt_settled", **opened.facts, **facts_of(outcome))
        return Settled(outcome.cost_usd, outcome.cost_source, outcome.model)

    async def _write_patiently(self, opened: Opened, outcome: Outcome, keep: Keep | None, text: str) -> None:
        """A database that is away is waited for, with the outcome on disk: a Lucy who is killed meanwhile has still paid."""
        try:
            return await self._write(opened, outcome, keep, text)
        except DatabaseAway as error:
            away = error
        task_id, parts = (keep.lease.task_id, keep.split(text)) if keep else (None, ())
        spooled = await self._spool.keep(opened.key, outcome, task_id, parts)
        for pause in _SETTLE_PAUSES_S:
            await self._sleep(pause)
            try:
                return await (self.settle_late() if spooled else self._write(opened, outcome, keep, text))
            except DatabaseAway as error:
                away = error
        raise away

    async def _write(self, opened: Opened, outcome: Outcome, keep: Keep | None, text: str) -> None:
        key = opened.key
        if not opened.budgeted and not (keep and keep.instead):
            answer = (keep.lease, keep.split(text)) if keep else ()
            async with self._db.unit(key.workspace_id, single=True) as unit:
                if await unit.settling.settle(key, outcome, *answer):
                    return
        lost: LeaseLost | None = None
        async with self._db.unit(key.workspace_id) as unit:
            moved = await unit.costs.move(key, outcome)
            if keep and moved:
                try:
                    await unit.replies.store(keep.lease, keep.split(text), instead=keep.instead)
                except LeaseLost as error:
                    lost = error
        if lost:
            raise lost


def _reserve(attempt: Attempt, price: Price) -> Decimal:
    return price.reserve(attempt.input_bytes, attempt.max_output_tokens, attempt.picture_tokens)


def _facts(attempt: Attempt, key: OpenAttempt) -> dict[str, Any]:
    return {
        "id": key.id,
        "workspace_id": key.workspace_id,
        "task_id": attempt.payer.task_id,
        "purpose": attempt.purpose.value,
        "tier": attempt.tier,
        "attempt": attempt.number,
        "deployment": attempt.deployment.name,
        "provider": attempt.deployment.provider,
        "requested_model": attempt.deployment.model,
        "model": attempt.deployment.model,
    }
