"""`pip install .`, without the lock, gives a whole Lucy in any folder."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.sandbox.sandbox import Sandbox
from tests.lucy_process import lucy_process
from tests.tracked import ROOT, tracked

FROM_PIP_AND_VENV = {"distutils-precedence.pth", "_virtualenv.pth"}
OURS = {"_editable_impl_lucy.pth"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("install")]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A virtual environment that holds nothing but Lucy and what she needs."""
    with TemporaryDirectory(prefix="lucy-installed-") as folder:
        install(Path(folder))
        yield Path(folder)


def test_everything_lucy_reads_at_run_time_is_installed(home: Path) -> None:
    shipped = [path for path in tracked() if path.is_relative_to("bot")]
    shipped += ["bot" / path for path in tracked() if path.is_relative_to("migrations")]

    assert [str(path) for path in shipped if not (packages(home) / path).is_file()] == []


def test_an_installed_lucy_chooses_from_another_folder(home: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [home / "bin" / "lucy", "route", "hello", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(said.stdout)["tier"] == 1


async def test_an_installed_lucy_serves_slack_from_another_folder_on_an_empty_database(
    home: Path, tmp_path: Path, empty_database_url: str
) -> None:
    async with Sandbox() as sandbox, lucy_process(sandbox, tmp_path, [home / "bin" / "lucy"], empty_database_url):
        ts = await sandbox.slack.say("U0BEN", "C0GENERAL", f"<@{sandbox.slack.state.bot_user_id}> hello")
        async with asyncio.timeout(30):
            while not (answers := sandbox.slack.answers("C0GENERAL", ts)):
                await asyncio.sleep(0.05)

    assert len(answers) == 1
    assert sandbox.providers.invoice_total() > 0


def test_nothing_installed_runs_code_at_every_start_of_python(home: Path) -> None:
    here = Path(sysconfig.get_path("purelib"))

    assert {file.name for file in packages(home).glob("*.pth")} <= FROM_PIP_AND_VENV
    assert {file.name for file in here.glob("*.pth")} <= FROM_PIP_AND_VENV | OURS


def install(home: Path) -> None:
    venv.create(home, with_pip=True)
    pip = [
        home / "bin" / "python",
        *["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"],
    ]
    installed = subprocess.run([*pip, ROOT], cwd=home, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr


def packages(home: Path) -> Path:
    return home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
