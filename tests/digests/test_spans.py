"""Which span's digest is due, by any clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest

from bot.db.digests import DigestSetting, Kind
from bot.digests.spans import Span, due, ended


def wish(at: str, zone: str, set_at: str = "2026-01-01T00:00", kind: Kind = Kind.DAILY) -> DigestSetting:
    set_instant = datetime.fromisoformat(set_at).replace(tzinfo=UTC)
    return DigestSetting(UUID(int=1), kind, "C1", time.fromisoformat(at), zone, "U1", set_instant)


def due_at(now: str, setting: DigestSetting) -> tuple[str, str] | None:
    span = due(setting, datetime.fromisoformat(now).replace(tzinfo=UTC))
    return (str(span.first), str(span.last)) if span else None


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
    assert due_at(now, wish(at, zone)) == (day, day)


@pytest.mark.parametrize(
    ("now", "zone", "week"),
    [
        ("2026-11-23T08:00", "Europe/Berlin", ("2026-11-16", "2026-11-22")),
        ("2026-11-23T07:59", "Europe/Berlin", ("2026-11-09", "2026-11-15")),
        ("2026-11-29T23:00", "Europe/Berlin", ("2026-11-16", "2026-11-22")),
        ("2026-11-22T20:00", "Pacific/Auckland", ("2026-11-16", "2026-11-22")),
        ("2026-03-30T07:00", "Europe/Berlin", ("2026-03-23", "2026-03-29")),
        ("2026-03-30T06:59", "Europe/Berlin", ("2026-03-16", "2026-03-22")),
    ],
)
def test_last_week_is_due_on_monday(now: str, zone: str, week: tuple[str, str]) -> None:
    assert due_at(now, wish("09:00", zone, kind=Kind.WEEKLY)) == week


@pytest.mark.parametrize(
    ("now", "month"),
    [
        ("2026-12-01T09:00", ("2026-11-01", "2026-11-30")),
        ("2026-12-01T08:59", ("2026-10-01", "2026-10-31")),
        ("2027-01-01T09:00", ("2026-12-01", "2026-12-31")),
        ("2028-03-01T09:00", ("2028-02-01", "2028-02-29")),
        ("2027-03-31T12:00", ("2027-02-01", "2027-02-28")),
    ],
)
def test_last_month_is_due_on_the_first(now: str, month: tuple[str, str]) -> None:
    assert due_at(now, wish("09:00", "UTC", kind=Kind.MONTHLY)) == month


def test_nothing_is_due_from_before_the_digest_was_set() -> None:
    set_at_ten = wish("09:00", "UTC", set_at="2026-11-24T10:00")
    monthly = wish("09:00", "UTC", set_at="2026-11-24T10:00", kind=Kind.MONTHLY)

    assert due_at("2026-11-24T10:01", set_at_ten) is None
    assert due_at("2026-11-25T09:00", set_at_ten) == ("2026-11-24", "2026-11-24")
    assert due_at("2026-11-30T09:00", monthly) is None
    assert due_at("2026-12-01T09:00", monthly) == ("2026-11-01", "2026-11-30")


def test_a_zone_that_no_longer_exists_is_never_due() -> None:
    assert due_at("2026-11-24T00:00", wish("09:00", "Mars/Olympus")) is None


@pytest.mark.parametrize(
    ("kind", "label"),
    [(Kind.DAILY, "Sunday, 1 November"), (Kind.WEEKLY, "19 to 25 October"), (Kind.MONTHLY, "October 2026")],
)
def test_a_span_is_called_as_people_call_it(kind: Kind, label: str) -> None:
    assert ended(kind, date(2026, 11, 2) if kind is Kind.DAILY else date(2026, 11, 1)).label == label
    assert Span(Kind.WEEKLY, date(2026, 10, 26), date(2026, 11, 1)).label == "26 October to 1 November"
