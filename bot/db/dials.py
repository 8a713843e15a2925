"""The dial as a workspace, a channel or a person set it, and the workspace's own shift of the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, Integer, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.prepared import Prepared

Scope = Literal["workspace", "channel", "user"]


class DialSettingRow(Base):
    __tablename__ = "dial_setting"
    __table_args__ = (
        CheckConstraint("scope IN ('workspace', 'channel', 'user')", name="scope"),
        CheckConstraint("dial IN ('eco', 'balanced', 'quality')", name="dial"),
    )

    workspace_id: Mapped[Key]
    scope: Mapped[Words] = mapped_column(primary_key=True)
    key: Mapped[Words] = mapped_column(primary_key=True)
    dial: Mapped[Words]
    set_by: Mapped[Words]
    set_at: Mapped[Instant] = mapped_column(server_default=func.now())


class ScoreShiftRow(Base):
    __tablename__ = "score_shift"

    workspace_id: Mapped[Key]
    tier1: Mapped[float] = mapped_column(Double)
    tier2: Mapped[float] = mapped_column(Double)
    choices: Mapped[int] = mapped_column(Integer)
    set_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class Leaning:
    """How one ask is weighed: the dial that was set, if any, and the shifts of P(tier 1 or 2 fails), in log-odds.

    `learned` is the head that the workspace's own labels made, as it is kept.
    """

    dial: str | None = None
    shifts: tuple[float, float] = (0.0, 0.0)
    learned: bytes | None = None


LEANING = """
    SELECT coalesce(min(dial) FILTER (WHERE scope = 'user'), min(dial) FILTER (WHERE scope = 'channel'),
                    min(dial) FILTER (WHERE scope = 'workspace')) AS dial,
           coalesce((SELECT tier1 FROM score_shift WHERE workspace_id = :workspace_id), 0) AS tier1,
           coalesce((SELECT tier2 FROM score_shift WHERE workspace_id = :workspace_id), 0) AS tier2,
           (SELECT weights FROM routing_weights WHERE workspace_id = :workspace_id) AS learned
    FROM dial_setting
    WHERE workspace_id = :workspace_id AND (
        scope = 'workspace' AND key = '' OR scope = 'channel' AND key = :channel_id OR scope = 'user' AND key = :user_id)
"""
"""How an ask is weighed: one row, whatever is set."""

_LEANING = Prepared(LEANING)


class DialStore:
    """The dials and the shift of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def leaning(self, channel_id: str, user_id: str) -> Leaning:
        """What holds for an ask: the person's own dial, else the channel's, else the workspace's."""
        who = {"workspace_id": self._workspace_id, "channel_id": channel_id, "user_id": user_id}
        return leaning_of(await _LEANING.row(self._session, who))

    async def dials(self, channel_id: str, user_id: str) -> dict[str, str]:
        """Scope -> dial, of those that are set and touch this channel and person."""
        mine = select(DialSettingRow.scope, DialSettingRow.dial).where(
            DialSettingRow.workspace_id == self._workspace_id,
            tuple_(DialSettingRow.scope, DialSettingRow.key).in_(
                [("workspace", ""), ("channel", channel_id), ("user", user_id)]
            ),
        )
        return {row.scope: row.dial for row in await self._session.execute(mine)}

    async def turn(self, scope: Scope, key: str, dial: str, by: str) -> None:
        """Set the dial of the workspace (`key` is empty), of a channel or of a person."""
        row = insert(DialSettingRow).values(workspace_id=self._workspace_id, scope=scope, key=key, dial=dial, set_by=by)
        again = {"dial": dial, "set_by": by, "set_at": func.now()}
        keys = ["workspace_id", "scope", "key"]
        await self._session.execute(row.on_conflict_do_update(index_elements=keys, set_=again))

    async def shift(self, tier1: float, tier2: float, choices: int) -> None:
        """Move the scores of this workspace from now on, learned from so many choices."""
        values = {"tier1": tier1, "tier2": tier2, "choices": choices}
        row = insert(ScoreShiftRow).values(workspace_id=self._workspace_id, **values)
        again = {**values, "set_at": func.now()}
        await self._session.execute(row.on_conflict_do_update(index_elements=["workspace_id"], set_=again))


def leaning_of(row: Sequence[Any]) -> Leaning:
    """The row of LEANING."""
    dial, tier1, tier2, learned = row
    return Leaning(dial, (tier1, tier2), learned)
