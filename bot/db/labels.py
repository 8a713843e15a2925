"""Labels: what showed afterwards that a tier was too low, or good enough. Hashed features, never a word of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from sqlalchemy import Index, LargeBinary, SmallInteger, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words

Kind = Literal["stronger", "thumbs_up", "thumbs_down", "rephrased", "corrected", "escalated", "regenerated"]


class RoutingLabelRow(Base):
    __tablename__ = "routing_label"
    __table_args__ = (Index("routing_label_at_idx", "workspace_id", "at"),)

    workspace_id: Mapped[Key]
    task_id: Mapped[Key]
    kind: Mapped[Words] = mapped_column(primary_key=True)
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    tier: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[Words] = mapped_column(server_default="")
    features: Mapped[bytes | None] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class Label:
    """One sign of how the answer of `tier` did; `reason` is one of our own sentences."""

    task_id: UUID
    kind: Kind
    tier: int
    reason: str = ""
    features: bytes | None = None
    at: datetime | None = None


class LabelStore:
    """The labels of one workspace; of each kind one per task."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def record(self, label: Label) -> None:
        """Keep a label; the first of its kind stands."""
        fields = {name: getattr(label, name) for name in Label.__slots__ if name != "at"}
        row = insert(RoutingLabelRow).values(workspace_id=self._workspace_id, **fields)
        await self._session.execute(row.on_conflict_do_nothing())

    async def of_task(self, task_id: UUID) -> Sequence[Label]:
        """Everything known of one answer, oldest first."""
        mine = RoutingLabelRow.workspace_id == self._workspace_id, RoutingLabelRow.task_id == task_id
        rows = await self._session.scalars(select(RoutingLabelRow).where(*mine).order_by(RoutingLabelRow.at))
        return [_label(row) for row in rows]


def _label(row: RoutingLabelRow) -> Label:
    return Label(row.task_id, cast(Kind, row.kind), row.tier, row.reason, row.features, row.at)
