"""A process whose wall clock is wrong. Monotonic clocks stay, as they do where somebody sets a machine's clock."""

from __future__ import annotations

import datetime
import sys
import time

from tests.tracked import ROOT

_RIGHT = datetime.datetime


def python(seconds: float, then: str) -> tuple[str, ...]:
    """The command of a Python so many seconds ahead (behind, below 0): its clock is set before anything else is imported."""
    set_clock = f"sys.path.insert(0, {str(ROOT)!r}); from tests import wrong_clock; wrong_clock.set_ahead({seconds})"
    return (sys.executable, "-c", f"import sys; {set_clock}; {then}")


def set_ahead(seconds: float) -> None:
    """From now on `time` and `datetime` are wrong, for every module that is imported later."""
    by, by_ns = datetime.timedelta(seconds=seconds), int(seconds * 10**9)
    right_s, right_ns = time.time, time.time_ns
    time.time = lambda: right_s() + seconds
    time.time_ns = lambda: right_ns() + by_ns

    class Wrong(_RIGHT, metaclass=_EveryDatetime):
        """As large as what it stands for, which C looks at; what `today` says follows `time.time`."""

        __slots__ = ()

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> _RIGHT:
            return _RIGHT.now(tz) + by

        @classmethod
        def utcnow(cls) -> _RIGHT:
            return _RIGHT.now(datetime.UTC).replace(tzinfo=None) + by

    datetime.datetime = Wrong  # type: ignore[misc]


class _EveryDatetime(type):
    """Values from elsewhere, a driver's among them, are datetimes too."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _RIGHT)
