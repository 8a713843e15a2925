"""How many asks wait, and for how long: what an operator watches."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

QUEUE = text(
    """
    SELECT count(*) FILTER (WHERE state = 'new') AS new, count(*) FILTER (WHERE state = 'leased') AS leased,
           coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'new')), 0) AS oldest_s
    FROM inbox WHERE state IN ('new', 'leased')
    """
)


@dataclass(frozen=True, slots=True)
class Queue:
    """Asks that wait, asks in work, and the seconds since the oldest waiting one came."""

    new: int
    leased: int
    oldest_s: float
