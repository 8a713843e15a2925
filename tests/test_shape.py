"""The shape of the code: small modules, small functions, names with a meaning, the tree of the design."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.tracked import ROOT, tracked

MODULE_LINES = 250
FUNCTION_LINES = 40
VAGUE = re.compile(r"(^|_)(part_?\d*|helpers?|utils?|common|misc|manager|stuff)$")
FOLDERS = {"bot", "tests", "migrations", ".ci", ".github"}
MACHINE_PATH = re.compile(r"/(?:root|work|opt/pypi)/\w|/home/(?!lucy\b)\w+/|[A-Z]:\\Users")
REGISTRY_HOST = re.compile(r"(?:pypi|pythonhosted|npmjs|debian)\.(?:org|com)|(?:index-url|find-links)[ =\"']*https?:")
TEXTS = {
    ".py",
    ".md",
    ".toml",
    ".lock",
    ".yml",
    ".yaml",
    ".json",
    ".ini",
    ".html",
    ".css",
    ".js",
    ".mako",
    ".example",
    "",
}


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {str(path): len((ROOT / path).read_text().splitlines()) for path in tracked(".py")}

    assert {path: lines for path, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        f"{path}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in tracked(".py")
        for function in functions(path)
    }

    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_every_module_and_folder_is_named_for_what_it_means() -> None:
    named = {part for path in tracked(".py") for part in path.with_suffix("").parts}

    assert {name for name in named if VAGUE.search(name)} == set()


def test_the_top_level_holds_only_the_folders_of_the_design() -> None:
    assert {path.parts[0] for path in tracked() if len(path.parts) > 1} <= FOLDERS


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = [
        f"{path}:{number}: {match[0]}"
        for path in tracked()
        if path.suffix in TEXTS and path != Path("tests/test_shape.py")
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        for match in [MACHINE_PATH.search(line) or REGISTRY_HOST.search(line)]
        if match
    ]

    assert found == []


def test_no_linter_is_told_to_look_away_without_naming_the_rule() -> None:
    bare = re.compile(r"# (?:noqa(?!: ?[A-Z])|type: ignore(?!\[)|ruff: noqa)")
    silenced = [str(path) for path in tracked(".py") if bare.search((ROOT / path).read_text())]

    assert silenced == []


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
