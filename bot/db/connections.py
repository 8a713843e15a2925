"""Open connections, lent to one unit at a time: one that stands in its place first, and never one that was cut meanwhile."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from bot.errors import DatabaseAway

_PATIENCE_S = 5.0
"""A database whose connections are all in use for so long is too busy to be waited for."""


@dataclass(slots=True)
class Held:
    """An open connection: the driver's, SQLAlchemy's around it, a fresh session on that. One that `served` may have been cut.

    `place` is where it stands (`bot.db.roles`), None while nobody knows; `used_at` is when it was given back last.
    """

    connection: AsyncConnection
    driver: Any
    session: AsyncSession
    served: bool = False
    place: str | None = None
    used_at: float = 0.0


class Connections:
    """At most so many connections of an engine whose own pool keeps none.

    SQLAlchemy's pool costs a switch of greenlets to borrow from and another to give back to, more than the driver needs
    for BEGIN and COMMIT together.
    """

    def __init__(self, engine: AsyncEngine, most: int, patience_s: float = _PATIENCE_S) -> None:
        self.engine, self._patience_s = engine, patience_s
        self._idle: list[Held] = []
        self._places = asyncio.Semaphore(most)

    async def take(self, place: str) -> Held:
        """The one used last of those that stand in `place`, else the one that rested longest.

        End with `give_back` or `discard`. Raises DatabaseAway when none is free for too long, and what connecting raises.
        """
        if self._places.locked():
            try:
                async with asyncio.timeout(self._patience_s):
                    await self._places.acquire()
            except TimeoutError:
                raise DatabaseAway(f"no connection was free for {self._patience_s:g} s") from None
        else:
            await self._places.acquire()
        try:
            while self._idle:
                held = self._nearest(place)
                if not held.driver.is_closed():
                    return held
                await held.connection.invalidate()
            return await self._connect()
        except BaseException:
            self._places.release()
            raise

    def give_back(self, held: Held, *, used: bool) -> None:
        """Nothing of a transaction is left on it. A session that was `used` remembers rows: the next unit gets another."""
        held.served, held.used_at = True, time.monotonic()
        if used:
            held.session = _session(held.connection, held.driver)
        self._idle.append(held)
        self._places.release()

    def _nearest(self, place: str) -> Held:
        for number in range(len(self._idle) - 1, -1, -1):
            if self._idle[number].place == place:
                return self._idle.pop(number)
        return self._idle.pop(0)

    async def discard(self, held: Held) -> None:
        """Cut it: nobody knows what is left on it, and a server that stands still would take two seconds for a goodbye."""
        try:
            held.driver.terminate()
            await held.connection.invalidate()
        finally:
            self._places.release()

    async def close(self) -> None:
        """Close those that are not lent."""
        while self._idle:
            await self._idle.pop().connection.close()
        await self.engine.dispose()

    async def _connect(self) -> Held:
        connection = await self.engine.connect()
        assert connection.sync_connection
        driver = connection.sync_connection.connection.driver_connection
        return Held(connection, driver, _session(connection, driver))


def driver_of(session: AsyncSession) -> Any:
    """The driver's connection, inside the transaction of the session's unit."""
    return session.info["driver"]


def _session(connection: AsyncConnection, driver: Any) -> AsyncSession:
    return AsyncSession(connection, expire_on_commit=False, info={"driver": driver})
