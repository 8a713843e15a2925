"""Ids: UUIDv7 for what happens, UUIDv5 for who it belongs to."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid5

CLOCKS_APART = timedelta(days=1)
"""An id has its time from the clock of the machine that made it, a row from the database's: allow for as much."""
_YEAR_2100 = 4_102_444_800_000
_WORKSPACES = UUID("6f1c3a52-5c0f-5b59-9a57-6c7563790001")


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then randomness; sorts by time."""
    stamp = time.time_ns() // 1_000_000
    value = (stamp & 0xFFFF_FFFF_FFFF) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def time_of(id_: UUID) -> datetime | None:
    """When an id of ours was made; None for one that does not tell, or not believably."""
    millis = id_.int >> 80
    return datetime.fromtimestamp(millis / 1000, UTC) if id_.version == 7 and millis < _YEAR_2100 else None


@lru_cache(maxsize=10_000)
def workspace_id_of(slack_id: str) -> UUID:
    """The workspace of a Slack team (`T...`) or organisation (`E...`): computed, so no lookup can miss or race."""
    return uuid5(_WORKSPACES, slack_id)
