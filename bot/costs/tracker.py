"""No attempt without a row: opens it before the request leaves, settles it with its exact price."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from bot.costs.price_book import PriceBook
from bot.costs.pricing import Price
from bot.costs.served import served_model
from bot.db.costs import NewAttempt, OpenAttempt, Outcome
from bot.db.database import Database
from bot.db.ids import new_id
from bot.db.inbox import Lease
from bot.errors import DatabaseAway, LeaseLost
from bot.llm.model_client import Completion, Deployment, ModelFault, Usage
from bot.telemetry import Telemetry

_GRACE_S = 60
_SETTLE_PAUSES_S = (0.2, 0.5, 1, 2, 4, 8, 15)


class Purpose(StrEnum):
    """Why an attempt is made."""

    CLASSIFY = "classify"
    REPLY = "reply"
    SUMMARISE = "summarise"
    TOOL = "tool"
    DIGEST = "digest"
    JUDGE = "judge"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class Payer:
    """On whose account an attempt goes."""

    workspace_id: UUID
    task_id: UUID
    user_id: str
    channel_id: str
    thread_ts: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Store the answer, split into parts, in the transaction that settles its attempt."""

    lease: Lease
    split: Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that is about to leave."""

    payer: Payer
    purpose: Purpose
    tier: int
    intent: str | None
    number: int
    deployment: Deployment
    price: Price | None
    input_bytes: int
    max_output_tokens: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Opened:
    """A row in the ledger that waits for its outcome."""

    attempt: Attempt
    key: OpenAttempt


@dataclass(frozen=True, slots=True)
class Settled:
    """What an attempt cost; `cost_usd` is None when it is unpriced or unknown."""

    cost_usd: Decimal | None
    cost_source: str | None


class Tracker:
    """Opens and settles the rows of the ledger."""

    def __init__(
        self, db: Database, book: PriceBook, baseline: tuple[str, Price | None], telemetry: Telemetry,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:  # fmt: skip
        """`baseline` is the frontier tier's primary model and its list price."""
        self._db, self._book, self._telemetry, self._sleep = db, book, telemetry, sleep
        self._baseline_model, self._baseline_price = baseline

    async def open(self, attempt: Attempt) -> Opened:
        """Commit the row. Raises DatabaseAway: then the request must not leave."""
        payer = attempt.payer
        row = NewAttempt(
            id=new_id(),
            task_id=payer.task_id,
            purpose=attempt.purpose,
            tier=attempt.tier,
            intent=attempt.intent,
            attempt=attempt.number,
            requested_model=attempt.deployment.model,
            provider=attempt.deployment.provider,
            deployment=attempt.deployment.name,
            reserved_usd=attempt.price.reserve(attempt.input_bytes, attempt.max_output_tokens)
            if attempt.price
            else None,
            rates=attempt.price.rates.snapshot() if attempt.price else None,
            price_book=self._book.version,
            baseline_model=self._baseline_model,
            user_id=payer.user_id,
            channel_id=payer.channel_id,
            thread_ts=payer.thread_ts,
        )
        async with self._db.unit(payer.workspace_id) as unit:
            key = await unit.costs.open(row, attempt.timeout_s + _GRACE_S)
        self._telemetry.emit("attempt_opened", **_facts(attempt, key), reserved_usd=_text(row.reserved_usd))
        return Opened(attempt, key)

    async def settle(
        self, opened: Opened, completion: Completion, latency_ms: int, keep: Keep | None = None
    ) -> Settled:
        """The provider answered. Raises LeaseLost after the row is settled when the answer may no longer be kept."""
        outcome = self._priced(opened.attempt, "settled", completion, latency_ms)
        await self._move(opened, outcome, keep=(keep, completion.text) if keep else None)
        return Settled(outcome.cost_usd, outcome.cost_source)

    async def fail(self, opened: Opened, fault: ModelFault, latency_ms: int) -> Settled:
        """The provider gave no usable answer; it costs what the provider will charge for it."""
        if fault.billed == "maybe":
            return await self.unknown(opened, fault.kind, latency_ms)
        if fault.billed == "reported" and fault.completion:
            outcome = self._priced(opened.attempt, "failed", fault.completion, latency_ms)
            outcome = replace(outcome, error_class=fault.kind)
        else:
            outcome = Outcome(
                "failed",
                opened.attempt.deployment.model,
                fault.kind,
                cost_usd=Decimal(0),
                latency_ms=latency_ms,
            )
        await self._move(opened, outcome)
        return Settled(outcome.cost_usd, outcome.cost_source)

    async def unknown(self, opened: Opened, reason: str, latency_ms: int) -> Settled:
        """Nobody can say whether the provider charges for it: the reserve stands."""
        model = opened.attempt.deployment.model
        await self._move(opened, Outcome("unknown", model, reason, latency_ms=latency_ms))
        return Settled(None, None)

    def _priced(self, attempt: Attempt, state: str, completion: Completion, latency_ms: int) -> Outcome:
        usage = completion.usage or Usage()
        known = completion.usage is not None
        price = attempt.price
        listed = price.cost(usage) if price and known else None
        cost, source = (
            (usage.reported_usd, "provider")
            if usage.reported_usd is not None
            else (listed, price.source if price else "unpriced")
        )
        if not known:
            cost, source = None, "unpriced"
        return Outcome(
            state=state,
            model=served_model(attempt.deployment.model, completion.model),
            response_model=completion.model,
            provider_response_id=completion.response_id,
            input_tokens=usage.input_tokens,
            cached_input_tokens=usage.cached_input_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            output_tokens=usage.output_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            service_tier=usage.service_tier,
            usage_source="reported" if known else "none",
            usage=usage.raw if known else None,
            cost_usd=cost,
            list_usd=listed,
            reported_usd=usage.reported_usd,
            baseline_usd=self._baseline_price.cost(usage) if self._baseline_price and known else None,
            cost_source=source,
            rates=price.rates_for(usage).snapshot() if price else None,
            latency_ms=latency_ms,
        )

    async def _move(self, opened: Opened, outcome: Outcome, keep: tuple[Keep, str] | None = None) -> None:
        for pause in (*_SETTLE_PAUSES_S, None):
            try:
                await self._write(opened.key, outcome, keep)
                break
            except DatabaseAway:
                if pause is None:
                    raise
                await self._sleep(pause)
        self._telemetry.emit("attempt_settled", **_facts(opened.attempt, opened.key), **_outcome_facts(outcome))

    async def _write(self, key: OpenAttempt, outcome: Outcome, keep: tuple[Keep, str] | None) -> None:
        lost: LeaseLost | None = None
        async with self._db.unit(key.workspace_id) as unit:
            await unit.costs.move(key, outcome)
            if keep:
                try:
                    await unit.replies.store(keep[0].lease, keep[0].split(keep[1]))
                except LeaseLost as error:
                    lost = error
        if lost:
            raise lost


def _facts(attempt: Attempt, key: OpenAttempt) -> dict[str, Any]:
    return {
        "id": str(key.id),
        "workspace_id": str(key.workspace_id),
        "task_id": str(attempt.payer.task_id),
        "purpose": attempt.purpose.value,
        "tier": attempt.tier,
        "attempt": attempt.number,
        "deployment": attempt.deployment.name,
        "provider": attempt.deployment.provider,
        "requested_model": attempt.deployment.model,
        "model": attempt.deployment.model,
    }


def _outcome_facts(outcome: Outcome) -> dict[str, Any]:
    return {
        "state": outcome.state,
        "served": outcome.model,
        "cost_usd": _text(outcome.cost_usd),
        "cost_source": outcome.cost_source,
        "input_tokens": outcome.input_tokens,
        "cached_input_tokens": outcome.cached_input_tokens,
        "output_tokens": outcome.output_tokens,
        "latency_ms": outcome.latency_ms,
        "error_class": outcome.error_class,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
