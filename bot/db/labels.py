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
from bot.db.choices import ChoiceRow
from bot.db.prepared import Prepared

Kind = Literal[
    "stronger",
    "thumbs_up",
    "thumbs_down",
    "rephrased",
    "corrected",
    "escalated",
    "regenerated",
    "judged_good",
    "judged_bad",
]

_STRONGEST = 3


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


@dataclass(frozen=True, slots=True)
class Known:
    """A label of an answer below the strongest tier that a score decided, with what the score had seen and said."""

    task_id: UUID
    kind: Kind
    tier: int
    features: bytes | None
    tier1_fails: float
    tier2_fails: float


LABELS = (
    f"SELECT {', '.join(Label.__slots__)} FROM routing_label"
    " WHERE workspace_id = :workspace_id AND task_id = :task_id ORDER BY at"
)
_OF_TASK = Prepared(LABELS)


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
        rows = await _OF_TASK.rows(self._session, {"workspace_id": self._workspace_id, "task_id": task_id})
        return [Label(**row) for row in rows]

    async def known(self, most: int) -> Sequence[Known]:
        """The labels of the answers labelled last, answer by answer, oldest first; at most so many."""
        label, choice = RoutingLabelRow, ChoiceRow
        mine = (
            select(label.task_id, label.kind, label.tier, label.features, choice.tier1_fails, choice.tier2_fails)
            .join(choice, (choice.workspace_id == label.workspace_id) & (choice.task_id == label.task_id))
            .where(
                label.workspace_id == self._workspace_id,
                label.tier < _STRONGEST,
                choice.tier1_fails.is_not(None),
                choice.tier2_fails.is_not(None),
            )
            .order_by(label.task_id.desc(), label.kind)
            .limit(most)
        )
        found = [
            Known(
                row.task_id,
                cast(Kind, row.kind),
                row.tier,
                row.features,
                row.tier1_fails or 0.0,
                row.tier2_fails or 0.0,
            )
            for row in await self._session.execute(mine)
        ]
        return found[::-1]
