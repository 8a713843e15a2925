"""`lucy costs` and `lucy costs export`, as someone types them: the same numbers everywhere."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from bot.commands.cost_tables import print_report
from bot.costs.periods import period
from bot.costs.reports import SpendReport
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.db.rollups import Sums
from tests.commands.conftest import Typed
from tests.costs.spending import Spent, spend

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY = "2026-11-24..2026-11-24"


@pytest.fixture
def spent(database_url: str, cipher: Cipher) -> None:
    """Two calls of one team, one of another."""
    asyncio.run(_spend(database_url, cipher))


async def _spend(database_url: str, cipher: Cipher) -> None:
    db = Database.open(database_url, cipher)
    for team, costs in (("T0ACME", ("0.000000000001", "1.25")), ("T0OTHER", ("7",))):
        async with db.unit(workspace_id_of(team)) as unit:
            await unit.workspaces.welcome(team, team.title(), "U0LUCY")
        for usd in costs:
            await spend(db, workspace_id_of(team), NOW, Spent(usd, model=f"m{usd[0]}"))
    await db.close()


@pytest.mark.usefixtures("spent")
def test_words_and_machines_read_the_same_of_one_workspace(lucy: Typed) -> None:
    code, told, _ = lucy("costs", DAY, "--workspace", "T0ACME")
    _, named, _ = lucy("costs", "show", DAY, "--by", "model", "--workspace", "T0ACME")
    _, machine, _ = lucy("costs", DAY, "--by", "thread", "--workspace", "T0ACME", "--json")

    assert (code, told) == (0, named)
    assert all(part in told for part in ("$1.25", "$0.0000000000010", "100 %", "0 failed"))
    assert "$7" not in told + machine
    assert json.loads(machine)["rows"][0]["cost_usd"] == "1.250000000001"


@pytest.mark.usefixtures("spent")
def test_an_export_is_written_to_a_file_or_to_standard_output(lucy: Typed, tmp_path: Path) -> None:
    file = tmp_path / "focus.csv"

    code, _, said = lucy("costs", "export", "focus", "--period", DAY, "--workspace", "T0ACME", "--output", str(file))
    _, printed, _ = lucy("costs", "export", "csv", "--period", DAY, "--workspace", "T0ACME")

    charges = list(csv.DictReader(io.StringIO(file.read_text())))
    lines = list(csv.DictReader(io.StringIO(printed)))
    assert (code, "2 charges; 0 calls without a price" in said) == (0, True)
    assert sum(Decimal(charge["BilledCost"]) for charge in charges) == Decimal("1.250000000001")
    assert sum(Decimal(line["cost_usd"]) for line in lines) == Decimal("1.250000000001")


@pytest.mark.usefixtures("spent")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("costs",), "--workspace: there are 2 workspaces"),
        (("costs", "--by", "colour"), "--by: one of model"),
        (("costs", "export", "xlsx"), "export csv or focus"),
        (("costs", "export", "csv", "--workspace", "T0ACME", "--output", "/nowhere/a.csv"), "--output: /nowhere/a.csv"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2(lucy: Typed, words: tuple[str, ...], said: str) -> None:
    code, _, complained = lucy(*words)

    assert (code, said in complained) == (2, True)


def test_a_terminal_gets_a_table_with_the_same_numbers() -> None:
    row = Sums("m1", calls=4, cost_usd=Decimal("1.5"), estimated_usd=Decimal("0.5"))
    report = SpendReport(period("today", NOW), row, "model", (row,), "big/model")
    told = {terminal: io.StringIO() for terminal in (True, False)}

    for terminal, to in told.items():
        print_report(report, Console(file=to, force_terminal=terminal, width=120, no_color=True))

    assert "Per call" in told[True].getvalue()
    for to in told.values():
        assert all(part in to.getvalue() for part in ("$1.50", "$0.50", "100 %", " 4 "))
