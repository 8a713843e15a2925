"""What a digest covers, and when it is due: yesterday each day, last week on Mondays, last month on the 1st."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import assert_never

from bot.costs.periods import UnknownZone, zone_of
from bot.db.digests import DigestSetting, Kind

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole local days, both included."""

    kind: Kind
    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        """`Monday, 23 November`, `16 to 22 November`, `October 2026`."""
        match self.kind:
            case Kind.DAILY:
                return f"{self.last:%A, %-d %B}"
            case Kind.WEEKLY:
                start = f"{self.first:%-d}" if self.first.month == self.last.month else f"{self.first:%-d %B}"
                return f"{start} to {self.last:%-d %B}"
            case Kind.MONTHLY:
                return f"{self.last:%B %Y}"

    def before(self) -> Span:
        """The span just before this one."""
        return ended(self.kind, self.first)


def ended(kind: Kind, day: date) -> Span:
    """The latest span that was over when `day` began."""
    match kind:
        case Kind.DAILY:
            return Span(kind, day - DAY, day - DAY)
        case Kind.WEEKLY:
            monday = _turn(kind, day)
            return Span(kind, monday - 7 * DAY, monday - DAY)
        case Kind.MONTHLY:
            last = _turn(kind, day) - DAY
            return Span(kind, last.replace(day=1), last)
        case _:
            assert_never(kind)


def due(setting: DigestSetting, now: datetime) -> Span | None:
    """What is due: the span that ended last, once its hour has come since the digest was set.

    Spans missed before that are not caught up. A clock change cannot make one due twice: its last day is the key.
    """
    at = fell_due(setting, now)
    return ended(setting.kind, at.date()) if at and at >= setting.set_at else None


def fell_due(setting: DigestSetting, now: datetime) -> datetime | None:
    """When a digest last fell due, in the setting's zone; None where that is unknown."""
    try:
        zone = zone_of(setting.zone)
    except UnknownZone:
        return None
    local = now.astimezone(zone)
    turn = _turn(setting.kind, local.date())
    if local < datetime.combine(turn, setting.at, zone):
        turn = _turn(setting.kind, turn - DAY)
    return datetime.combine(turn, setting.at, zone)


def _turn(kind: Kind, day: date) -> date:
    """The day on or before `day` on which a span of this kind has just ended."""
    match kind:
        case Kind.DAILY:
            return day
        case Kind.WEEKLY:
            return day - day.weekday() * DAY
        case Kind.MONTHLY:
            return day.replace(day=1)
