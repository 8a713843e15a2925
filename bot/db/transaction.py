"""The transaction of a unit: begun and ended by the driver itself, with a session in it for whoever wants one.

Most of what a small unit costs its client is the session's own road to BEGIN and COMMIT. So the driver begins and
commits, the session only composes statements, and the hot statements (`bot.db.prepared`) pass it by. A unit of a single
statement needs neither: PostgreSQL commits that by itself, in one round trip instead of three.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.connections import Connections, Held
from bot.db.faults import FOREIGN, sqlstate
from bot.errors import LucyError

_HUNG_UP = "57P"
"""PostgreSQL's last words on a connection that it ends."""
_SURELY_THERE_S = 1.0
"""A connection that was used so lately is believed to be there still; another is asked first."""


class Transaction:
    """A session whose statements commit with the block, in a place (`bot.db.roles`).

    BEGIN takes the connection there, in one round trip. Only an error of ours is rolled back. A cancel or a foreign
    error may have met BEGIN or COMMIT on its way, and a ROLLBACK sent after it may itself be cut, which would hide the
    cancel: that connection is closed instead.
    """

    __slots__ = ("_connections", "_held", "_place")

    def __init__(self, connections: Connections, place: str) -> None:
        self._connections, self._place = connections, place

    async def __aenter__(self) -> AsyncSession:
        self._held = held = await _asked(self._connections, self._place, self._begin)
        held.place = self._place
        return held.session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        held, whole, used = self._held, False, self._held.session.in_transaction()
        try:
            if error is None:
                if used:
                    await held.session.commit()
                if await held.driver.execute("COMMIT") != "COMMIT":
                    held.place = None  # an error that somebody caught: what it undid may be the step here, too
                whole = True
            elif isinstance(error, LucyError):
                if used:
                    await held.session.rollback()
                held.place = None  # the step here may be undone, too
                await held.driver.execute("ROLLBACK")
                whole = True
        finally:
            if whole:
                self._connections.give_back(held, used=used)
            else:
                await self._connections.discard(held)

    def _begin(self, held: Held) -> str:
        return "BEGIN" if held.place == self._place else f"BEGIN; {self._place}"


class Single:
    """A session for one prepared statement, which PostgreSQL commits by itself: done when the statement returns.

    A second one would be another transaction: it is refused. After an error that is not ours the connection is closed.
    """

    __slots__ = ("_connections", "_held", "_place")

    def __init__(self, connections: Connections, place: str) -> None:
        self._connections, self._place = connections, place

    async def __aenter__(self) -> AsyncSession:
        self._held = held = await _asked(self._connections, self._place, self._step)
        held.place = self._place
        held.session.info["driver"] = _Once(held.driver)
        return held.session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        held = self._held
        held.session.info["driver"] = held.driver
        by_session = held.session.in_transaction()
        if by_session or not (error is None or isinstance(error, LucyError)):
            await self._connections.discard(held)
            assert not by_session, "a single statement is a prepared one"
        else:
            self._connections.give_back(held, used=False)

    def _step(self, held: Held) -> str | None:
        is_there = held.place == self._place and time.monotonic() - held.used_at < _SURELY_THERE_S
        return None if is_there else self._place


class _Once:
    """The driver's connection, for one statement."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def __getattr__(self, name: str) -> Any:
        driver, self._driver = self._driver, None
        assert driver is not None, "a unit of a single statement is over after it"
        return getattr(driver, name)


async def _asked(connections: Connections, place: str, first: Callable[[Held], str | None]) -> Held:
    """A connection that was told the `first` words of a unit; one that was cut while nobody used it is passed over.

    Nothing else was said on that one yet. The fault of a new one is the database's.
    """
    while True:
        held = await connections.take(place)
        words = first(held)
        if words is None:
            return held
        try:
            await held.driver.execute(words)
        except BaseException as error:
            await connections.discard(held)
            if held.served and isinstance(error, FOREIGN) and _was_cut(held, error):
                continue
            raise
        return held


def _was_cut(held: Held, error: BaseException) -> bool:
    return bool(held.driver.is_closed()) or sqlstate(error).startswith(_HUNG_UP)
