"""Periods are whole local days, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.costs.periods import UnknownPeriod, UnknownZone, period

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("", "2026-11-24", "2026-11-25"),
        (" Today ", "2026-11-24", "2026-11-25"),
        ("yesterday", "2026-11-23", "2026-11-24"),
        ("week", "2026-11-18", "2026-11-25"),
        ("month", "2026-11-01", "2026-11-25"),
        ("last month", "2026-10-01", "2026-11-01"),
        ("7d", "2026-11-18", "2026-11-25"),
        ("30D", "2026-10-26", "2026-11-25"),
        ("2026-02-01..2026-02-28", "2026-02-01", "2026-03-01"),
        ("2026-02-01..2026-02-01", "2026-02-01", "2026-02-02"),
    ],
)
def test_a_period_has_a_first_instant_and_one_after_its_last(words: str, start: str, end: str) -> None:
    named = period(words, NOW)

    assert (named.start, named.end) == (at(start), at(end))


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        ("America/New_York", "2026-11-23T05:00", 24),
        ("Asia/Kolkata", "2026-11-23T18:30", 24),
        ("Asia/Kathmandu", "2026-11-23T18:15", 24),
        ("Pacific/Kiritimati", "2026-11-23T10:00", 24),
    ],
)
def test_today_is_the_local_day_of_the_zone(zone: str, start: str, hours: int) -> None:
    today = period("today", NOW, zone)

    assert today.start == at(start)
    assert today.end - today.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2026-09-06", "America/Santiago", 23),
        ("2026-04-04", "America/Santiago", 25),
        ("2026-10-04", "Australia/Lord_Howe", 23.5),
    ],
)
def test_the_day_of_a_clock_change_is_as_long_as_it_was(day: str, zone: str, hours: float) -> None:
    changed = period(f"{day}..{day}", NOW, zone)

    assert changed.end - changed.start == timedelta(hours=hours)


@given(
    st.integers(min_value=1_735_689_600, max_value=2_051_222_400),
    st.sampled_from(
        ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Chatham", "Africa/Cairo"]
    ),
)
def test_yesterday_ends_where_today_begins_on_a_quarter_of_an_hour(seconds: int, zone: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)

    today, yesterday = (period(words, now, zone) for words in ("today", "yesterday"))

    assert yesterday.end == today.start <= now < today.end
    assert today.start.timestamp() % 900 == 0


@pytest.mark.parametrize(
    "words",
    ["fortnight", "2026-02-30..2026-03-01", "2026-03-02..2026-03-01", "2026-03-01", "0001-01-01..2026-01-01",
     "9999-12-31..9999-12-31", "2026-01-01..", "..", "\x00"],
)  # fmt: skip
def test_what_is_no_period_gets_a_sentence_naming_what_is_possible(words: str) -> None:
    with pytest.raises(UnknownPeriod) as refused:
        period(words, NOW, "Europe/Berlin")

    assert "`yesterday`" in refused.value.sentence
    assert "yesterday" in str(refused.value)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe", "x\x00y", "A" * 5000])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(UnknownZone):
        period("today", NOW, zone)
