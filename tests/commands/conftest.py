"""The command line as someone types it, on a fresh database."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from bot.__main__ import main

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lucy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str) -> Typed:
    """Runs a command; its exit code, what it printed, what it complained."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")

    def typed(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lucy", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return typed
