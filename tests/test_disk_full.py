"""A full disk under a running Lucy: nothing is acknowledged that was not stored, and she resumes by herself."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from bot.db.local_postgres import LocalPostgres
from bot.errors import SettingError
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from tests.lucy_process import lucy_process
from tests.test_main_job import answered


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder `home` on a disk of 200 MB."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=200m,mode=0700", "tmpfs", str(home)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, check=False).returncode:
        pytest.skip("a disk of a fixed size needs the right to mount one")
    yield home
    subprocess.run(["umount", "--lazy", str(home)], check=True)


async def test_a_full_disk_means_500_and_both_asks_are_answered_once_when_there_is_room_again(
    small_disk: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    slack = sandbox.slack
    for vendor in sandbox.providers.values():
        vendor.mode, vendor.slow_s = Mode.SLOW, 2
    async with lucy_process(sandbox, tmp_path, more={"LUCY_LEASE_S": "5", "LUCY_SETTLE_S": "1"}):
        first = await slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
        await until_asked(sandbox)
        fill(small_disk)
        await asyncio.sleep(3)
        await use_up_the_log(small_disk)
        second = slack.state.add("C0GENERAL", {"user": "U0BEN", "text": "<@U0LUCY> hello"})
        mention = {**second, "type": "app_mention", "channel": "C0GENERAL"}

        refused = await slack.delivery.event(mention, "Ev1")
        (small_disk / "filler").unlink()
        await until_taken(sandbox, mention)
        await answered(sandbox.slack, "C0GENERAL", second["ts"])
        await answered(sandbox.slack, "C0GENERAL", first)

    assert refused == 500
    assert [len(slack.answers("C0GENERAL", ts)) for ts in (first, second["ts"])] == [1, 1]


async def test_a_disk_that_is_full_at_the_start_is_told_in_one_line(small_disk: Path) -> None:
    fill(small_disk)
    with pytest.raises(SettingError, match="LUCY_HOME: the disk is full"):
        await LocalPostgres(small_disk).start()

    (small_disk / "filler").unlink()
    postgres = LocalPostgres(small_disk)
    await postgres.start()
    await postgres.stop()
    fill(small_disk)
    with pytest.raises(SettingError, match="LUCY_HOME: the disk is full"):
        await LocalPostgres(small_disk).start()


def fill(disk: Path) -> None:
    """Leave not one block."""
    with (disk / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"\0" * 65536)
        except OSError:
            return


async def use_up_the_log(home: Path) -> None:
    """Write until PostgreSQL needs a new file for its log, finds no room, and crashes."""
    password = (home / "password").read_text()
    try:
        connection = await asyncpg.connect(host=str(home / "s"), user="lucy", password=password, database="lucy")
        while True:
            await connection.execute("SELECT pg_logical_emit_message(true, '', repeat('x', 1000000))")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return


async def until_asked(sandbox: Sandbox) -> None:
    """A model is at work."""
    async with asyncio.timeout(20):
        while not any(vendor.requests for vendor in sandbox.providers.values()):
            await asyncio.sleep(0.02)


async def until_taken(sandbox: Sandbox, mention: dict[str, str]) -> None:
    """Slack sends again until it hears 200."""
    async with asyncio.timeout(60):
        while await sandbox.slack.delivery.event(mention, "Ev1") != 200:
            await asyncio.sleep(0.2)
