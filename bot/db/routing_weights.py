"""What a workspace's labels added to the score, as far as it proved itself; and how it did."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Double, Integer, LargeBinary, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key


class RoutingWeightsRow(Base):
    __tablename__ = "routing_weights"

    workspace_id: Mapped[Key]
    weights: Mapped[bytes] = mapped_column(LargeBinary)
    labels: Mapped[int] = mapped_column(Integer)
    apgr_before: Mapped[float] = mapped_column(Double)
    apgr_after: Mapped[float] = mapped_column(Double)
    set_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class RoutingWeights:
    """A learned head as it is kept, from how many labels, and the APGR on held-out ones without and with it."""

    weights: bytes
    labels: int
    apgr_before: float
    apgr_after: float


class RoutingWeightsStore:
    """The learned head of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def read(self) -> RoutingWeights | None:
        """The head in use, if any."""
        row = RoutingWeightsRow
        mine = select(row.weights, row.labels, row.apgr_before, row.apgr_after)
        found = (await self._session.execute(mine.where(row.workspace_id == self._workspace_id))).one_or_none()
        return RoutingWeights(*found) if found else None

    async def put(self, learned: RoutingWeights) -> None:
        """Use this head from now on."""
        values = {name: getattr(learned, name) for name in RoutingWeights.__slots__}
        row = insert(RoutingWeightsRow).values(workspace_id=self._workspace_id, **values)
        again = {**values, "set_at": func.now()}
        await self._session.execute(row.on_conflict_do_update(index_elements=["workspace_id"], set_=again))

    async def drop(self) -> bool:
        """Use the shipped weights alone; whether there were others."""
        mine = delete(RoutingWeightsRow).where(RoutingWeightsRow.workspace_id == self._workspace_id)
        gone = await self._session.execute(mine.returning(RoutingWeightsRow.workspace_id))
        return gone.scalar_one_or_none() is not None
