"""What is to be told about budgets, once each: warnings, requests for more, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.budget_tables import BudgetNoticeRow, BudgetRequestRow
from bot.db.budgets import BudgetKey, Standing
from bot.db.ids import new_id

LEASE_S = 60
_N, _R = BudgetNoticeRow, BudgetRequestRow

DUE_WORKSPACES = text(
    "SELECT DISTINCT workspace_id FROM budget_notice WHERE done_at IS NULL AND coalesce(leased_until, now()) <= now()"
).columns(workspace_id=Uuid)

DROP_TOLD = text("DELETE FROM budget_notice WHERE created_at < now() - interval '70 days'")
"""Longer than any window: a level that was warned of stays known until its window is over."""

CLAIM = text(
    """
    UPDATE budget_notice SET leased_until = now() + make_interval(secs => :lease_s)
    WHERE workspace_id = :workspace_id AND key IN (
        SELECT key FROM budget_notice
        WHERE workspace_id = :workspace_id AND done_at IS NULL AND coalesce(leased_until, now()) <= now()
        ORDER BY created_at, key LIMIT 20 FOR UPDATE SKIP LOCKED)
    RETURNING key, kind, facts
    """
).bindparams(bindparam("workspace_id", type_=Uuid))


@dataclass(frozen=True, slots=True)
class Notice:
    """One message that is due; `facts` hold no message text of anyone."""

    key: str
    kind: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """Someone asked for more; `limit_usd` is the limit they met, `proposed_usd` the one they would get."""

    id: UUID
    key: BudgetKey
    limit_usd: Decimal
    proposed_usd: Decimal
    asker: str
    channel_id: str
    thread_ts: str
    state: str
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Who asks, and where the answer is told."""

    asker: str
    channel_id: str
    thread_ts: str


class BudgetNoticeStore:
    """The notices and requests of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def add(self, notice: Notice) -> None:
        """Tell this once; a notice whose key is known is not told again."""
        row = insert(_N).values(
            workspace_id=self._workspace_id, key=notice.key, kind=notice.kind, facts=dict(notice.facts)
        )
        await self._session.execute(row.on_conflict_do_nothing())

    async def claim(self) -> Sequence[Notice]:
        """The notices that are due and in nobody's hands, for `LEASE_S` seconds, oldest first."""
        rows = await self._session.execute(CLAIM, {"workspace_id": self._workspace_id, "lease_s": LEASE_S})
        return sorted((Notice(row.key, row.kind, row.facts) for row in rows), key=lambda notice: notice.key)

    async def told(self, key: str, channel_id: str | None = None, ts: str | None = None) -> None:
        """It stands in Slack, or never will (no ts)."""
        mine = (_N.workspace_id == self._workspace_id, _N.key == key)
        await self._session.execute(update(_N).where(*mine).values(done_at=func.now(), channel_id=channel_id, ts=ts))

    async def where_told(self, prefix: str) -> Sequence[tuple[str, str]]:
        """(channel, ts) of each posted notice whose key begins so."""
        mine = select(_N.channel_id, _N.ts).where(
            _N.workspace_id == self._workspace_id, _N.key.startswith(prefix, autoescape=True), _N.ts.is_not(None)
        )
        return [(str(row.channel_id), str(row.ts)) for row in await self._session.execute(mine)]

    async def request(self, standing: Standing, proposed_usd: Decimal, place: Place) -> tuple[Request, bool]:
        """Ask for more; one request per person, window and limit. The request, and whether it is new."""
        budget = standing.budget
        once = {
            "scope": budget.key.scope, "key": budget.key.key, "span": budget.key.span, "starts": standing.starts,
            "limit_usd": budget.limit_usd, "asker": place.asker,
        }  # fmt: skip
        row = insert(_R).values(
            workspace_id=self._workspace_id,
            id=new_id(),
            **once,
            channel_id=place.channel_id,
            thread_ts=place.thread_ts,
            proposed_usd=proposed_usd,
        )
        added = await self._session.execute(row.on_conflict_do_nothing().returning(_R.id))
        is_new = added.scalar_one_or_none() is not None
        mine = select(_R).where(
            _R.workspace_id == self._workspace_id, *(getattr(_R, name) == value for name, value in once.items())
        )
        return _request((await self._session.scalars(mine)).one()), is_new

    async def decide(self, request_id: UUID, state: str, by: str) -> tuple[Request, bool] | None:
        """`approved` or `denied`, by whoever is first. The request, and whether this decided it; None: no such request."""
        mine = (_R.workspace_id == self._workspace_id, _R.id == request_id)
        decision = (
            update(_R)
            .where(*mine, _R.state == "waiting")
            .values(state=state, decided_by=by, decided_at=func.now())
            .returning(_R.id)
        )
        decided = (await self._session.execute(decision)).scalar_one_or_none() is not None
        row = (
            await self._session.scalars(select(_R).where(*mine).execution_options(populate_existing=True))
        ).one_or_none()
        return None if row is None else (_request(row), decided)

    async def read_request(self, request_id: UUID) -> Request | None:
        """One request."""
        row = await self._session.get(_R, (self._workspace_id, request_id))
        return None if row is None else _request(row)


def _request(row: BudgetRequestRow) -> Request:
    return Request(
        row.id,
        BudgetKey(row.scope, row.key, row.span),
        row.limit_usd,
        row.proposed_usd,
        row.asker,
        row.channel_id,
        row.thread_ts,
        row.state,
        row.decided_by,
    )


def starts_of(facts: Mapping[str, Any]) -> datetime:
    """When the window of a warning began."""
    return datetime.fromisoformat(str(facts["starts"]))
