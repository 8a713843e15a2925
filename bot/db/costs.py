"""The ledger of one workspace: a row is opened before a request leaves, and moved once its outcome is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from asyncpg import CheckViolationError, DataError, IntegrityConstraintViolationError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.budgets import BudgetStore
from bot.db.cost_sql import KNOWN, OPEN, OPEN_FREE, OUTCOME_FIELDS, REPLAY, SWEEP, TRANSITION
from bot.db.cost_tables import CostRow
from bot.db.ids import CLOCKS_APART, time_of
from bot.db.partitions import ensure_partitions
from bot.db.prepared import Prepared
from bot.errors import LeaseLost, LucyError


@dataclass(slots=True)  # not frozen: setting twenty fields through a guard takes microseconds of every attempt
class NewAttempt:
    """What is known before a request leaves; `reserved_usd` is its upper bound, None for an unpriced model.

    `lease_id` is the right to work at the task, None where no worker's lease stands behind it.
    """

    id: UUID
    task_id: UUID
    purpose: str
    tier: int
    intent: str | None
    attempt: int
    requested_model: str
    provider: str
    deployment: str
    reserved_usd: Decimal | None
    rates: Mapping[str, object] | None
    price_book: str
    baseline_model: str
    user_id: str
    channel_id: str
    thread_ts: str
    streamed: bool = False
    lease_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """The key of a row, enough to settle it at any later time."""

    workspace_id: UUID
    created_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Called:
    """An attempt as people are told of it; `cost_usd` is None while nobody knows it."""

    id: UUID
    purpose: str
    tier: int
    attempt: int
    model: str
    state: str
    error_class: str | None
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None
    latency_ms: int | None


CALLS = f"""
    SELECT {", ".join(Called.__slots__)} FROM cost_log
    WHERE workspace_id = :workspace_id AND task_id = :task_id
      AND created_at >= coalesce(:since::timestamptz, '-infinity') AND created_at <= coalesce(:until::timestamptz, 'infinity')
    ORDER BY created_at, id
"""
OF_TASK = Prepared(CALLS)


@dataclass(slots=True)  # not frozen, as above
class Outcome:
    """How an attempt ended; amounts in USD, latency in milliseconds; `flags` are words for what a person should look at."""

    state: str
    model: str
    error_class: str | None = None
    response_model: str | None = None
    provider_response_id: str | None = None
    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    service_tier: str | None = None
    usage_source: str = "none"
    usage: Mapping[str, object] | None = None
    cost_usd: Decimal | None = None
    list_usd: Decimal | None = None
    reported_usd: Decimal | None = None
    baseline_usd: Decimal | None = None
    cache_saved_usd: Decimal | None = None
    cost_source: str | None = None
    rates: Mapping[str, object] | None = None
    flags: Sequence[str] = ()
    latency_ms: int | None = None
    first_token_ms: int | None = None


class MissingPartition(LucyError):
    """The month has no partition yet: make it in a unit of its own, and open again."""


class Refused(LucyError):
    """The table's own checks do not let an outcome in."""


@dataclass(frozen=True, slots=True)
class LateMoves:
    """How many of the attempts moved, and those the ledger has never heard of."""

    moved: int
    rowless: frozenset[UUID]


class CostStore:
    """Writes and reads of the ledger inside one workspace. Settling is never fenced by a lease."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id
        self._budgets = BudgetStore(session, workspace_id)

    async def open(self, attempt: NewAttempt, lifetime_s: float, at: datetime | None = None) -> OpenAttempt:
        """Write the row of a request that is about to leave; it expires `lifetime_s` seconds from now.

        `at` is given only for what happened earlier (imports, the demo's month); then no budget is asked.
        Raises OverBudget, MissingPartition, LeaseLost; then the unit must not commit.
        """
        held = None if at else await self._budgets.reserve(attempt.user_id, attempt.channel_id, attempt.reserved_usd)
        if at:
            await ensure_partitions(self._session, 0, at.astimezone(UTC).date())
        opened = await self._opened(OPEN, attempt, {"held": held, "created_at": at, "lifetime_s": lifetime_s})
        if opened is None:
            raise LeaseLost(f"task {attempt.task_id} is held by another worker")
        return opened

    async def open_free(self, attempt: NewAttempt, lifetime_s: float) -> OpenAttempt | None:
        """The same in a single statement, where no budget applies; None where one does, or the lease is lost: `open` tells."""
        return await self._opened(OPEN_FREE, attempt, {"held": None, "created_at": None, "lifetime_s": lifetime_s})

    async def move(self, attempt: OpenAttempt, outcome: Outcome) -> bool:
        """Settle, fail or give up an attempt; False when it had left its state before, and nothing moved.

        Allowed: open -> settled | failed | unknown, unknown -> settled | failed when the truth comes late, and from an
        estimate to what the provider reported.
        """
        allowed = ["open"] if outcome.state == "unknown" else ["open", "unknown"]
        allowed += ["estimated"] if outcome.usage_source == "reported" else []
        values = {**outcome_of(self._workspace_id, attempt, outcome), "allowed": allowed}
        row = await TRANSITION.row(self._session, values)
        if row["budgeted"] and outcome.state != "unknown":
            await self._budgets.move(row["budgeted"])
        return bool(row["moved"])

    async def _opened(self, how: Prepared, attempt: NewAttempt, more: Mapping[str, object]) -> OpenAttempt | None:
        values = {name: getattr(attempt, name) for name in NewAttempt.__slots__}
        values |= {"workspace_id": self._workspace_id, "model": attempt.requested_model, **more}
        try:
            created_at = await how.value(self._session, values)
        except CheckViolationError as error:
            if error.constraint_name is None:
                raise MissingPartition(f"cost_log has no partition for {more['created_at'] or 'now'}") from error
            raise
        return OpenAttempt(self._workspace_id, created_at, attempt.id) if created_at else None

    async def move_all(self, late: Sequence[tuple[UUID, datetime, Outcome]]) -> LateMoves:
        """Move many attempts, each (id, created_at) once, as `move` would. Raises Refused when the table takes one of them not."""
        ids, instants = [each[0] for each in late], [each[1] for each in late]
        key = {"workspace_id": self._workspace_id, "id": ids, "created_at": instants}
        key |= {"first": min(instants), "last": max(instants)}
        values = {name: [getattr(outcome, name) for _, _, outcome in late] for name in OUTCOME_FIELDS}
        values["flags"] = [f"{{{','.join(outcome.flags)}}}" if outcome.flags else None for _, _, outcome in late]
        try:
            row = await REPLAY.row(self._session, {**key, **values})
        except (IntegrityConstraintViolationError, DataError) as error:
            raise Refused(f"the ledger refuses one of {len(late)} outcomes: {type(error).__name__}") from error
        if row["budgeted"]:
            await self._budgets.move(row["budgeted"])
        known = await KNOWN.value(self._session, key) if row["moved"] < len(late) else ids
        return LateMoves(row["moved"], frozenset(ids) - frozenset(known or ()))

    async def sweep(self) -> int:
        """Turn expired open rows to unknown; how many."""
        swept = await SWEEP.value(self._session, {"workspace_id": self._workspace_id})
        return int(swept)

    async def of_task(self, task_id: UUID, within: tuple[datetime, datetime] | None = None) -> list[Called]:
        """Every attempt made for a task, oldest first; of one that is done with, `within` says when they can have been made."""
        task = calls_of(self._workspace_id, task_id, within)
        return [Called(*row.values()) for row in await OF_TASK.rows(self._session, task)]

    async def total(self) -> Decimal:
        """The exact sum of every priced row of this workspace, in USD."""
        mine = select(func.coalesce(func.sum(CostRow.cost_usd), 0)).where(CostRow.workspace_id == self._workspace_id)
        return (await self._session.execute(mine)).scalar_one() or Decimal(0)


def calls_of(workspace_id: UUID, task_id: UUID, within: tuple[datetime, datetime] | None = None) -> dict[str, object]:
    """What CALLS wants to know."""
    made = time_of(task_id)
    since, until = within or (made - CLOCKS_APART if made else None, None)
    return {"workspace_id": workspace_id, "task_id": task_id, "since": since, "until": until}


def outcome_of(workspace_id: UUID, attempt: OpenAttempt, outcome: Outcome) -> dict[str, object]:
    """The values of an attempt's end, in the workspace of the unit."""
    values = {name: getattr(outcome, name) for name in OUTCOME_FIELDS} | {"flags": list(outcome.flags) or None}
    return {"workspace_id": workspace_id, "created_at": attempt.created_at, "id": attempt.id, **values}
