"""The tables of budgets: limits, counters per window, what is told about them, and requests for more."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import USD, Base, Instant, Key, Words


class BudgetRow(Base):
    __tablename__ = "budget"
    __table_args__ = (
        CheckConstraint("scope IN ('workspace', 'user', 'channel')", name="scope"),
        CheckConstraint("span IN ('day', 'month')", name="span"),
        CheckConstraint("mode IN ('soft', 'stop', 'step_down')", name="mode"),
        CheckConstraint("limit_usd > 0 AND limit_usd <> 'NaN'", name="limit"),
    )

    workspace_id: Mapped[Key]
    scope: Mapped[Words] = mapped_column(primary_key=True)
    key: Mapped[Words] = mapped_column(primary_key=True)
    span: Mapped[Words] = mapped_column(primary_key=True)
    limit_usd: Mapped[Decimal] = mapped_column(USD)
    mode: Mapped[Words]
    set_by: Mapped[Words]
    set_at: Mapped[Instant] = mapped_column(server_default=func.now())


class BudgetSpendRow(Base):
    __tablename__ = "budget_spend"
    __table_args__ = (UniqueConstraint("workspace_id", "id"),)

    workspace_id: Mapped[Key]
    scope: Mapped[Words] = mapped_column(primary_key=True)
    key: Mapped[Words] = mapped_column(primary_key=True)
    span: Mapped[Words] = mapped_column(primary_key=True)
    starts: Mapped[Instant] = mapped_column(primary_key=True)
    ends: Mapped[Instant]
    id: Mapped[UUID] = mapped_column(Uuid, server_default=func.gen_random_uuid())
    spent_usd: Mapped[Decimal] = mapped_column(USD, server_default="0")
    reserved_usd: Mapped[Decimal] = mapped_column(USD, server_default="0")
    overshot_usd: Mapped[Decimal] = mapped_column(USD, server_default="0")


class BudgetNoticeRow(Base):
    __tablename__ = "budget_notice"
    __table_args__ = (
        CheckConstraint("kind IN ('warning', 'request', 'outcome', 'crowded')", name="kind"),
        Index("budget_notice_due_idx", "created_at", postgresql_where=text("done_at IS NULL")),
    )

    workspace_id: Mapped[Key]
    key: Mapped[Words] = mapped_column(primary_key=True)
    kind: Mapped[Words]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    leased_until: Mapped[Instant | None]
    done_at: Mapped[Instant | None]
    channel_id: Mapped[Words | None]
    ts: Mapped[Words | None]


class BudgetRequestRow(Base):
    __tablename__ = "budget_request"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id", "scope", "key", "span", "starts", "limit_usd", "asker", name="budget_request_once_key"
        ),
        CheckConstraint("state IN ('waiting', 'approved', 'denied')", name="state"),
    )

    workspace_id: Mapped[Key]
    id: Mapped[Key]
    scope: Mapped[Words]
    key: Mapped[Words]
    span: Mapped[Words]
    starts: Mapped[Instant]
    limit_usd: Mapped[Decimal] = mapped_column(USD)
    asker: Mapped[Words]
    channel_id: Mapped[Words]
    thread_ts: Mapped[Words]
    proposed_usd: Mapped[Decimal] = mapped_column(USD)
    state: Mapped[Words] = mapped_column(server_default="waiting")
    decided_by: Mapped[Words | None]
    decided_at: Mapped[Instant | None]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
