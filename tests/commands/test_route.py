"""`lucy route`: the choice and what its answer costs at most, with the tiers that are set."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.errors import SettingError

FAST = """
[[tier]]
name = "fast"
deadline_s = 5
max_output_tokens = 1000
models = [{ id = "openai/mine", api_base = "http://127.0.0.1:1/v1"%s }]
"""
PRICES = ', input_usd_per_mtok = "2", output_usd_per_mtok = "30"'


def test_the_estimate_is_an_exact_number_for_machines_and_money_for_people() -> None:
    machine = json.loads(CliRunner().invoke(app, ["route", "hello", "--json"]).stdout)
    person = CliRunner().invoke(app, ["route", "hello"]).stdout

    assert machine["tier"] == 1
    assert Decimal(machine["estimated_usd"]) > 0
    assert "costs at most about $0.00" in person


@pytest.mark.parametrize(("prices", "estimate"), [(PRICES, "0.03007"), ("", None)])
def test_the_estimate_is_that_of_the_tiers_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prices: str, estimate: str | None
) -> None:
    (tmp_path / "tiers.toml").write_text(FAST % prices)
    monkeypatch.setenv("LUCY_TIERS", str(tmp_path / "tiers.toml"))

    told = json.loads(CliRunner().invoke(app, ["route", "hello", "--json"]).stdout)

    assert told["estimated_usd"] == estimate


def test_a_bad_tiers_file_is_a_bad_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tiers.toml").write_text("tier = [")
    monkeypatch.setenv("LUCY_TIERS", str(tmp_path / "tiers.toml"))

    ended = CliRunner().invoke(app, ["route", "hello"])

    assert isinstance(ended.exception, SettingError)
