"""Digests: where and when each workspace wants one, and which have been posted. The primary key makes each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Date, Time, func, select, text, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import USD, Base, Id, Instant, Key, Words
from bot.errors import LeaseLost

LEASE_S = 120


class Kind(StrEnum):
    """How much a digest covers."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Quiet(StrEnum):
    """What is posted when nothing was spent: a line, or nothing."""

    LINE = "line"
    SILENT = "silent"


class DigestSettingRow(Base):
    __tablename__ = "digest_setting"

    workspace_id: Mapped[Key]
    kind: Mapped[Words] = mapped_column(primary_key=True)
    channel_id: Mapped[Words]
    at: Mapped[time] = mapped_column(Time)
    zone: Mapped[Words]
    set_by: Mapped[Words]
    enabled: Mapped[bool] = mapped_column(server_default="true")
    people: Mapped[bool] = mapped_column(server_default="true")
    quiet: Mapped[Words] = mapped_column(server_default="line")
    set_at: Mapped[Instant] = mapped_column(server_default=func.now())


class DigestRunRow(Base):
    __tablename__ = "digest_run"

    workspace_id: Mapped[Key]
    kind: Mapped[Words] = mapped_column(primary_key=True)
    local_date: Mapped[date] = mapped_column(Date, primary_key=True)
    state: Mapped[Words] = mapped_column(server_default="leased")
    lease_id: Mapped[Id]
    leased_until: Mapped[Instant]
    intent_at: Mapped[Instant | None]
    channel_id: Mapped[Words]
    ts: Mapped[Words | None]
    posted_usd: Mapped[Decimal | None] = mapped_column(USD)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class DigestSetting:
    """One workspace's wish: at `at` in `zone`, into `channel_id`; without `people`, they are counted, not named."""

    workspace_id: UUID
    kind: Kind
    channel_id: str
    at: time
    zone: str
    set_by: str
    set_at: datetime
    people: bool = True
    quiet: Quiet = Quiet.LINE


@dataclass(frozen=True, slots=True)
class DigestRun:
    """The right to post one digest; `local_date` is the last day it covers.

    `intent_at` is set when somebody may have posted it already.
    """

    workspace_id: UUID
    kind: Kind
    local_date: date
    lease_id: UUID
    channel_id: str
    intent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Posted:
    """What the digest of a span said was spent, in USD; `local_date` is the last day it covered."""

    local_date: date
    usd: Decimal


CLAIM = text(
    """
    INSERT INTO digest_run AS run (workspace_id, kind, local_date, lease_id, leased_until, channel_id)
    VALUES (:workspace_id, :kind, :local_date, :lease_id, now() + make_interval(secs => :lease_s), :channel_id)
    ON CONFLICT (workspace_id, kind, local_date)
    DO UPDATE SET lease_id = excluded.lease_id, leased_until = excluded.leased_until
    WHERE run.state = 'leased' AND run.leased_until < now()
    RETURNING channel_id, intent_at
    """
)


class DigestStore:
    """The digests of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def want(self, kind: Kind, channel_id: str, at: time, zone: str, set_by: str) -> None:
        """Post a digest of this kind from now on; how people and quiet days are shown stays as it was set."""
        fields = {"channel_id": channel_id, "at": at, "zone": zone, "set_by": set_by, "enabled": True}
        known = next(iter(await self._rows()), None)
        manner = {"people": known.people, "quiet": known.quiet} if known else {}
        row = insert(DigestSettingRow).values(workspace_id=self._workspace_id, kind=kind, **fields, **manner)
        again = {**fields, "set_at": func.now()}
        await self._session.execute(row.on_conflict_do_update(index_elements=["workspace_id", "kind"], set_=again))

    async def stop(self, kind: Kind | None = None) -> None:
        """Post none of this kind any more, or none at all."""
        only = true() if kind is None else DigestSettingRow.kind == kind
        mine = DigestSettingRow.workspace_id == self._workspace_id
        await self._session.execute(update(DigestSettingRow).where(mine, only).values(enabled=False))

    async def show(self, *, people: bool | None = None, quiet: Quiet | None = None) -> bool:
        """Name people or count them, tell of quiet days or not; False when no digest was ever set."""
        wished = {"people": people, "quiet": quiet}
        values = {name: value for name, value in wished.items() if value is not None}
        mine = update(DigestSettingRow).where(DigestSettingRow.workspace_id == self._workspace_id)
        changed = await self._session.scalars(mine.values(**values).returning(DigestSettingRow.kind))
        return bool(changed.all())

    async def setting(self, kind: Kind = Kind.DAILY) -> DigestSetting | None:
        """What this workspace wants of a kind, or None."""
        return next((setting for setting in await self.settings() if setting.kind == kind), None)

    async def settings(self) -> Sequence[DigestSetting]:
        """Every digest that this workspace wants."""
        return [_setting(row) for row in await self._rows() if row.enabled]

    async def _rows(self) -> Sequence[DigestSettingRow]:
        mine = select(DigestSettingRow).where(DigestSettingRow.workspace_id == self._workspace_id)
        return (await self._session.scalars(mine.order_by(DigestSettingRow.kind))).all()

    async def claim(self, kind: Kind, local_date: date, channel_id: str) -> DigestRun | None:
        """The right to post the digest that ends on a local day, or None: posted, or in another's hands."""
        lease_id = uuid4()
        key = {"workspace_id": self._workspace_id, "kind": kind.value, "local_date": local_date}
        claimed = await self._session.execute(
            CLAIM, {**key, "lease_id": lease_id, "lease_s": LEASE_S, "channel_id": channel_id}
        )
        row = claimed.one_or_none()
        if row is None:
            return None
        return DigestRun(self._workspace_id, kind, local_date, lease_id, row.channel_id, row.intent_at)

    async def intend(self, run: DigestRun, usd: Decimal) -> None:
        """About to post that `usd` was spent; the lease begins anew, so that nobody looks the post up before it has settled.

        Raises LeaseLost.
        """
        lease = func.now() + timedelta(seconds=LEASE_S)
        await self._write(run, intent_at=func.now(), leased_until=lease, posted_usd=usd)

    async def finish(self, run: DigestRun, state: str, ts: str | None = None) -> None:
        """`posted` with its ts, `silent` or `failed`. Raises LeaseLost."""
        await self._write(run, state=state, ts=ts)

    async def posted_before(self, kind: Kind, local_date: date) -> Posted | None:
        """What the last digest of a kind before this one said, or None."""
        run = DigestRunRow
        mine = select(run.local_date, run.posted_usd).where(
            run.workspace_id == self._workspace_id,
            run.kind == kind,
            run.local_date < local_date,
            run.state == "posted",
            run.posted_usd.is_not(None),
        )
        row = (await self._session.execute(mine.order_by(run.local_date.desc()).limit(1))).one_or_none()
        return Posted(row.local_date, row.posted_usd) if row else None

    async def _write(self, run: DigestRun, **values: object) -> None:
        mine = (
            update(DigestRunRow)
            .where(
                DigestRunRow.workspace_id == self._workspace_id,
                DigestRunRow.kind == run.kind,
                DigestRunRow.local_date == run.local_date,
                DigestRunRow.lease_id == run.lease_id,
                DigestRunRow.state == "leased",
            )
            .values(**values)
            .returning(DigestRunRow.local_date)
        )
        if (await self._session.execute(mine)).scalar_one_or_none() is None:
            raise LeaseLost(f"the digest of {run.local_date} is in another's hands")


async def wanted(session: AsyncSession) -> list[DigestSetting]:
    """Every workspace's wish; a query across tenants, reached through Operations alone."""
    rows = await session.scalars(select(DigestSettingRow).where(DigestSettingRow.enabled))
    return [_setting(row) for row in rows]


def _setting(row: DigestSettingRow) -> DigestSetting:
    where = (row.workspace_id, Kind(row.kind), row.channel_id, row.at, row.zone)
    return DigestSetting(*where, row.set_by, row.set_at, row.people, Quiet(row.quiet))
