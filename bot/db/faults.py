"""PostgreSQL's refusals in words: a setting that is wrong, a server that cannot serve for now, else a bug of ours."""

from __future__ import annotations

import socket
import ssl

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import DatabaseAway, LucyError, SettingError

FOREIGN = (OSError, PoolTimeout, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a statement may raise that is not ours, through the session or from the driver itself."""
_REFUSED = ("28", "3D000")
"""Classes of SQLSTATE, from PostgreSQL's appendix A: the login or the database is not accepted there."""
_NOT_ALLOWED = ("42501", "25006")
"""The user may not create tables; the server is a standby that only reads."""
_FOR_NOW = ("08", "25006", "40", "53", "55P03", "57", "58")
"""Connection lost, failed over to a standby, deadlock, disk or connections used up, a lock that was not to be had, stopping
or starting, I/O error."""

_NETWORK = (
    (socket.gaierror, "the host's name is not known"),
    (TimeoutError, "no answer in time"),
    (ConnectionRefusedError, "connection refused"),
    (FileNotFoundError, "no server listens on that socket"),
)


def away(error: BaseException) -> DatabaseAway | None:
    """What a running Lucy makes of an error: the database cannot serve for now; None for a bug."""
    state = sqlstate(error)
    if state.startswith(_FOR_NOW + _REFUSED) or _lost(error):
        return DatabaseAway(words(error))
    return None


def at_start(error: BaseException, place: str) -> LucyError | None:
    """The same for a command that begins: what the operator must set otherwise is told as such."""
    if sqlstate(error).startswith(_REFUSED + _NOT_ALLOWED) or _no_trust(error):
        return SettingError(f"DATABASE_URL: {words(error)}")
    if away(error):
        return DatabaseAway(f"the database at {place} does not answer: {words(error)}")
    return None


def sqlstate(error: BaseException) -> str:
    """The five characters PostgreSQL gave, or nothing."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")


def words(error: BaseException) -> str:
    """One line without values of a statement: the server's own where it spoke, else what the network did."""
    if sqlstate(error):
        spoken = getattr(error, "orig", error)
        return (str(spoken.__cause__ or spoken).splitlines() or [type(error).__name__])[0]
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    for kind, meaning in _NETWORK:
        if isinstance(error, kind):
            return meaning
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return type(getattr(error, "orig", None) or error).__name__


def _no_trust(error: BaseException) -> bool:
    """TLS that was asked for cannot be had; asyncpg tells that the server has none by a bare ConnectionError."""
    return isinstance(error, ssl.SSLError) or type(error) is ConnectionError


def _lost(error: BaseException) -> bool:
    if isinstance(error, OSError | PoolTimeout | InterfaceError | OperationalError):
        return True
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return not isinstance(error, ValueError)
    return isinstance(error, DBAPIError) and error.connection_invalidated
