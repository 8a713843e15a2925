"""Our own PostgreSQL when its surroundings fail: killed Lucys, strangers, a root who may not become anyone else."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL, make_url

from bot.db.local_postgres import LocalPostgres
from bot.errors import SettingError
from tests.db.conftest import ask, postmaster
from tests.tracked import ROOT

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")


@pytest.fixture
def forbidden_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where `unshare` answers as it does under a seccomp profile that forbids it."""
    fake = tmp_path / "bin" / "unshare"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="lucy-open-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


async def test_two_lucys_of_one_folder_one_killed_and_the_other_goes_on_and_stops_the_server(home: Path) -> None:
    killed = await another_lucy(home, "up")
    mine = LocalPostgres(home)
    url = await mine.start()
    pid = postmaster(home)

    killed.kill()
    await killed.wait()
    await ask(url, "CREATE TABLE kept AS SELECT 7")

    assert postmaster(home) == pid
    await mine.stop()
    assert not (home / "pg" / "postmaster.pid").exists()
    async with asyncio.timeout(10):
        while alive(pid):
            await asyncio.sleep(0.05)


async def test_a_lucy_killed_while_initdb_works_is_in_nobodys_way(home: Path) -> None:
    killed = await another_lucy(home)
    async with asyncio.timeout(30):
        while not (home / "pg.new" / "base").exists():
            await asyncio.sleep(0.001)
    killed.kill()
    await killed.wait()
    assert not (home / "pg").exists()

    url = await LocalPostgres(home).start()

    assert await ask(url, "SELECT 1") == 1
    assert not (home / "pg.new").exists()


async def test_another_postgres_behind_a_stale_pid_is_neither_joined_nor_stopped(home: Path) -> None:
    mine, theirs = LocalPostgres(home), LocalPostgres(home.parent / "other")
    await mine.start()
    left = (home / "pg" / "postmaster.pid").read_text()
    await mine.stop()
    other = await theirs.start()
    stranger = postmaster(home.parent / "other")
    (home / "pg" / "postmaster.pid").write_text("\n".join([str(stranger), *left.splitlines()[1:]]) + "\n")

    url = await mine.start()
    served = await ask(url, "SHOW data_directory")
    await mine.stop()

    assert served == str(home / "pg")
    assert await ask(other, "SELECT 1") == 1
    await theirs.stop()


async def test_a_password_file_of_another_database_is_told_in_one_line(home: Path) -> None:
    mine = LocalPostgres(home)
    await mine.start()
    password = (home / "password").read_text()
    (home / "password").write_text("of another")

    with pytest.raises(SettingError, match="the password file is not this database's"):
        await LocalPostgres(home).start()

    (home / "password").write_text(password)
    await mine.stop()


def test_a_home_that_cannot_be_written_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "users.lock").mkdir(parents=True)

    command = [sys.executable, "-m", "bot", "migrate"]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "LUCY_HOME": str(home), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (2, "lucy: LUCY_HOME: cannot use home: Is a directory\n")


async def test_a_server_with_every_connection_taken_is_alive(home: Path) -> None:
    mine = LocalPostgres(home)
    url = make_url(await mine.start())
    taken = [await connect(url) for _ in range(100)]
    with pytest.raises(asyncpg.TooManyConnectionsError):
        await connect(url)

    await LocalPostgres(home).start()

    for connection in taken:
        await connection.close()
    await mine.stop()


async def test_a_server_that_does_not_stop_in_time_is_left_to_finish_by_itself(home: Path) -> None:
    mine = LocalPostgres(home)
    await mine.start()
    pid = postmaster(home)
    os.kill(pid, signal.SIGSTOP)

    async with asyncio.timeout(15):
        await mine.stop()

    os.kill(pid, signal.SIGCONT)
    async with asyncio.timeout(15):
        while (home / "pg" / "postmaster.pid").exists():
            await asyncio.sleep(0.05)


@root_only
async def test_where_namespaces_are_forbidden_root_gives_the_folder_to_nobody(
    forbidden_namespaces: None, monkeypatch: pytest.MonkeyPatch, open_folder: Path
) -> None:
    if not reachable_for_nobody(Path(asyncpg.__file__)):
        pytest.skip("this checkout lies in a folder that only root can enter")
    nobody, home = pwd.getpwnam("nobody").pw_uid, open_folder / "home"
    first = LocalPostgres(home)
    url = await first.start()
    await ask(url, "CREATE TABLE kept AS SELECT 7 AS seven")
    ran_as = Path(f"/proc/{postmaster(home)}").stat().st_uid
    await first.stop()
    monkeypatch.undo()

    again = LocalPostgres(home)
    seven = await ask(await again.start(), "SELECT seven FROM kept")
    await again.stop()

    assert (ran_as, seven) == (nobody, 7)
    assert (home.stat().st_uid, home.stat().st_mode & 0o777) == (nobody, 0o700)


@root_only
async def test_where_nobody_cannot_reach_the_folder_root_is_told_what_to_do(
    forbidden_namespaces: None, tmp_path: Path
) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)

    with pytest.raises(SettingError, match="run Lucy as an ordinary user, or set DATABASE_URL"):
        await LocalPostgres(tmp_path / "closed" / "home").start()

    assert (tmp_path / "closed" / "home").stat().st_uid == 0


async def connect(url: URL) -> asyncpg.Connection:
    """A connection that stays."""
    return await asyncpg.connect(
        host=str(url.query["host"]), user=url.username, password=url.password, database=url.database
    )


def alive(pid: int) -> bool:
    """A process that runs; a zombie, which only its parent can take away, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def reachable_for_nobody(path: Path) -> bool:
    """Whether a checkout lies where every user gets to."""
    user = pwd.getpwnam("nobody")
    words = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "test", "-r", str(path)]
    return subprocess.run(words, check=False).returncode == 0


async def another_lucy(home: Path, until: str = "") -> asyncio.subprocess.Process:
    """A Lucy in a process of her own, who begins to start the server; or waited for until she says so."""
    code = (
        f"import asyncio, time; from pathlib import Path; from bot.db.local_postgres import LocalPostgres\n"
        f"asyncio.run(LocalPostgres(Path({str(home)!r})).start()); print('up', flush=True); time.sleep(60)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    if until:
        assert process.stdout
        assert await process.stdout.readline() == f"{until}\n".encode()
    return process
