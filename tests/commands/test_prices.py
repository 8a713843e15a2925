"""`lucy prices`, as someone types it."""

from __future__ import annotations

import json

import pytest

from tests.commands.conftest import Typed


def in_force(lucy: Typed, deployment: str) -> dict[str, object]:
    code, out, _ = lucy("prices", "--json")
    assert code == 0
    [line] = [line for line in json.loads(out) if line["deployment"] == deployment and line["in_force"]]
    return dict(line)


def test_a_price_that_was_set_is_listed_over_the_books(lucy: Typed) -> None:
    before = in_force(lucy, "openai/gpt-6-luna")

    code, out, _ = lucy("prices", "set", "openai/gpt-6-luna", "--input", "0.2", "--output", "0.7", "--note", "deal")

    after = in_force(lucy, "openai/gpt-6-luna")
    assert (code, before["source"], after["note"]) == (0, before["source"], "deal")
    assert str(before["source"]).startswith("book ")
    assert str(after["source"]).startswith("overlay ")
    assert after["usd_per_mtok"] == {"input": "0.2", "output": "0.7"}
    assert "no model in the tiers file" not in out


def test_the_table_names_model_rates_and_source(lucy: Typed) -> None:
    _, out, _ = lucy("prices")

    assert "openai/gpt-6-luna" in out
    assert "0.2 / 0.75 above 272,000" in out


@pytest.mark.parametrize(
    "words",
    [
        ("--input", "NaN", "--output", "1"),
        ("--input", "1", "--output", "-1"),
        ("--input", "1", "--output", "Infinity"),
        ("--input", "1", "--output", "0.0000001"),
        ("--input", "1", "--output", "1", "--currency", "EUR"),
        ("--input", "1", "--output", "1", "--from", "soon"),
    ],
)
def test_a_bad_price_is_one_line_exit_2_and_nothing_written(lucy: Typed, words: tuple[str, ...]) -> None:
    code, out, err = lucy("prices", "set", "openai/gpt-6-luna", *words)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert str(in_force(lucy, "openai/gpt-6-luna")["source"]).startswith("book ")


def test_an_id_without_a_vendor_is_refused(lucy: Typed) -> None:
    code, _, err = lucy("prices", "set", "llama", "--input", "1", "--output", "1")

    assert code == 2
    assert "needs its provider in front" in err


def test_checking_exits_1_only_when_strict(lucy: Typed) -> None:
    told, strict = lucy("prices", "check"), lucy("prices", "check", "--strict")

    assert (told[0], strict[0]) == (0, 1)
    assert "ours 2, theirs 4" in told[1]
