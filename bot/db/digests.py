"""Digests: where and when each workspace wants one, and which have been posted. The primary key makes each once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Date, Time, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Id, Instant, Key, Words
from bot.errors import LeaseLost

DAILY = "daily"
LEASE_S = 120


class DigestSettingRow(Base):
    __tablename__ = "digest_setting"

    workspace_id: Mapped[Key]
    kind: Mapped[Words] = mapped_column(primary_key=True)
    channel_id: Mapped[Words]
    at: Mapped[time] = mapped_column(Time)
    zone: Mapped[Words]
    set_by: Mapped[Words]
    enabled: Mapped[bool] = mapped_column(server_default="true")
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
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class DigestSetting:
    """One workspace's wish: at `at` in `zone`, into `channel_id`."""

    workspace_id: UUID
    channel_id: str
    at: time
    zone: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class DigestRun:
    """The right to post one day's digest; `intent_at` is set when somebody may have posted it already."""

    workspace_id: UUID
    local_date: date
    lease_id: UUID
    channel_id: str
    intent_at: datetime | None


CLAIM = text(
    """
    INSERT INTO digest_run AS run (workspace_id, kind, local_date, lease_id, leased_until, channel_id)
    VALUES (:workspace_id, 'daily', :local_date, :lease_id, now() + make_interval(secs => :lease_s), :channel_id)
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

    async def want(self, channel_id: str, at: time, zone: str, set_by: str) -> None:
        """Post a daily digest from now on."""
        fields = {"channel_id": channel_id, "at": at, "zone": zone, "set_by": set_by, "enabled": True}
        row = insert(DigestSettingRow).values(workspace_id=self._workspace_id, kind=DAILY, **fields)
        again = {**fields, "set_at": func.now()}
        await self._session.execute(row.on_conflict_do_update(index_elements=["workspace_id", "kind"], set_=again))

    async def stop(self) -> None:
        """Post none any more."""
        mine = DigestSettingRow.workspace_id == self._workspace_id
        await self._session.execute(update(DigestSettingRow).where(mine).values(enabled=False))

    async def setting(self) -> DigestSetting | None:
        """What this workspace wants, or None."""
        row = await self._session.get(DigestSettingRow, (self._workspace_id, DAILY))
        return _setting(row) if row and row.enabled else None

    async def claim(self, local_date: date, channel_id: str) -> DigestRun | None:
        """The right to post the digest of a local day, or None: posted, or in another's hands."""
        lease_id = uuid4()
        key = {"workspace_id": self._workspace_id, "local_date": local_date}
        claimed = await self._session.execute(
            CLAIM, {**key, "lease_id": lease_id, "lease_s": LEASE_S, "channel_id": channel_id}
        )
        row = claimed.one_or_none()
        if row is None:
            return None
        return DigestRun(self._workspace_id, local_date, lease_id, row.channel_id, row.intent_at)

    async def intend(self, run: DigestRun) -> None:
        """About to post; the lease begins anew, so that nobody looks the post up before it has settled.

        Raises LeaseLost.
        """
        await self._write(run, intent_at=func.now(), leased_until=func.now() + timedelta(seconds=LEASE_S))

    async def finish(self, run: DigestRun, state: str, ts: str | None = None) -> None:
        """`posted` with its ts, or `failed`. Raises LeaseLost."""
        await self._write(run, state=state, ts=ts)

    async def _write(self, run: DigestRun, **values: object) -> None:
        mine = (
            update(DigestRunRow)
            .where(
                DigestRunRow.workspace_id == self._workspace_id,
                DigestRunRow.kind == DAILY,
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
    return DigestSetting(row.workspace_id, row.channel_id, row.at, row.zone, row.set_by, row.set_at)
