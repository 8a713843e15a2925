"""Rows whose cost is unknown or a guess, although their provider gave the answer an id by which it can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.costs import OpenAttempt

UNRESOLVED = text(
    """
    SELECT workspace_id, created_at, id, purpose, deployment, provider_response_id, state, error_class, latency_ms,
           first_token_ms
    FROM cost_log
    WHERE provider = :provider AND provider_response_id IS NOT NULL AND (state = 'unknown' OR usage_source = 'estimated')
      AND created_at > greatest(now() - interval '1 day', :after) AND settled_at < now() - make_interval(secs => 3)
    ORDER BY created_at LIMIT :most
    """
).bindparams(bindparam("provider", type_=Text), bindparam("after", type_=TIMESTAMP(timezone=True)))
"""A provider needs a few seconds to know an answer's cost; what it does not know after a day it never will."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A row to ask about, and what of it stays as it is."""

    key: OpenAttempt
    purpose: str
    deployment: str
    response_id: str
    state: str
    error_class: str | None
    latency_ms: int | None
    first_token_ms: int | None


async def unresolved(session: AsyncSession, provider: str, most: int, after: datetime) -> Sequence[Unresolved]:
    """At most `most` rows of the last day, created later than `after`, oldest first."""
    rows = await session.execute(UNRESOLVED, {"provider": provider, "most": most, "after": after})
    return [
        Unresolved(
            OpenAttempt(row.workspace_id, row.created_at, row.id), row.purpose, row.deployment,
            row.provider_response_id, row.state, row.error_class, row.latency_ms, row.first_token_ms,
        )
        for row in rows
    ]  # fmt: skip
