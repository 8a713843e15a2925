"""What people paste into DATABASE_URL, and what they are told when it does not lead to a database."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from bot.app import open_database
from bot.commands.findings import State
from bot.commands.inspection import database
from bot.config import Settings
from bot.db.address import address_of
from bot.db.migrate import current, migrate
from bot.errors import DatabaseAway, SettingError


@pytest.fixture
async def without_tls() -> AsyncIterator[int]:
    """The port of a server that declines TLS, as PostgreSQL does without a certificate."""

    async def decline(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"N")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(decline, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
async def test_every_form_of_the_url_reaches_the_database(database_url: str, scheme: str, mode: str) -> None:
    url = make_url(database_url).set(drivername=scheme).update_query_dict({"sslmode": mode, "connect_timeout": "10"})

    assert await current(url.render_as_string(hide_password=False)) == await current(database_url)


def test_tls_is_verified_as_far_as_libpq_would() -> None:
    full = address_of("postgres://u:p@h/d?sslmode=verify-full&sslrootcert=system")[1]["ssl"]
    chain = address_of("postgres://u:p@h/d?sslmode=verify-ca&sslrootcert=system")[1]["ssl"]
    named = address_of("postgres://u:p@h/d?sslmode=require&sslrootcert=system")[1]["ssl"]

    assert (full.verify_mode, full.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (chain.verify_mode, chain.check_hostname) == (ssl.CERT_REQUIRED, False)
    assert (named.verify_mode, named.check_hostname) == (ssl.CERT_REQUIRED, False)
    assert address_of("postgres://u:p@h/d?sslmode=require")[1]["ssl"] == "require"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "not a PostgreSQL URL"),
        ("postgresql://u:p@h:port/d", "not a PostgreSQL URL"),
        ("postgresql://u:p@h:99999/d", "99999 is not a port"),
        ("mysql://u:p@h/d", "'mysql' is not PostgreSQL"),
        ("postgresql://u:p@h/d?sslmode=maybe", "sslmode=maybe"),
        ("postgresql://u:p@h/d?sslmode=require&sslrootcert=/nowhere.pem", "sslrootcert=/nowhere.pem cannot be read"),
        ("postgresql://u:p@h/d?connect_timeout=soon", "connect_timeout=soon"),
        ("postgresql://u:p@h/d?channel_binding=require", "channel_binding"),
        ("postgresql://u:p@h/d?pgbouncer=true", "the option 'pgbouncer' is not understood"),
    ],
)
def test_a_url_that_cannot_be_meant_is_told_in_one_line_without_its_password(url: str, said: str) -> None:
    with pytest.raises(SettingError, match=said) as told:
        address_of(url)

    assert "u:p" not in str(told.value)
    assert str(told.value).startswith("DATABASE_URL: ")


async def test_a_wrong_password_or_database_is_a_bad_setting_in_the_servers_own_words(
    database_url: str, tmp_path: Path
) -> None:
    good = make_url(database_url)
    wrong = [good.set(password="guess"), good.set(database="nowhere"), good.set(username="nobody_here")]

    for url in wrong:
        settings = Settings(
            database_url=SecretStr(url.render_as_string(hide_password=False)), home=tmp_path, _env_file=None
        )
        [finding] = [finding async for finding in database(settings)]
        with pytest.raises(SettingError) as told:
            async with open_database(settings):
                pass

        assert finding.state is State.SETTING
        assert str(told.value) == finding.detail
        assert any(
            name in finding.detail for name in (f'user "{good.username}"', 'database "nowhere"', '"nobody_here"')
        )


@pytest.mark.parametrize(
    ("host", "why"), [("nowhere.invalid", "the host's name is not known"), ("127.0.0.1:1", "connection refused")]
)
async def test_a_host_that_is_not_there_is_named(host: str, why: str) -> None:
    with pytest.raises(DatabaseAway, match=f"the database at {host} does not answer: {why}"):
        await migrate(f"postgresql://lucy:p@{host}/lucy")


async def test_a_server_without_tls_is_not_used_where_tls_is_required(without_tls: int) -> None:
    with pytest.raises(SettingError, match="rejected SSL"):
        await migrate(f"postgresql://lucy:p@127.0.0.1:{without_tls}/lucy?sslmode=require")
