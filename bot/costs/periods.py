"""Periods as people name them, as instants in their zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import LucyError

NAMES = ("today", "yesterday", "week", "month", "last month", "7d", "30d")
_LAST_DAYS = re.compile(r"([1-9]\d{0,2})d")
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")
_YEARS = range(2000, 3000)


class UnknownPeriod(LucyError):
    """Not a period we know."""

    sentence = "I know `today`, `yesterday`, `week`, `month`, `last month`, `7d`, `30d` and `YYYY-MM-DD..YYYY-MM-DD`."


class UnknownZone(LucyError):
    """Not a time zone of the IANA database."""

    sentence = "I don't know that time zone; try one like `Europe/Berlin`."


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end` (aware UTC instants), whole local days of `zone`."""

    label: str
    start: datetime
    end: datetime
    zone: str

    def days(self) -> list[date]:
        """Its local days, in order."""
        zone = zone_of(self.zone)
        first, after = self.start.astimezone(zone).date(), self.end.astimezone(zone).date()
        return [first + timedelta(days=day) for day in range((after - first).days)]


def zone_of(name: str) -> ZoneInfo:
    """A time zone by name. Raises UnknownZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(f"{name[:40]!r} is no time zone; try one like Europe/Berlin") from error


def period(words: str, now: datetime, zone: str = "UTC") -> Period:
    """The period that `words` name, seen from `now`. `week` is the last seven days, `30d` the last
    thirty (today included), `month` since the first, `last month` the one before.

    Raises UnknownPeriod.
    """
    today = now.astimezone(zone_of(zone)).date()
    match words.strip().lower():
        case "" | "today":
            return days("today", today, today, zone)
        case "yesterday":
            return days("yesterday", today - timedelta(days=1), today - timedelta(days=1), zone)
        case "week":
            return days("the last 7 days", today - timedelta(days=6), today, zone)
        case "month":
            return days("this month", today.replace(day=1), today, zone)
        case "last month" | "last-month":
            last = today.replace(day=1) - timedelta(days=1)
            return days("last month", last.replace(day=1), last, zone)
        case other:
            return _last_days(other, today, zone) or _range(other, zone)


def days(label: str, first: date, last: date, zone: str) -> Period:
    """Whole local days, both included; a day of a clock change has 23 or 25 hours."""
    return Period(label, _midnight(first, zone), _midnight(last + timedelta(days=1), zone), zone)


def _last_days(words: str, today: date, zone: str) -> Period | None:
    found = _LAST_DAYS.fullmatch(words)
    if not found:
        return None
    count = int(found[1])
    return days(f"the last {count} days" if count > 1 else "today", today - timedelta(days=count - 1), today, zone)


def _range(words: str, zone: str) -> Period:
    found = _RANGE.fullmatch(words)
    try:
        first, last = (date.fromisoformat(part) for part in found.groups()) if found else (date.max, date.min)
    except ValueError as error:
        raise _unknown(words) from error
    if first > last or first.year < _YEARS.start or last.year not in _YEARS:
        raise _unknown(words)
    return days(f"{first} to {last}", first, last, zone)


def _unknown(words: str) -> UnknownPeriod:
    return UnknownPeriod(f"{words[:40]!r} is none of {', '.join(NAMES)}, YYYY-MM-DD..YYYY-MM-DD")


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), zone_of(zone)).astimezone(UTC)
