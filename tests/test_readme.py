"""The README tells the truth: its tables are the code's, its files are there."""

from __future__ import annotations

import re

from tests.readme import README, rewritten
from tests.tracked import ROOT


def test_the_generated_tables_are_up_to_date() -> None:
    text = README.read_text()

    assert text == rewritten(text), "run `make docs`"


def test_every_file_the_readme_points_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text())

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
