"""How far this machine's clock is from the database's, by which everything is decided that replicas share."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, text

NOW = text("SELECT clock_timestamp()")
FAR_S = 60
"""Worth a word: where it is 300 s, a delivery of Slack's, signed with its time, is refused for its age."""


def ahead_of_database_s(connection: Connection) -> float:
    """Seconds by which this machine's clock is ahead of the database's, below 0 behind."""
    asked = datetime.now(UTC)
    theirs: datetime = connection.execute(NOW).scalar_one()
    return ahead_s(asked, theirs, datetime.now(UTC))


def ahead_s(asked: datetime, theirs: datetime, told: datetime) -> float:
    """The same from three clock readings: `theirs` was made between being `asked` for and `told`."""
    return (asked + (told - asked) / 2 - theirs).total_seconds()
