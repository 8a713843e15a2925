"""Our own PostgreSQL, with real processes: shared, killed, misled by a stale pid, hidden behind a long path."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from bot.db.local_postgres import LocalPostgres
from bot.errors import SettingError
from tests.db.conftest import ask, postmaster


async def test_the_server_is_private_durable_and_speaks_utf8_without_tcp(home: Path) -> None:
    url = await LocalPostgres(home).start()

    assert await ask(url, "SHOW listen_addresses") == ""
    assert await ask(url, "SHOW fsync") == "on"
    assert await ask(url, "SHOW data_checksums") == "on"
    assert await ask(url, "SHOW server_encoding") == "UTF8"
    assert await ask(url, "SELECT lower('ÄÉЖ')") == "äéж"
    assert (home / "password").stat().st_mode & 0o777 == 0o600
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(str(make_url(url).set(password="guess").render_as_string(hide_password=False)), "SELECT 1")


async def test_a_killed_server_comes_back_by_itself_with_its_rows(home: Path) -> None:
    postgres = LocalPostgres(home)
    url = await postgres.start()
    await ask(url, "CREATE TABLE kept AS SELECT 7 AS seven")
    watching = asyncio.create_task(postgres.watch())

    os.kill(postmaster(home), signal.SIGKILL)

    async with asyncio.timeout(30):
        while True:
            try:
                seven = await ask(url, "SELECT seven FROM kept")
                break
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.1)
    watching.cancel()
    assert seven == 7


async def test_the_first_lucy_to_leave_does_not_take_the_server_away_from_the_second(home: Path) -> None:
    first, second = LocalPostgres(home), LocalPostgres(home)
    url = await first.start()
    await second.start()

    await first.stop()

    assert await ask(url, "SELECT 1") == 1
    await second.stop()
    assert not (home / "pg" / "postmaster.pid").exists()


async def test_a_stale_pid_that_names_a_stranger_is_disregarded_and_the_stranger_lives(home: Path) -> None:
    postgres = LocalPostgres(home)
    await postgres.start()
    left = (home / "pg" / "postmaster.pid").read_text()
    await postgres.stop()
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    (home / "pg" / "postmaster.pid").write_text("\n".join([str(stranger.pid), *left.splitlines()[1:]]) + "\n")

    url = await postgres.start()

    assert await ask(url, "SELECT 1") == 1
    assert stranger.returncode is None
    stranger.kill()
    await stranger.wait()


async def test_a_home_path_of_two_hundred_characters_works(home: Path) -> None:
    deep = home / ("d" * 100) / ("e" * 100)
    postgres = LocalPostgres(deep)

    url = await postgres.start()

    assert await ask(url, "SELECT 1") == 1
    await postgres.stop()
    shutil.rmtree(str(make_url(url).query["host"]))


async def test_an_initdb_that_was_cut_short_leaves_nothing_in_the_way(home: Path) -> None:
    (home / "pg.new" / "base").mkdir(parents=True)
    (home / "password").write_text("half")

    url = await LocalPostgres(home).start()

    assert await ask(url, "SELECT 1") == 1


async def test_a_socket_folder_that_others_may_enter_is_refused(home: Path) -> None:
    (home / "s").mkdir(parents=True)
    (home / "s").chmod(0o777)

    with pytest.raises(SettingError, match="not private"):
        await LocalPostgres(home).start()


async def test_a_folder_of_another_major_version_is_refused_in_one_line_that_says_why(home: Path) -> None:
    mine = LocalPostgres(home)
    await mine.start()
    await mine.stop()
    (home / "pg" / "PG_VERSION").write_text("9.6\n")

    with pytest.raises(SettingError, match=r"refuses to start: .*incompatible"):
        await LocalPostgres(home).start()

    (home / "pg" / "PG_VERSION").write_text("18\n")


async def test_a_lost_password_file_is_told_in_one_line(home: Path) -> None:
    mine = LocalPostgres(home)
    await mine.start()
    await mine.stop()
    kept = (home / "password").rename(home / "elsewhere")

    with pytest.raises(SettingError, match="password file is gone"):
        await LocalPostgres(home).start()

    kept.rename(home / "password")


async def test_a_home_that_is_a_file_is_told_in_one_line(home: Path) -> None:
    home.write_text("not a folder")

    with pytest.raises(SettingError, match="LUCY_HOME"):
        await LocalPostgres(home).start()


async def test_a_killed_lucy_leaves_the_server_to_the_next_one_who_can_stop_it(home: Path) -> None:
    code = f"import asyncio; from pathlib import Path; from bot.db.local_postgres import LocalPostgres as P; import time; asyncio.run(P(Path({str(home)!r})).start()); print('up', flush=True); time.sleep(60)"
    dying = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert dying.stdout
    assert await dying.stdout.readline() == b"up\n"
    pid = postmaster(home)
    dying.kill()
    await dying.wait()

    heir = LocalPostgres(home)
    url = await heir.start()
    adopted = postmaster(home)
    alive = await ask(url, "SELECT 1")
    await heir.stop()

    assert (adopted, alive) == (pid, 1)
    assert not (home / "pg" / "postmaster.pid").exists()
