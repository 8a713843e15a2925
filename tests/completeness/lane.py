"""A way to PostgreSQL of its own, that a test can close, cut in the middle of a commit, and open again."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import make_url

from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.unit import Unit

_SOCKET = ".s.PGSQL.5432"
_COMMIT = (b"COMMIT", b"commit")


class Killed(BaseException):
    """The process that did this is dead: none of its cleaning up reaches the database any more."""


class Proxy:
    """Carries bytes between a client and PostgreSQL while it is open; it can lose the answer to the next commit."""

    def __init__(self, url: str) -> None:
        self._to, self._open, self.lose_next_commit = make_url(url), True, False
        self._writers: set[asyncio.StreamWriter] = set()

    def close(self) -> None:
        """The database is away: every connection breaks, none is let in."""
        self._open = False
        for writer in self._writers:
            writer.transport.abort()

    def open(self) -> None:
        """It is back."""
        self._open, self.lose_next_commit = True, False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        host = str(self._to.query.get("host", self._to.host))
        if host.startswith("/"):
            back, out = await asyncio.open_unix_connection(f"{host}/{_SOCKET}")
        else:
            back, out = await asyncio.open_connection(host, self._to.port or 5432)
        mine = {writer, out}
        self._writers |= mine
        losing = asyncio.Event()
        try:
            await asyncio.gather(self._pump(reader, out, losing, None), self._pump(back, writer, None, losing))
        finally:
            self._writers -= mine
            for end in mine:
                end.transport.abort()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, sets: asyncio.Event | None,
        heeds: asyncio.Event | None,
    ) -> None:  # fmt: skip
        with contextlib.suppress(ConnectionError):
            while received := await source.read(65536):
                if sets is not None and self.lose_next_commit and any(word in received for word in _COMMIT):
                    self.lose_next_commit = False
                    sets.set()
                if heeds is not None and heeds.is_set():
                    self.close()
                    return
                sink.write(received)
                await sink.drain()
        sink.transport.abort()


class Door(Database):
    """Lucy's door to the database, for one worker: once it is killed, nothing it does gets through."""

    dead = False
    units_left: int | None = None

    @asynccontextmanager
    async def unit(self, workspace_id: UUID, *, single: bool = False) -> AsyncIterator[Unit]:
        if self.units_left is not None:
            self.units_left -= 1
            self.dead = self.dead or self.units_left < 0
        if self.dead:
            raise Killed
        async with super().unit(workspace_id, single=single) as unit:
            yield unit

    def another(self) -> Door:
        """A new worker's, on the same connections."""
        return Door(self._connections, self._cipher)


@asynccontextmanager
async def lane(url: str, cipher: Cipher) -> AsyncIterator[tuple[Door, Proxy]]:
    """A door and the proxy behind it."""
    proxy, parsed = Proxy(url), make_url(url)
    with tempfile.TemporaryDirectory(prefix="lucy-lane-") as folder:
        server = await asyncio.start_unix_server(proxy.carry, str(Path(folder) / _SOCKET))
        query: dict[str, Any] = {**parsed.query, "host": folder}
        through = parsed.set(host=None, port=None, query=query)
        door = Door.open(through.render_as_string(hide_password=False), cipher, pool_size=3)
        try:
            yield door, proxy
        finally:
            await door.close()
            proxy.close()
            server.close()
