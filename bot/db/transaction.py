"""The transaction of a unit: begun and ended by the driver itself, with a session in it for whoever wants one.

Most of what a small unit costs its client is the session's own road to BEGIN and COMMIT. So the driver begins and
commits, the session only composes statements, and the hot statements (`bot.db.prepared`) pass it by.
"""

from __future__ import annotations

from types import TracebackType

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.connections import Connections, Held
from bot.db.faults import FOREIGN, sqlstate
from bot.errors import LucyError

_HUNG_UP = "57P"
"""PostgreSQL's last words on a connection that it ends."""


class Transaction:
    """A session whose statements commit with the block; `driver_of` gives the connection it speaks through.

    `begin` is BEGIN with whatever else the unit begins with, in one round trip. Only an error of ours is rolled back. A
    cancel or a foreign error may have met BEGIN or COMMIT on its way, and a ROLLBACK sent after it may itself be cut,
    which would hide the cancel: that connection is closed instead.
    """

    __slots__ = ("_begin", "_connections", "_held")

    def __init__(self, connections: Connections, begin: str) -> None:
        self._connections, self._begin = connections, begin

    async def __aenter__(self) -> AsyncSession:
        while (held := await self._begun()) is None:
            continue
        self._held = held
        return held.session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        held, whole, used = self._held, False, self._held.session.in_transaction()
        try:
            if error is None:
                if used:
                    await held.session.commit()
                await held.driver.execute("COMMIT")
                whole = True
            elif isinstance(error, LucyError):
                if used:
                    await held.session.rollback()
                await held.driver.execute("ROLLBACK")
                whole = True
        finally:
            if whole:
                self._connections.give_back(held, used=used)
            else:
                await self._connections.discard(held)

    async def _begun(self) -> Held | None:
        """A connection with a transaction on it; None when it was cut while nobody used it.

        Nothing was said yet: that one is dropped, and the next may be asked. The fault of a new one is the database's.
        """
        held = await self._connections.take()
        try:
            await held.driver.execute(self._begin)
        except BaseException as error:
            await self._connections.discard(held)
            if held.served and isinstance(error, FOREIGN) and _was_cut(held, error):
                return None
            raise
        return held


def _was_cut(held: Held, error: BaseException) -> bool:
    return bool(held.driver.is_closed()) or sqlstate(error).startswith(_HUNG_UP)
