"""Choices: which tier each ask got, and why. No text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Double, Float, Index, SmallInteger, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.asked import KEEP_FEATURES
from bot.db.base import Base, Instant, Key, Words
from bot.db.cost_tables import CostRow
from bot.db.prepared import UNAWAITED, Prepared
from bot.db.thread_floors import SET_FLOOR, ThreadFloor, fields_of


class ChoiceRow(Base):
    __tablename__ = "choice"
    __table_args__ = (Index("choice_thread_idx", "workspace_id", "channel_id", "thread_ts", "created_at"),)

    workspace_id: Mapped[Key]
    task_id: Mapped[Key]
    channel_id: Mapped[Words]
    thread_ts: Mapped[Words]
    user_id: Mapped[Words]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    tier: Mapped[int] = mapped_column(SmallInteger)
    intent: Mapped[Words]
    confidence: Mapped[float] = mapped_column(Float)
    score: Mapped[float | None] = mapped_column(Float)
    decided_by: Mapped[Words]
    reason: Mapped[Words]
    micros: Mapped[float] = mapped_column(Float)
    tier1_fails: Mapped[float | None] = mapped_column(Double)
    tier2_fails: Mapped[float | None] = mapped_column(Double)
    dial: Mapped[Words | None]
    moved: Mapped[float] = mapped_column(Double, server_default="0")


@dataclass(frozen=True, slots=True)
class StoredChoice:
    """A choice as the database keeps it; `micros` is how long deciding took, in microseconds.

    `tier1_fails` and `tier2_fails` are the score's probabilities, `dial` what they were weighed by, where a score decided;
    `moved` is what the workspace's own labels added, in log-odds.
    """

    task_id: UUID
    channel_id: str
    thread_ts: str
    user_id: str
    tier: int
    intent: str
    confidence: float
    score: float | None
    decided_by: str
    reason: str
    micros: float
    tier1_fails: float | None = None
    tier2_fails: float | None = None
    dial: str | None = None
    moved: float = 0.0


@dataclass(frozen=True, slots=True)
class Billed:
    """A choice that was scored, and what answering it cost: tokens and USD of its settled replies."""

    tier: int
    intent: str
    decided_by: str
    tier1_fails: float | None
    tier2_fails: float | None
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None
    moved: float = 0.0


@dataclass(frozen=True, slots=True)
class UsualScores:
    """So many scored choices, and what P(tier 1 fails) and P(tier 2 fails) were at a quantile of them."""

    choices: int
    tier1_fails: float
    tier2_fails: float


_FIELDS = StoredChoice.__slots__

_REMEMBER = Prepared(
    f"""
    WITH chosen AS (
        INSERT INTO choice (workspace_id, {", ".join(_FIELDS)})
        SELECT :workspace_id, {", ".join(f":{name}" for name in _FIELDS)} WHERE {UNAWAITED}
        ON CONFLICT (workspace_id, task_id)
        DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _FIELDS if name != "task_id")}
    ), asked AS ({KEEP_FEATURES})
    {SET_FLOOR}
    """
)


class ChoiceStore:
    """The choices of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def remember(
        self, choice: StoredChoice, features: bytes | None = None, floor: ThreadFloor | None = None
    ) -> None:
        """Keep a choice, the features of its ask, and the thread's floor from now on; a task that is tried again keeps its newest."""
        fields = {name: getattr(choice, name) for name in StoredChoice.__slots__}
        fields |= {"workspace_id": self._workspace_id, "features": features, **fields_of(floor)}
        await _REMEMBER.value(self._session, fields)

    async def of_task(self, task_id: UUID) -> StoredChoice | None:
        """The choice made for an ask."""
        mine = select(*(getattr(ChoiceRow, name) for name in StoredChoice.__slots__)).where(
            ChoiceRow.workspace_id == self._workspace_id, ChoiceRow.task_id == task_id
        )
        row = (await self._session.execute(mine)).one_or_none()
        return StoredChoice(*row) if row else None

    async def usual_scores(self, shares: tuple[float, float], days: int) -> UsualScores:
        """The scores of the last days at these quantiles."""
        row = ChoiceRow
        quantiles = (
            func.percentile_cont(share).within_group(column)
            for share, column in zip(shares, (row.tier1_fails, row.tier2_fails), strict=True)
        )
        recent = select(func.count(), *quantiles).where(
            row.workspace_id == self._workspace_id,
            row.tier1_fails.is_not(None),
            row.created_at > func.now() - timedelta(days=days),
        )
        count, first, second = (await self._session.execute(recent)).one()
        return UsualScores(count, first or 0.0, second or 0.0)

    async def billed(self, days: int) -> list[Billed]:
        """The choices of the last days with what their answers were billed; help and cost answers are left out."""
        choice, cost = ChoiceRow, CostRow
        replies = (
            select(cost)
            .where(
                cost.workspace_id == self._workspace_id,
                cost.purpose == "reply",
                cost.state == "settled",
                cost.created_at > func.now() - timedelta(days=days),
            )
            .subquery()
        )
        asked = (
            select(
                choice.tier,
                choice.intent,
                choice.decided_by,
                choice.tier1_fails,
                choice.tier2_fails,
                func.sum(replies.c.input_tokens),
                func.sum(replies.c.output_tokens),
                func.sum(replies.c.cost_usd),
                choice.moved,
            )
            .join(replies, (replies.c.workspace_id == choice.workspace_id) & (replies.c.task_id == choice.task_id))
            .where(choice.workspace_id == self._workspace_id, choice.created_at > func.now() - timedelta(days=days))
            .group_by(choice.workspace_id, choice.task_id)
        )
        return [Billed(*row) for row in await self._session.execute(asked)]
