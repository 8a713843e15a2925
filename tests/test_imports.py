"""Imports point inwards, heavy libraries stay behind their doors, and one road leads to a model."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tracked import ROOT, tracked

HEAVY = (
    "litellm",
    "sqlalchemy",
    "asyncpg",
    "alembic",
    "slack_bolt",
    "slack_sdk",
    "apscheduler",
    "aiohttp",
    "opentelemetry",
)


def test_imports_point_the_way_a_message_travels() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    result = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["route", "--help"], ["check", "--help"]])
def test_help_loads_no_model_library_no_sql_and_no_slack(arguments: list[str]) -> None:
    assert heavy_after(f"from bot.__main__ import app; app({arguments!r}, standalone_mode=False)") == []


def test_importing_lucy_loads_nothing_heavy() -> None:
    assert heavy_after("import bot") == []


def test_only_the_router_asks_a_model() -> None:
    askers = [
        str(path)
        for path in tracked(".py")
        if path.is_relative_to("bot") and not path.is_relative_to("bot/llm")
        if {"complete", "acompletion"} & names_in(path)
    ]

    assert askers == ["bot/routing/router.py"]


def test_only_the_composition_root_and_the_commands_choose_a_model_client() -> None:
    choosers = [
        path.parts[1]
        for path in tracked(".py")
        if path.is_relative_to("bot") and not path.is_relative_to("bot/llm")
        if "litellm_client" in (ROOT / path).read_text()
    ]

    assert set(choosers) <= {"app.py", "commands"}


def heavy_after(statement: str) -> list[str]:
    """The heavy libraries that a fresh interpreter holds after running `statement`."""
    code = f"{statement}\nimport sys; sys.stderr.write(' '.join({{m for m in {HEAVY!r} if m in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return ran.stderr.split()


def names_in(path: Path) -> set[str]:
    """Every attribute the module reaches for."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
