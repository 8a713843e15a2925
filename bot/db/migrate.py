"""Migrations: to head under an advisory lock, each with a lock timeout so that a busy table is never blocked for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import log
from bot.db.address import place
from bot.db.clock import ahead_of_database_s
from bot.db.database import engine_for
from bot.db.faults import FOREIGN, at_start, sqlstate
from bot.db.row_security import SecondLock, lock_up, make_roles, standing
from bot.errors import LucyError, SettingError

if TYPE_CHECKING:
    from alembic.config import Config

_log = log.get(__name__)
Found = TypeVar("Found")

LOCK_TIMEOUT_S = 0.8
"""How long a migration waits for a table, so that it never blocks those behind it for longer.

Less than the second after which PostgreSQL looks for a deadlock: it is the migration that gives way and tries again, never
an ask.
"""
_TRIES_FOR_S = 60
_LONGEST_PAUSE_S = 4.0
PATIENCE_S = 600
"""How long one statement may take, the wait for another Lucy's migrations included."""
_ONE_AT_A_TIME = "SELECT pg_advisory_lock(hashtext('lucy.migrate'))"
_NEXT = "SELECT pg_advisory_unlock(hashtext('lucy.migrate'))"
_CANCELED = "57014"
_IN_THE_WAY = ("55P03", "40P01")
"""A lock that was not to be had, a deadlock."""


class Blocked(LucyError):
    """The migrations had to wait too long for someone else, and changed nothing."""


class BehindHead(LucyError):
    """The database lacks migrations and LUCY_MIGRATE=off forbids running them."""


async def migrate(url: str, revision: str = "head", *, patience_s: float = PATIENCE_S) -> str:
    """Bring the database at `url` to `revision`; returns the revision it then has.

    Raises DatabaseAway when it does not answer, Blocked when someone holds a table or migrates for too long,
    SettingError when its PostgreSQL is older than 15 or does not let us in.
    """
    return await _with_connection(
        url, lambda connection: _upgrade(connection, revision), alone=True, patience_s=patience_s
    )


async def downgrade(url: str, revision: str, *, patience_s: float = PATIENCE_S) -> str:
    """Take the database at `url` back to `revision`. Raises as `migrate` does."""
    return await _with_connection(
        url, lambda connection: _downgrade(connection, revision), alone=True, patience_s=patience_s
    )


async def require_head(url: str) -> None:
    """Raises BehindHead when the database is not at the newest migration, or at one of a newer Lucy."""
    present = await current(url)
    if present != newest() and not is_newer(present):
        raise BehindHead(f"the database is at {present or 'nothing'}, this Lucy needs {newest()}: run `lucy migrate`")


async def current(url: str) -> str:
    """The revision of the database at `url`, empty before the first migration."""
    return await _with_connection(url, _current)


async def server_version(url: str) -> str:
    """The version of the PostgreSQL at `url`, like `16.4`."""
    return await _with_connection(
        url, lambda connection: str(connection.execute(text("SHOW server_version")).scalar_one())
    )


def is_newer(revision: str) -> bool:
    """Whether a newer Lucy migrated the database: she only added to it, so this one may serve beside her."""
    return bool(revision) and revision not in _revisions()


async def second_lock(url: str) -> SecondLock:
    """How row-level security stands in the database at `url`."""
    return await _with_connection(url, standing)


async def clock_ahead_s(url: str) -> float:
    """Seconds by which this machine's clock is ahead of that of the database at `url`, below 0 behind."""
    return await _with_connection(url, ahead_of_database_s)


def newest() -> str:
    """The revision this Lucy needs."""
    return _revisions()[-1]


@cache
def _revisions() -> tuple[str, ...]:
    """All there are, in order: each script's name begins with its own. So a start that finds nothing to do needs no Alembic."""
    return tuple(sorted(script.name.partition("_")[0] for script in _folder().glob("versions/[0-9]*_*.py")))


async def _with_connection(
    url: str, work: Callable[[Connection], Found], *, alone: bool = False, patience_s: float = PATIENCE_S
) -> Found:
    engine = engine_for(url, statement_timeout_s=patience_s)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_require_version)
            return await (_one_at_a_time(connection, work, patience_s) if alone else connection.run_sync(work))
    except FOREIGN as error:
        foreseen = at_start(error, place(engine.url))
        if foreseen is None:
            raise
        raise foreseen from error
    finally:
        await engine.dispose()


async def _one_at_a_time(connection: AsyncConnection, work: Callable[[Connection], Found], patience_s: float) -> Found:
    try:
        await connection.execute(text(_ONE_AT_A_TIME))
    except DBAPIError as error:
        if sqlstate(error) != _CANCELED:
            raise
        raise Blocked("another Lucy has been migrating this database for too long; is she stuck?") from error
    try:
        return await _once_nobody_is_in_the_way(connection, work, min(patience_s, _TRIES_FOR_S))
    finally:
        await connection.rollback()
        await connection.execute(text(_NEXT))
        await connection.commit()


async def _once_nobody_is_in_the_way(
    connection: AsyncConnection, work: Callable[[Connection], Found], patience_s: float
) -> Found:
    began, pause_s = time.monotonic(), 0.2
    while True:
        try:
            result = await connection.run_sync(work)
            await connection.commit()
        except DBAPIError as error:
            if sqlstate(error) not in _IN_THE_WAY:
                raise
            await connection.rollback()
            if (waited_s := time.monotonic() - began) > patience_s:
                raise Blocked(
                    f"other sessions have held a table for {waited_s:.0f} s; nothing was changed, "
                    "run `lucy migrate` again when they are done"
                ) from error
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        else:
            return result


def _upgrade(connection: Connection, revision: str) -> str:
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT_S * 1000:.0f}ms'"))
    before = _current(connection)
    if is_newer(before):
        _log.warning("database_is_newer", present=before, newest=newest())
        return before
    make_roles(connection)
    if before != newest() or revision not in ("head", before):
        from alembic import command

        command.upgrade(_config(connection), revision)
    lock_up(connection)
    after = _current(connection)
    if after != before:
        _log.info("migrated", before=before, after=after)
    return after


def _downgrade(connection: Connection, revision: str) -> str:
    from alembic import command

    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT_S * 1000:.0f}ms'"))
    command.downgrade(_config(connection), revision)
    return _current(connection)


def _current(connection: Connection) -> str:
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one() is None:
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or ""


def _require_version(connection: Connection) -> None:
    version = connection.execute(text("SHOW server_version_num")).scalar_one()
    if int(version) < 150000:
        raise SettingError(f"DATABASE_URL: PostgreSQL {int(version) // 10000} is too old, Lucy needs 15 or newer")


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _folder() -> Path:
    """`bot/migrations` in an installed wheel, `migrations` beside `bot` in a checkout."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "migrations"
    return packaged if packaged.is_dir() else package.parent / "migrations"
