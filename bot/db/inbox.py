"""The inbox: asks, stored before Slack is told that we have them, answered one at a time per thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, UniqueConstraint, func, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Id, Instant, Key, Words
from bot.db.encryption import Cipher
from bot.db.file_refs import FileRef, packed
from bot.db.ids import new_id
from bot.db.prepared import Prepared
from bot.errors import LeaseLost

MAX_ATTEMPTS = 5
"""After so many tries an ask is declared dead, with one honest message."""

MAX_DELIVERIES = 15
"""After so many tries, those of answering included, a stored answer that Slack does not take is given up."""

_OPEN, _DONE = text("state IN ('new', 'leased')"), text("state IN ('done', 'dead')")


class InboxRow(Base):
    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("workspace_id", "event_id"),
        UniqueConstraint("workspace_id", "channel_id", "ts"),
        CheckConstraint("state IN ('new', 'leased', 'done', 'dead')", name="state"),
        Index("inbox_refused_idx", "workspace_id", "user_id", "done_at", postgresql_where=text("outcome = 'refused'")),
        Index("inbox_of_user_idx", "workspace_id", "user_id", "done_at", postgresql_where=_DONE),
        Index("inbox_turn_idx", "workspace_id", "run_at", "ts", postgresql_where=_OPEN),
        Index("inbox_thread_idx", "workspace_id", "channel_id", "thread_ts", "ts", postgresql_where=_OPEN),
        Index(
            "inbox_one_per_thread_idx",
            "workspace_id",
            "channel_id",
            "thread_ts",
            unique=True,
            postgresql_where=text("state = 'leased'"),
        ),
    )

    workspace_id: Mapped[Key]
    task_id: Mapped[Key]
    event_id: Mapped[Words]
    channel_id: Mapped[Words]
    channel_type: Mapped[Words]
    thread_ts: Mapped[Words]
    ts: Mapped[Words]
    user_id: Mapped[Words]
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    files: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    user_team: Mapped[Words | None]
    question_ts: Mapped[Words | None]
    stop_by: Mapped[Words | None]
    state: Mapped[Words] = mapped_column(server_default="new")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    run_at: Mapped[Instant] = mapped_column(server_default=func.now())
    lease_id: Mapped[Id | None]
    worker: Mapped[Words | None]
    outcome: Mapped[Words | None]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    done_at: Mapped[Instant | None]


@dataclass(frozen=True, slots=True)
class NewAsk:
    """An ask as it arrives from Slack; `text` is Slack's own markup, `files` hang on it.

    `user_team` is the asker's own team, which in a shared channel may be a foreign one; `question_ts` is where the
    question stands when it is asked again.
    """

    event_id: str
    channel_id: str
    channel_type: str
    thread_ts: str
    ts: str
    user_id: str
    text: str
    files: tuple[FileRef, ...] = ()
    user_team: str | None = None
    question_ts: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for one task, until another worker takes it over."""

    workspace_id: UUID
    task_id: UUID
    lease_id: UUID


@dataclass(frozen=True, slots=True)
class TakenAsk:
    """An ask that this worker holds; `readable` is False when no key opens its text any more.

    An `old` one waited so long that this database may be a backup, and the ask answered in what was lost. It is not
    `served` when Lucy was removed from its workspace meanwhile.
    """

    lease: Lease
    channel_id: str
    channel_type: str
    thread_ts: str
    ts: str
    user_id: str
    text: str
    attempts: int
    created_at: datetime
    readable: bool = True
    files: tuple[FileRef, ...] = ()
    old: bool = False
    user_team: str | None = None
    question_ts: str | None = None
    stop_by: str | None = None
    served: bool = True

    @property
    def asked_ts(self) -> str:
        """Where the question stands."""
        return self.question_ts or self.ts

    @property
    def workspace_id(self) -> UUID:
        return self.lease.workspace_id

    @property
    def task_id(self) -> UUID:
        return self.lease.task_id

    @property
    def ids(self) -> dict[str, str]:
        """What logs and events call it by."""
        return {"workspace_id": str(self.workspace_id), "task_id": str(self.task_id)}


MINE = "workspace_id = :workspace_id AND task_id = :task_id AND lease_id = :lease_id AND state = 'leased'"
"""The ask, if the lease is still ours."""

HELD = f"WITH held AS (SELECT task_id FROM inbox WHERE {MINE} FOR UPDATE)"
"""The ask, locked until the unit ends, if the lease is still ours."""

OPEN = """
    WITH held AS (
        SELECT task_id FROM inbox WHERE workspace_id = :workspace_id AND task_id = :task_id AND state IN ('new', 'leased')
        FOR UPDATE
    )
"""
"""The same, whoever works at it, until it is done with."""

_HOLD = Prepared(HELD + "SELECT task_id FROM held")

ADD = """
    INSERT INTO inbox (workspace_id, task_id, event_id, channel_id, channel_type, thread_ts, ts, user_id, sealed_text, files,
                       user_team, question_ts)
    SELECT :workspace_id, :task_id, :event_id, :channel_id, :channel_type, :thread_ts, :ts, :user_id, :sealed_text, :files,
           :user_team, :question_ts
"""
"""What `row_of` an ask is written with; where from and on which condition may follow."""

ONCE = "ON CONFLICT DO NOTHING RETURNING task_id"
_ADD = Prepared(f"{ADD} {ONCE}")


class InboxStore:
    """The asks of one workspace. All times are the database's."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def add(self, ask: NewAsk) -> UUID | None:
        """Store an ask; its task id, or None when Slack told us of it before (by event, or by channel and ts)."""
        task_id: UUID | None = await _ADD.value(self._session, row_of(self._workspace_id, ask, self._cipher))
        return task_id

    async def hold(self, lease: Lease) -> None:
        """Prove that the lease is still ours, and keep it ours until this unit ends. Raises LeaseLost."""
        prove(lease, await _HOLD.value(self._session, fence(self._workspace_id, lease)))

    async def hand_back(self, lease: Lease, delay: timedelta = timedelta(0), *, counted: bool = True) -> None:
        """Let any worker take the ask, after `delay`; an uncounted try does not bring it closer to dead."""
        tries = InboxRow.attempts if counted else InboxRow.attempts - 1
        mine = (
            update(InboxRow)
            .where(
                InboxRow.workspace_id == self._workspace_id,
                InboxRow.task_id == lease.task_id,
                InboxRow.lease_id == lease.lease_id,
                InboxRow.state == "leased",
            )
            .values(state="new", run_at=func.now() + delay, attempts=tries, lease_id=None, worker=None)
            .returning(InboxRow.task_id)
        )
        prove(lease, (await self._session.execute(mine)).scalar_one_or_none())


def row_of(workspace_id: UUID, ask: NewAsk, cipher: Cipher) -> dict[str, object]:
    """An ask as ADD takes it, its words sealed."""
    values = {name: getattr(ask, name) for name in NewAsk.__slots__ if name != "text"}
    values |= {"workspace_id": workspace_id, "task_id": new_id(), "files": len(ask.files)}
    return {**values, "sealed_text": cipher.seal(packed(ask.text, ask.files))}


def fence(workspace_id: UUID, lease: Lease) -> dict[str, object]:
    """What HELD, and every statement that begins with it, wants to know of a lease in the workspace of the unit."""
    return {"workspace_id": workspace_id, "task_id": lease.task_id, "lease_id": lease.lease_id}


def prove(lease: Lease, written: object) -> None:
    """Raises LeaseLost when nothing was written under the lease."""
    if written is None:
        raise LeaseLost(f"task {lease.task_id} is held by another worker")
