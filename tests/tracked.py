"""The files that belong to the project, as git knows them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@cache
def tracked(suffix: str = "") -> tuple[Path, ...]:
    """Every file git tracks or would track, as paths from the root; skips the test outside a checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (Path(line) for line in sorted(listed.stdout.splitlines()) if line.endswith(suffix))
    return tuple(path for path in paths if (ROOT / path).is_file())
