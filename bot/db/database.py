"""The door to PostgreSQL: short units of work, each inside one workspace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from bot.db.address import address_of
from bot.db.connections import Connections
from bot.db.encryption import Cipher
from bot.db.faults import FOREIGN, away
from bot.db.operations import Operations
from bot.db.roles import EVERYWHERE, OUTSIDE, inside
from bot.db.row_security import is_on
from bot.db.transaction import Single, Transaction
from bot.db.unit import Unit

_in_unit: ContextVar[bool] = ContextVar("in_unit", default=False)
Stores = TypeVar("Stores")


class Database:
    """A pool of connections and the units of work on it."""

    def __init__(self, connections: Connections, cipher: Cipher, *, sharded: bool = False) -> None:
        self._connections, self._cipher, self.sharded = connections, cipher, sharded
        self._locked: bool | None = None

    @property
    def url(self) -> str:
        """Where this database is; it contains the password."""
        return self._connections.engine.url.render_as_string(hide_password=False)

    @classmethod
    def open(
        cls, url: str, cipher: Cipher, *, pool_size: int = 10, statement_timeout_s: float = 30, sharded: bool = False
    ) -> Self:
        """Connections to `url` (`postgres://`, `postgresql://` or `postgresql+asyncpg://`), made on first use."""
        engine = engine_for(
            url, statement_timeout_s=statement_timeout_s, isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        return cls(Connections(engine, pool_size), cipher, sharded=sharded)

    async def close(self) -> None:
        await self._connections.close()

    def unit(self, workspace_id: UUID, *, single: bool = False) -> AbstractAsyncContextManager[Unit]:
        """A unit of work in one workspace. Raises DatabaseAway; units do not nest.

        A `single` one is of one prepared statement, which is done when it returns: an error after it undoes nothing.
        """
        return _Work(
            partial(self._begun, inside(workspace_id), single=single),
            lambda session: Unit(session, workspace_id, self._cipher),
        )

    def operations(self, *, single: bool = False) -> AbstractAsyncContextManager[Operations]:
        """A unit of work across all workspaces. Raises DatabaseAway."""
        return _Work(
            partial(self._begun, EVERYWHERE, single=single),
            lambda session: Operations(session, self._cipher, sharded=self.sharded),
        )

    async def ping(self) -> None:
        """Raises DatabaseAway when PostgreSQL does not answer."""
        async with self._session() as session:
            await session.execute(text("SELECT 1"))

    def _session(self) -> AbstractAsyncContextManager[AsyncSession]:
        return _Work(partial(self._begun, OUTSIDE), lambda session: session)

    async def _begun(self, place: str, *, single: bool = False) -> AbstractAsyncContextManager[AsyncSession]:
        """What a unit begins with: in its role, where the second lock is on."""
        if self._locked is None:
            async with Transaction(self._connections, OUTSIDE) as session:
                self._locked = await is_on(session)
        return (Single if single else Transaction)(self._connections, place if self._locked else OUTSIDE)


class _Work(Generic[Stores]):
    """The block of a unit. By hand, for a hundred of them a second."""

    __slots__ = ("_begun", "_make", "_token", "_transaction")

    def __init__(
        self,
        begun: Callable[[], Awaitable[AbstractAsyncContextManager[AsyncSession]]],
        make: Callable[[AsyncSession], Stores],
    ) -> None:
        self._begun, self._make = begun, make

    async def __aenter__(self) -> Stores:
        assert not _in_unit.get(), "units of work do not nest"
        self._token = _in_unit.set(True)
        try:
            self._transaction = await self._begun()
            return self._make(await self._transaction.__aenter__())
        except BaseException as error:
            _in_unit.reset(self._token)
            _tell(error)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._transaction.__aexit__(kind, error, trace)
        except BaseException as later:
            _tell(later)
            raise
        finally:
            _in_unit.reset(self._token)
        if error is not None:
            _tell(error)


def _tell(error: BaseException) -> None:
    """Raises DatabaseAway for a foreign error that means it."""
    if isinstance(error, FOREIGN) and (absent := away(error)) is not None:
        raise absent from error


def inside_unit() -> bool:
    """True while this task holds a transaction: no model, Slack or HTTP call may be made."""
    return _in_unit.get()


def engine_for(url: str, *, statement_timeout_s: float = 30, **more: Any) -> AsyncEngine:
    """An engine for any of the URL forms people paste; its errors hold no values. Raises SettingError."""
    plain, arguments = address_of(url)
    arguments["server_settings"]["statement_timeout"] = str(int(statement_timeout_s * 1000))
    return create_async_engine(plain, connect_args=arguments, hide_parameters=True, **more)
