"""Which day's digest is due, by any clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest

from bot.db.digests import DigestSetting
from bot.digests.run import due_day


def wish(at: str, zone: str, set_at: str = "2026-01-01T00:00") -> DigestSetting:
    set_instant = datetime.fromisoformat(set_at).replace(tzinfo=UTC)
    return DigestSetting(UUID(int=1), "C1", time.fromisoformat(at), zone, "U1", set_instant)


@pytest.mark.parametrize(
    ("now", "at", "zone", "day"),
    [
        ("2026-11-24T08:00", "09:00", "Europe/Berlin", "2026-11-23"),
        ("2026-11-24T07:59", "09:00", "Europe/Berlin", "2026-11-22"),
        ("2026-11-23T20:00", "09:00", "Pacific/Auckland", "2026-11-23"),
        ("2026-11-24T03:15", "09:00", "Asia/Kathmandu", "2026-11-23"),
        ("2026-03-29T01:00", "02:30", "Europe/Berlin", "2026-03-28"),
        ("2026-10-25T00:30", "02:30", "Europe/Berlin", "2026-10-24"),
        ("2026-10-25T01:30", "02:30", "Europe/Berlin", "2026-10-24"),
    ],
)
def test_yesterday_is_due_once_its_hour_has_come(now: str, at: str, zone: str, day: str) -> None:
    due = due_day(wish(at, zone), datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert due == date.fromisoformat(day)


def test_nothing_is_due_from_before_the_digest_was_set() -> None:
    set_at_ten = wish("09:00", "UTC", set_at="2026-11-24T10:00")

    assert due_day(set_at_ten, datetime(2026, 11, 24, 10, 1, tzinfo=UTC)) is None
    assert due_day(set_at_ten, datetime(2026, 11, 25, 9, tzinfo=UTC)) == date(2026, 11, 24)


def test_a_zone_that_no_longer_exists_is_never_due() -> None:
    assert due_day(wish("09:00", "Mars/Olympus"), datetime(2026, 11, 24, tzinfo=UTC)) is None
