"""`lucy costs explain` and `lucy reprice`, as someone types them."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID

import pytest

from bot.costs.price_book import load_price_book
from bot.costs.tracker import Attempt, Payer, Purpose, Tracker
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.llm.model_client import Completion, Deployment, Usage
from bot.telemetry import Telemetry
from tests.commands.conftest import Typed

TASK = UUID("019a0000-0000-7000-8000-00001a2b3c4d")


@pytest.fixture
def unpriced(database_url: str, cipher: Cipher) -> None:
    """One call of one workspace, made when nobody knew its price."""
    asyncio.run(_call(database_url, cipher))


async def _call(database_url: str, cipher: Cipher) -> None:
    db, payer = Database.open(database_url, cipher), Payer(workspace_id_of("T0ACME"), TASK, "U1", "C1", "1.0")
    async with db.unit(payer.workspace_id) as unit:
        await unit.workspaces.welcome("T0ACME", "Acme", "U0LUCY")
    tracker = Tracker(db, load_price_book(), ("none", None), Telemetry())
    attempt = Attempt(payer, Purpose.REPLY, 1, "chat", 1, Deployment("openai/new"), None, 400, 64, 10)
    await tracker.settle(await tracker.open(attempt), Completion("Hi!", usage=Usage(1000, 400, output_tokens=100)), 1)
    await db.close()


@pytest.mark.usefixtures("unpriced")
def test_an_unpriced_call_is_priced_once_and_explained(lucy: Typed) -> None:
    before = lucy("costs", "explain", "1a2b3c4d")
    lucy("prices", "set", "openai/new", "--input", "1", "--output", "5", "--from", "2026-01-01")

    tried, priced, again = lucy("reprice", "--dry-run"), lucy("reprice"), lucy("reprice", "--workspace", "T0ACME")
    after = lucy("costs", "explain", str(TASK))

    assert "no price is known" in before[1]
    assert "1 of 1 unpriced calls would be priced, $0.0015" in tried[1]
    assert "1 of 1 unpriced calls priced, $0.0015" in priced[1]
    assert "0 of 0" in again[1]
    assert "cost: $0.0015 (set by an operator, overlay 2026-01-01" in after[1]


@pytest.mark.usefixtures("unpriced")
def test_machines_get_exact_figures(lucy: Typed) -> None:
    lucy("prices", "set", "openai/new", "--input", "1", "--output", "5", "--from", "2026-01-01")

    _, done, _ = lucy("reprice", "--json")
    _, told, _ = lucy("costs", "explain", "1a2b3c4d", "--json")

    assert [(each["priced"], each["cost_usd"]) for each in json.loads(done)] == [(1, "0.0015")]
    [row] = json.loads(told)
    assert (row["recomputed_usd"], row["cost_usd"], row["agrees"]) == ("0.0015", "0.0015", True)
    assert [line["meter"] for line in row["lines"]] == ["input", "cached_input", "output"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("costs", "explain", "zzz"), 1, "zzz"),
        (("costs", "explain", "00000000"), 1, "00000000"),
        (("reprice", "--since", "soon"), 2, "--since"),
    ],
)
@pytest.mark.usefixtures("unpriced")
def test_what_cannot_be_is_one_line(lucy: Typed, words: tuple[str, ...], code: int, said: str) -> None:
    ended, _, err = lucy(*words)

    assert (ended, err.count("\n")) == (code, 1)
    assert said in err


@pytest.mark.usefixtures("unpriced")
def test_costs_still_shows_periods(lucy: Typed) -> None:
    code, out, _ = lucy("costs", "today", "--by", "model")

    assert code == 0
    assert "1 unpriced" in out
