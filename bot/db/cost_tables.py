"""The ledger's tables: `cost_log`, one row per attempt, and `cost_rollup`, its sums by quarter of an hour."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Integer, SmallInteger, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import USD, Base, Id, Instant, Key, Words

STATES = ("open", "settled", "failed", "unknown")


class CostRow(Base):
    __tablename__ = "cost_log"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'settled', 'failed', 'unknown')", name="state"),
        CheckConstraint("usage_source IN ('reported', 'estimated', 'none')", name="usage_source"),
        CheckConstraint("cost_source IN ('provider', 'list', 'config', 'cache', 'unpriced')", name="cost_source"),
        CheckConstraint(
            "state <> 'settled' OR cost_usd IS NOT NULL OR cost_source = 'unpriced'", name="settled_is_priced"
        ),
        CheckConstraint(
            "state <> 'failed' OR usage_source <> 'none' OR cost_usd = 0", name="failed_without_usage_is_free"
        ),
        CheckConstraint("cost_usd >= 0 AND cost_usd <> 'NaN'", name="cost"),
        CheckConstraint(
            "cached_input_tokens >= 0 AND cached_input_tokens + cache_write_tokens <= input_tokens AND"
            " cache_write_1h_tokens BETWEEN 0 AND cache_write_tokens AND reasoning_tokens BETWEEN 0 AND output_tokens",
            name="tokens",
        ),
        CheckConstraint("reserved_usd >= 0 AND reserved_usd <> 'NaN'", name="reserve"),
        Index("cost_log_created_brin", "created_at", postgresql_using="brin"),
        Index("cost_log_open_idx", "expires_at", postgresql_where=text("state = 'open'")),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    workspace_id: Mapped[Key]
    created_at: Mapped[Instant] = mapped_column(primary_key=True, server_default=func.now())
    id: Mapped[Key]
    task_id: Mapped[Id]
    settled_at: Mapped[Instant | None]
    expires_at: Mapped[Instant | None]
    purpose: Mapped[Words]
    tier: Mapped[int] = mapped_column(SmallInteger)
    intent: Mapped[Words | None]
    attempt: Mapped[int] = mapped_column(SmallInteger)
    requested_model: Mapped[Words]
    model: Mapped[Words]
    response_model: Mapped[Words | None]
    provider: Mapped[Words]
    deployment: Mapped[Words]
    provider_response_id: Mapped[Words | None]
    state: Mapped[Words] = mapped_column(server_default="open")
    error_class: Mapped[Words | None]
    input_tokens: Mapped[int] = mapped_column(Integer, server_default="0")
    cached_input_tokens: Mapped[int] = mapped_column(Integer, server_default="0")
    cache_write_tokens: Mapped[int] = mapped_column(Integer, server_default="0")
    cache_write_1h_tokens: Mapped[int | None] = mapped_column(Integer)
    output_tokens: Mapped[int] = mapped_column(Integer, server_default="0")
    reasoning_tokens: Mapped[int] = mapped_column(Integer, server_default="0")
    service_tier: Mapped[Words | None]
    usage_source: Mapped[Words] = mapped_column(server_default="none")
    usage: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reserved_usd: Mapped[Decimal | None] = mapped_column(USD)
    cost_usd: Mapped[Decimal | None] = mapped_column(USD)
    list_usd: Mapped[Decimal | None] = mapped_column(USD)
    reported_usd: Mapped[Decimal | None] = mapped_column(USD)
    baseline_usd: Mapped[Decimal | None] = mapped_column(USD)
    cache_saved_usd: Mapped[Decimal | None] = mapped_column(USD)
    cost_source: Mapped[Words | None]
    rates: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    flags: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    price_book: Mapped[Words]
    baseline_model: Mapped[Words]
    user_id: Mapped[Words]
    channel_id: Mapped[Words]
    thread_ts: Mapped[Words]
    latency_ms: Mapped[int | None] = mapped_column(Integer)
    first_token_ms: Mapped[int | None] = mapped_column(Integer)
    streamed: Mapped[bool] = mapped_column(server_default="false")
    held: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))


class CostRollupRow(Base):
    __tablename__ = "cost_rollup"
    __table_args__ = (
        Index(
            "cost_rollup_quarters_idx",
            "workspace_id",
            "quarter",
            postgresql_where=text("dimension = 'total' AND shard < 8"),
        ),
    )

    workspace_id: Mapped[Key]
    dimension: Mapped[Words] = mapped_column(primary_key=True)
    quarter: Mapped[Instant] = mapped_column(primary_key=True)
    key: Mapped[Words] = mapped_column(primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    calls: Mapped[int] = mapped_column(Integer, server_default="0")
    fallbacks: Mapped[int] = mapped_column(Integer, server_default="0")
    failed: Mapped[int] = mapped_column(Integer, server_default="0")
    unpriced: Mapped[int] = mapped_column(Integer, server_default="0")
    unknown: Mapped[int] = mapped_column(Integer, server_default="0")
    estimated: Mapped[int] = mapped_column(Integer, server_default="0")
    diverged: Mapped[int] = mapped_column(Integer, server_default="0")
    input_tokens: Mapped[int] = mapped_column(BigInteger, server_default="0")
    cached_input_tokens: Mapped[int] = mapped_column(BigInteger, server_default="0")
    output_tokens: Mapped[int] = mapped_column(BigInteger, server_default="0")
    cost_usd: Mapped[Decimal] = mapped_column(USD, server_default="0")
    estimated_usd: Mapped[Decimal] = mapped_column(USD, server_default="0")
    unknown_reserved_usd: Mapped[Decimal] = mapped_column(USD, server_default="0")
    baseline_usd: Mapped[Decimal] = mapped_column(USD, server_default="0")
    cache_saved_usd: Mapped[Decimal] = mapped_column(USD, server_default="0")
