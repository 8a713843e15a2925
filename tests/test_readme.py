"""README and DEPLOY tell the truth: their tables are the code's, their files are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.readme import DEPLOY, README, rewritten
from tests.tracked import ROOT


@pytest.mark.parametrize("file", [README, DEPLOY], ids=lambda file: file.name)
def test_the_generated_tables_are_up_to_date(file: Path) -> None:
    assert file.read_text() == rewritten(file), "run `make docs`"


@pytest.mark.parametrize("file", [README, DEPLOY], ids=lambda file: file.name)
def test_every_file_it_points_to_is_there(file: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", file.read_text())

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_make_target_the_readme_names_is_one() -> None:
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README.read_text(), re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert named
    assert named <= targets


def test_the_example_env_file_names_only_variables_that_are_read() -> None:
    text = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE))
    read = set(re.findall(r"`([A-Z][A-Z_]+)`", README.read_text())) | {"POSTGRES_PASSWORD"}

    assert named <= read
