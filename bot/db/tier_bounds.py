"""Tier bounds: the floors and ceilings that admins set, for the whole workspace or for one channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import SmallInteger, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.prepared import Prepared

EVERYWHERE = ""
"""The channel of a bound that holds in all of them."""


class TierBoundRow(Base):
    __tablename__ = "tier_bound"

    workspace_id: Mapped[Key]
    channel_id: Mapped[Words] = mapped_column(primary_key=True)
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    ceiling: Mapped[int | None] = mapped_column(SmallInteger)
    set_by: Mapped[Words]
    set_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class TierBound:
    """The lowest and the highest tier of a channel, or of every one; None is no bound."""

    channel_id: str
    floor: int | None
    ceiling: int | None


BOUNDS = "SELECT channel_id, floor, ceiling FROM tier_bound WHERE workspace_id = :workspace_id"
_ALL = Prepared(f"{BOUNDS} ORDER BY channel_id")


class TierBoundStore:
    """The bounds of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def all(self) -> Sequence[TierBound]:
        """Every bound, that of the workspace first."""
        return [TierBound(**row) for row in await _ALL.rows(self._session, {"workspace_id": self._workspace_id})]

    async def put(self, bound: TierBound, set_by: str) -> None:
        """Bound a channel, or with EVERYWHERE the workspace, anew."""
        fields = {"floor": bound.floor, "ceiling": bound.ceiling, "set_by": set_by}
        key = {"workspace_id": self._workspace_id, "channel_id": bound.channel_id}
        row = insert(TierBoundRow).values(**key, **fields)
        await self._session.execute(
            row.on_conflict_do_update(index_elements=list(key), set_={**fields, "set_at": func.now()})
        )

    async def lift(self, channel_id: str) -> None:
        """No bound there any more."""
        mine = TierBoundRow.workspace_id == self._workspace_id, TierBoundRow.channel_id == channel_id
        await self._session.execute(delete(TierBoundRow).where(*mine))
