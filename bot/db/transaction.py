"""The transaction of a unit: begun and ended by the driver itself, with a session in it for whoever wants one.

Half of what a small unit costs its client is the session's own road to BEGIN and COMMIT. So the driver begins and
commits, the session only composes statements, and the hot statements (`bot.db.prepared`) pass it by.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from bot.errors import LucyError


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session whose statements commit with the block; `driver_of` gives the connection it speaks through.

    Only an error of ours is rolled back. A cancel or a foreign error may have met BEGIN or COMMIT on its way, and a
    ROLLBACK sent after it may itself be cut, which would hide the cancel: that connection is closed instead.
    """
    async with engine.connect() as connection, _driver(connection) as driver:
        begun = driver.transaction()
        await begun.start()
        session = AsyncSession(connection, expire_on_commit=False, info={"driver": driver})
        try:
            yield session
            if session.in_transaction():
                await session.commit()
        except LucyError:
            await begun.rollback()
            raise
        await begun.commit()


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
