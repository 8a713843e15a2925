"""What is known of a place and a person before an ask is looked at: read in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.asked import NEWEST, Asked
from bot.db.dials import LEANING, Leaning, leaning_of
from bot.db.prepared import Prepared
from bot.db.thread_floors import FLOOR, ThreadFloor
from bot.db.tier_bounds import BOUNDS, EVERYWHERE, TierBound

BACKGROUND = Prepared(
    f"""
    SELECT leaning, everywhere, here, thread, last FROM ({LEANING}) AS leaning
    LEFT JOIN ({BOUNDS} AND channel_id = '{EVERYWHERE}') AS everywhere ON true
    LEFT JOIN ({BOUNDS} AND channel_id = :channel_id) AS here ON true
    LEFT JOIN ({FLOOR}) AS thread ON true
    LEFT JOIN ({NEWEST}) AS last ON true
    """
)
"""Each comes as a whole row, in the order of the fields of what it becomes."""


@dataclass(frozen=True, slots=True)
class Background:
    """The admins' bounds, the thread's floor, how the asker leans, and what they asked last in this channel."""

    bounds: Sequence[TierBound]
    floor: ThreadFloor | None
    leaning: Leaning
    last: Asked | None


class BackgroundStore:
    """Asks of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def of(self, task_id: UUID, channel_id: str, thread_ts: str, user_id: str) -> Background:
        """The background of an ask, which is itself no part of it."""
        ask = {"task_id": task_id, "channel_id": channel_id, "thread_ts": thread_ts, "user_id": user_id}
        row = await BACKGROUND.row(self._session, {"workspace_id": self._workspace_id, **ask})
        return Background(
            [TierBound(*bound) for bound in (row["everywhere"], row["here"]) if bound],
            ThreadFloor(*row["thread"]) if row["thread"] else None,
            leaning_of(row["leaning"]),
            Asked(*row["last"]) if row["last"] else None,
        )
