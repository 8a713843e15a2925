"""The transaction of a unit: begun and ended by the driver itself, with a session in it for whoever wants one.

Half of what a small unit costs its client is the session's own road to BEGIN and COMMIT. So the driver begins and
commits, the session only composes statements, and the hot statements (`bot.db.prepared`) pass it by.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from weakref import WeakSet

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from bot.db.faults import FOREIGN, sqlstate
from bot.errors import LucyError

_HUNG_UP = "57P"
"""PostgreSQL's last words on a connection that it ends."""
_Begun = tuple[AsyncConnection, Any]

_seasoned: WeakSet[Any] = WeakSet()
"""Connections that served before, and may have been cut since."""


@asynccontextmanager
async def transaction(engine: AsyncEngine, begin: str) -> AsyncIterator[AsyncSession]:
    """A session whose statements commit with the block; `driver_of` gives the connection it speaks through.

    `begin` is BEGIN with whatever else the unit begins with, in one round trip. Only an error of ours is rolled back. A
    cancel or a foreign error may have met BEGIN or COMMIT on its way, and a ROLLBACK sent after it may itself be cut,
    which would hide the cancel: that connection is closed instead.
    """
    async with AsyncExitStack() as held:
        while (started := await _begin(engine, held, begin)) is None:
            continue
        connection, driver = started
        session = AsyncSession(connection, expire_on_commit=False, info={"driver": driver})
        try:
            yield session
            if session.in_transaction():
                await session.commit()
        except LucyError:
            await driver.execute("ROLLBACK")
            raise
        await driver.execute("COMMIT")


async def _begin(engine: AsyncEngine, held: AsyncExitStack, begin: str) -> _Begun | None:
    """A transaction on a connection that `held` gives back; None when it was cut while it lay in the pool.

    Nothing was said yet: that one is dropped, and the next may be asked. The fault of a new one is the database's.
    """
    async with AsyncExitStack() as tried:
        connection = await tried.enter_async_context(engine.connect())
        driver = await tried.enter_async_context(_driver(connection))
        try:
            await driver.execute(begin)
        except FOREIGN as error:
            if driver in _seasoned and (driver.is_closed() or sqlstate(error).startswith(_HUNG_UP)):
                await connection.invalidate()
                return None
            raise
        _seasoned.add(driver)
        held.push_async_exit(tried.pop_all())
    return connection, driver


@asynccontextmanager
async def _driver(connection: AsyncConnection) -> AsyncIterator[Any]:
    """The connection under `connection`; the pool gets it back only when nothing can be left of its transaction."""
    assert connection.sync_connection
    driver = connection.sync_connection.connection.driver_connection
    assert driver
    whole = False
    try:
        yield driver
        whole = True
    except LucyError:
        whole = True
        raise
    finally:
        if driver.is_closed() or not whole:
            await connection.invalidate()


def driver_of(session: AsyncSession) -> Any:
    """The driver's connection, inside the transaction of the session's unit."""
    return session.info["driver"]


def refuse_closed(engine: AsyncEngine) -> AsyncEngine:
    """The engine's pool hands out no connection that is closed already: who comes after an outage does not meet it."""
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, *_: object) -> None:
    if connection.driver_connection.is_closed():
        raise DisconnectionError
