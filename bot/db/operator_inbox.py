"""The inbox as operators see it: what waits, what is in work, what died; never what anyone wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, Text, case, cast, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.ids import new_id
from bot.db.inbox import InboxRow
from bot.errors import LucyError

TOTALS = text(
    """
    SELECT workspace_id, count(*) FILTER (WHERE state = 'new') AS waiting, count(*) FILTER (WHERE state = 'leased') AS in_work,
           count(*) FILTER (WHERE state = 'dead') AS dead, min(created_at) FILTER (WHERE state <> 'dead') AS oldest
    FROM inbox WHERE state <> 'done' GROUP BY workspace_id ORDER BY oldest NULLS LAST, workspace_id
    """
)


class NoSuchAsk(LucyError):
    """No ask of that id, or more than one whose id ends so."""


class NotNow(LucyError):
    """The ask is not in a state in which that can be done."""


@dataclass(frozen=True, slots=True)
class InboxTotals:
    """How many asks of a workspace wait, are in work, are dead; since when the oldest living one is there."""

    workspace_id: UUID
    waiting: int
    in_work: int
    dead: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class SeenAsk:
    """An ask without its words. Ages and `due_s` are seconds; `due_s` until it is taken up, or its lease runs out."""

    task_id: UUID
    state: str
    age_s: float
    due_s: float
    attempts: int
    outcome: str | None
    channel_id: str
    user_id: str
    worker: str | None


_SEEN = (
    InboxRow.task_id,
    InboxRow.state,
    func.extract("epoch", func.now() - InboxRow.created_at).label("age_s"),
    func.extract("epoch", InboxRow.run_at - func.now()).label("due_s"),
    InboxRow.attempts,
    InboxRow.outcome,
    InboxRow.channel_id,
    InboxRow.user_id,
    InboxRow.worker,
)


async def totals(session: AsyncSession) -> list[InboxTotals]:
    """Every workspace with an ask that is not done, the one that waits longest first."""
    return [InboxTotals(*row) for row in await session.execute(TOTALS)]


class OperatorInbox:
    """The asks of one workspace, for whoever runs Lucy."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def seen(self, states: Sequence[str], limit: int) -> list[SeenAsk]:
        """The oldest asks in one of these states."""
        mine = select(*_SEEN).where(InboxRow.workspace_id == self._workspace_id, InboxRow.state.in_(states))
        rows = await self._session.execute(mine.order_by(InboxRow.created_at, InboxRow.task_id).limit(limit))
        return [_seen(row) for row in rows.mappings()]

    async def find(self, digits: str) -> SeenAsk:
        """The ask whose id is these digits or ends with them. Raises NoSuchAsk."""
        hexadecimal = func.replace(cast(InboxRow.task_id, Text), "-", "")
        mine = select(*_SEEN).where(InboxRow.workspace_id == self._workspace_id, hexadecimal.endswith(digits))
        found = [_seen(row) for row in (await self._session.execute(mine.limit(2))).mappings()]
        if len(found) != 1:
            raise NoSuchAsk(f"{'more than one ask has' if found else 'no ask has'} an id that ends with {digits}")
        return found[0]

    async def retry(self, ask: SeenAsk) -> UUID:
        """Let it be taken up now; the id it has then. Raises NotNow.

        One that was dead begins anew, as a new task: what was said and paid under the old one stays with it.
        """
        dead = InboxRow.state == "dead"
        again = (
            update(InboxRow)
            .where(
                InboxRow.workspace_id == self._workspace_id,
                InboxRow.task_id == ask.task_id,
                (InboxRow.state == "new") | (dead & InboxRow.sealed_text.is_not(None)),
            )
            .values(
                task_id=case((dead, new_id()), else_=InboxRow.task_id),
                attempts=case((dead, 0), else_=InboxRow.attempts),
                state="new",
                run_at=func.now(),
                outcome=None,
                done_at=None,
            )
            .returning(InboxRow.task_id)
        )
        task_id = (await self._session.execute(again)).scalar_one_or_none()
        if task_id is None:
            raise NotNow(
                f"{ask.task_id} is {ask.state}: only what waits, or died with its text still there, is retried"
            )
        return task_id

    async def drop(self, ask: SeenAsk) -> None:
        """Be done with it, unanswered; whoever has it in work loses the lease. Raises NotNow when it is done."""
        ended = (
            update(InboxRow)
            .where(
                InboxRow.workspace_id == self._workspace_id, InboxRow.task_id == ask.task_id, InboxRow.state != "done"
            )
            .values(state="done", outcome="dropped", sealed_text=None, lease_id=None, worker=None, done_at=func.now())
            .returning(InboxRow.task_id)
        )
        if (await self._session.execute(ended)).scalar_one_or_none() is None:
            raise NotNow(f"{ask.task_id} is done already")


def _seen(row: RowMapping) -> SeenAsk:
    return SeenAsk(**{**row, "age_s": float(row["age_s"]), "due_s": float(row["due_s"])})
