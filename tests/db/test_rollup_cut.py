"""Where the past is cut: at every midnight of the zones, whatever their clocks do then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.db.rollup_cut import known, piece

QUARTER = timedelta(minutes=15)
SET_AT_MIDNIGHT = (
    "America/Havana", "Asia/Beirut", "Africa/Cairo", "America/Santiago", "Atlantic/Azores", "America/Scoresbysund",
    "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu", "America/St_Johns", "Europe/Berlin",
)  # fmt: skip
"""Zones whose clocks change at midnight, or by half an hour, or that are a quarter apart; and a plain one."""


@pytest.mark.parametrize("name", SET_AT_MIDNIGHT)
def test_no_midnight_lies_inside_a_piece(name: str) -> None:
    zone = ZoneInfo(name)
    for quarter in quarters_of_changes(zone):
        start, end = piece(quarter, ("UTC", name))

        inside = [start + QUARTER * n for n in range(int((end - start) / QUARTER))]
        assert start <= quarter < end <= start + timedelta(days=1), quarter
        for of in (UTC, zone):
            assert len({at.astimezone(of).date() for at in inside}) == 1, quarter


def quarters_of_changes(zone: ZoneInfo) -> list[datetime]:
    """A day's quarters around each change of its clocks in a year, and of one plain day."""
    plain = datetime(2026, 1, 15, tzinfo=UTC)
    noons = [datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(365)]
    changes = [
        a for a in noons if a.astimezone(zone).utcoffset() != (a + timedelta(days=1)).astimezone(zone).utcoffset()
    ]
    return [start + QUARTER * n for start in (plain, *changes[:4]) for n in range(0, 144, 3)]


def test_what_is_no_zone_is_left_out_and_utc_is_always_there() -> None:
    assert known(["Europe/Berlin", "Mars/Olympus", "../etc"]) == {"UTC", "Europe/Berlin"}
