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


@pytest.fixture
def lucy() -> Iterator[Path]:
    """The command of a Lucy in a virtual environment that holds nothing but her and what she needs."""
    with TemporaryDirectory(prefix="lucy-installed-") as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / "bin"
        pip = [programs / "python", *["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]]
        installed = subprocess.run([*pip, ROOT], cwd=folder, capture_output=True, text=True, check=False)
        assert installed.returncode == 0, installed.stderr
        yield programs / "lucy"


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_pip_install_alone_gives_a_lucy_that_serves_from_any_folder(
    lucy: Path, tmp_path: Path, empty_database_url: str
) -> None:
    assert not_installed(packages(lucy)) == []
    assert startup_hooks(packages(lucy)) <= FROM_PIP_AND_VENV
    assert json.loads(output([lucy, "route", "hello", "--json"], tmp_path))["tier"] == 1

    async with Sandbox() as sandbox, lucy_process(sandbox, tmp_path, [lucy], empty_database_url):
        ts = await sandbox.slack.say("U0BEN", "C0GENERAL", f"<@{sandbox.slack.state.bot_user_id}> hello")
        async with asyncio.timeout(30):
            while not (answers := sandbox.slack.answers("C0GENERAL", ts)):
                await asyncio.sleep(0.05)

    assert len(answers) == 1
    assert sandbox.providers.invoice_total() > 0


def test_nothing_here_runs_code_at_every_start_of_python_but_our_own_path_file() -> None:
    assert startup_hooks(Path(sysconfig.get_path("purelib"))) <= FROM_PIP_AND_VENV | OURS


def not_installed(packages: Path) -> list[Path]:
    """What stands in git below `bot` and `migrations`, and not in the installation."""
    shipped = [path for path in tracked() if path.is_relative_to("bot")]
    shipped += ["bot" / path for path in tracked() if path.is_relative_to("migrations")]
    return [path for path in shipped if not (packages / path).is_file()]


def startup_hooks(packages: Path) -> set[str]:
    return {file.name for file in packages.glob("*.pth")}


def packages(lucy: Path) -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return lucy.parent.parent / "lib" / version / "site-packages"


def output(command: list[str | Path], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
