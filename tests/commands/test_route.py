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


def test_each_line_gets_a_line_in_its_order_and_a_bad_one_says_what_is_wrong() -> None:
    thread = [{"who": "user", "text": "plan it"}, {"who": "lucy", "text": "Shall I go on?", "tier": 3}]
    lines = ['{"text": "hello"}', "", "no json", '{"text": 5}', json.dumps({"text": "yes", "thread": thread})]
    lines += [
        '{"text": "yes", "thread": [{"who": "lucy", "tier": 9}]}',
        "[" * 100_000,
        '{"text": "\\ud800 refactor this"}',
    ]

    ran = CliRunner().invoke(app, ["route", "--jsonl"], input="\n".join(lines) + "\n")

    told = [json.loads(line) for line in ran.stdout.splitlines()]
    fields = ["tier", "intent", "confidence", "score", "rule", "would_ask", "micros"]
    assert [list(line) if "error" not in line else "bad" for line in told] == [
        fields, "bad", "bad", "bad", fields, "bad", "bad", fields,
    ]  # fmt: skip
    assert [line.get("tier") for line in told] == [1, None, None, None, 3, None, None, 2]


def test_people_are_told_what_each_tier_costs_and_what_would_change_the_choice() -> None:
    scored = (
        CliRunner().invoke(app, ["route", "compare notion and confluence for a team of 40", "--dial", "quality"]).stdout
    )
    ruled = CliRunner().invoke(app, ["route", "hello"]).stdout

    assert "dial quality: a failed answer of this kind counts $" in scored
    assert all(f"  tier {tier}: $" in scored for tier in (1, 2, 3))
    assert "<- chosen" in scored
    assert "what would change it: " in scored
    assert "what would change it: other words, or a wish" in ruled
