"""How fast Slack may be called: one row per bucket of tokens, shared by every replica."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.prepared import UNAWAITED, Prepared


class SlackBucketRow(Base):
    __tablename__ = "slack_bucket"

    workspace_id: Mapped[Key]
    bucket: Mapped[Words] = mapped_column(primary_key=True)
    full_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that holds at most `most` tokens and gets a new one every `each_s` seconds."""

    name: str
    each_s: float
    most: float

    @property
    def ahead_s(self) -> float:
        """So far ahead of now may `full_at` lie while a token is left."""
        return (self.most - 1) * self.each_s


TAKE = Prepared(
    f"""
    WITH asked AS (
        SELECT * FROM unnest(:buckets::text[], :each_s::float8[], :ahead_s::float8[]) AS a (bucket, each_s, ahead_s)),
    there AS (
        SELECT bucket, full_at FROM slack_bucket
        WHERE workspace_id = :workspace_id AND bucket = ANY(:buckets::text[]) ORDER BY bucket FOR UPDATE),
    wait AS (
        SELECT CASE WHEN count(full_at) = count(*)
                    THEN greatest(0, max(extract(epoch FROM full_at - clock_timestamp()) - ahead_s)) END AS s
        FROM asked LEFT JOIN there USING (bucket)),
    taken AS (
        UPDATE slack_bucket SET full_at = greatest(full_at, clock_timestamp()) + make_interval(secs => each_s)
        FROM asked, wait
        WHERE wait.s = 0 AND workspace_id = :workspace_id AND slack_bucket.bucket = asked.bucket)
    SELECT s::float8 FROM wait WHERE {UNAWAITED}
    """
)
"""A token of each bucket or of none; the rows are locked, so that of two who ask for the last token one waits.

NULL where a bucket has no row yet, which nobody can lock. A token lost in a crash is no harm.
"""

MAKE = Prepared(
    """
    INSERT INTO slack_bucket (workspace_id, bucket, full_at)
    SELECT :workspace_id, bucket, now() FROM unnest(:buckets::text[]) AS bucket ORDER BY bucket ON CONFLICT DO NOTHING
    """
)
CLOSE = Prepared(
    """
    INSERT INTO slack_bucket AS known (workspace_id, bucket, full_at)
    VALUES (:workspace_id, :bucket, clock_timestamp() + make_interval(secs => :ahead_s::float8 + :seconds::float8))
    ON CONFLICT (workspace_id, bucket) DO UPDATE SET full_at = greatest(known.full_at, excluded.full_at)
    """
)
DROP_FULL = text("DELETE FROM slack_bucket WHERE full_at < now() - interval '1 hour'")


class SlackBucketStore:
    """The buckets of one workspace. All times are the database's."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def take(self, buckets: Sequence[Bucket]) -> float | None:
        """Take a token of each bucket: 0. Where one is empty none is taken: the seconds until it has one.

        None where one is not there yet: `make` them first. In a unit of its own: nothing of that is synced to disk.
        """
        values = {
            "workspace_id": self._workspace_id,
            "buckets": [bucket.name for bucket in buckets],
            "each_s": [bucket.each_s for bucket in buckets],
            "ahead_s": [bucket.ahead_s for bucket in buckets],
        }
        wait_s: float | None = await TAKE.value(self._session, values)
        return wait_s

    async def make(self, buckets: Sequence[Bucket]) -> None:
        """Make those that are not there, full."""
        names = [bucket.name for bucket in buckets]
        await MAKE.value(self._session, {"workspace_id": self._workspace_id, "buckets": names})

    async def close(self, bucket: Bucket, seconds: float) -> None:
        """No token of this bucket for so many seconds, for anybody."""
        values = {"workspace_id": self._workspace_id, "bucket": bucket.name, "ahead_s": bucket.ahead_s}
        await CLOSE.value(self._session, {**values, "seconds": seconds})
