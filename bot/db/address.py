"""What a DATABASE_URL means: the forms people paste, with the options that hosts of PostgreSQL put into them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingError

_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
_OURS = frozenset({"sslmode", "sslrootcert", "connect_timeout", "application_name", "channel_binding"})
_DRIVERS = frozenset({"host", "port", "target_session_attrs", "prepared_statement_cache_size"})


def address_of(url: str) -> tuple[URL, dict[str, Any]]:
    """Where to connect, and with which of asyncpg's arguments. Raises SettingError for what cannot be meant."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise SettingError("DATABASE_URL: not a PostgreSQL URL") from error
    if parsed.drivername not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise SettingError(f"DATABASE_URL: {parsed.drivername!r} is not PostgreSQL")
    if not 0 < (parsed.port or 5432) < 65536:
        raise SettingError(f"DATABASE_URL: {parsed.port} is not a port")
    options = {name: str(value) for name, value in parsed.query.items() if name in _OURS}
    unknown = sorted(set(parsed.query) - _OURS - _DRIVERS)
    if unknown:
        known = ", ".join(sorted(_OURS | _DRIVERS))
        raise SettingError(f"DATABASE_URL: the option {unknown[0]!r} is not understood, only {known}")
    plain = parsed.set(drivername="postgresql+asyncpg").difference_update_query(sorted(_OURS))
    return plain, _arguments(options)


def place(url: URL) -> str:
    """Host and port, or the socket's folder: what an operator looks for, without the password."""
    host = url.query.get("host", url.host)
    return f"{host or 'localhost'}:{url.port}" if url.port else str(host or "localhost")


def _arguments(options: Mapping[str, str]) -> dict[str, Any]:
    wait = options.get("connect_timeout", "5")
    if not wait.isdecimal():
        raise SettingError(f"DATABASE_URL: connect_timeout={wait} is not a number of seconds")
    if options.get("channel_binding") == "require":
        raise SettingError(
            "DATABASE_URL: channel_binding=require is not supported; leave it out, sslmode=verify-full protects as well"
        )
    arguments: dict[str, Any] = {
        "timeout": int(wait) or 5,
        "server_settings": {"application_name": options.get("application_name", "lucy"), "timezone": "UTC"},
    }
    if "sslmode" in options or "sslrootcert" in options:
        arguments["ssl"] = _tls(options.get("sslmode", "prefer"), options.get("sslrootcert"))
    return arguments


def _tls(mode: str, root: str | None) -> ssl.SSLContext | str:
    """As libpq does it: a root certificate makes `require` verify; where none is named, the system's are trusted."""
    if mode not in _MODES:
        raise SettingError(f"DATABASE_URL: sslmode={mode} is none of libpq's modes")
    if mode in {"disable", "allow", "prefer"} or (mode == "require" and root is None):
        return mode
    file = _root_certificate(root)
    try:
        context = ssl.create_default_context(cafile=file)
    except OSError as error:
        raise SettingError(f"DATABASE_URL: sslrootcert={file} cannot be read: {error.strerror}") from error
    context.check_hostname = mode == "verify-full"
    return context


def _root_certificate(named: str | None) -> Path | None:
    if named == "system":
        return None
    usual = Path("~/.postgresql/root.crt").expanduser()
    return Path(named) if named else usual if usual.exists() else None
