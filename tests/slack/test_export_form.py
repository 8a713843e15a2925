"""`/lucy-costs export`: a file to the asker alone, of what they may see, however large."""

from __future__ import annotations

import asyncio
import csv
import io
import tracemalloc
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from bot.app import Lucy
from bot.costs.export import csv_of_ledger
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.db.ledger import Window
from bot.sandbox.sandbox import Sandbox
from bot.slack.costs_words import NotUnderstood
from bot.slack.export_form import Export, understand
from tests.costs.ledger import execute
from tests.costs.spending import Spent, spend

NOW = datetime.now(UTC)
ACME = workspace_id_of("T0ACME")


@pytest.fixture
async def world(running: Lucy, sandbox: Sandbox) -> Sandbox:
    """Ben and Eva spent something here, somebody something in another workspace."""
    await spend(running.db, ACME, NOW, Spent("1.11", user="U0BEN"))
    await spend(running.db, ACME, NOW, Spent("2.22", user="U0EVA"))
    await spend(running.db, workspace_id_of("T0OTHER"), NOW, Spent("9.99", user="U0BEN"))
    return sandbox


async def export(world: Sandbox, user: str, words: str) -> list[dict[str, Any]]:
    """What the asker sees of the command once it is done; the file is in their direct messages."""
    told = await world.slack.command("/lucy-costs", words, user, "C0GENERAL")
    async with asyncio.timeout(10):
        while not told:
            await asyncio.sleep(0.02)
    return told


def files(world: Sandbox) -> dict[str, list[dict[str, str]]]:
    """The lines of every file, by the person whose direct message it stands in."""
    stored = world.slack.api.files.stored
    return {
        next(iter(world.slack.state.channels[channel].members - {"U0LUCY"})): list(
            csv.DictReader(io.StringIO(stored[file["id"]].decode(), newline=""))
        )
        for channel, messages in world.slack.state.messages.items()
        for message in messages
        for file in message.get("files", ())
    }


async def test_a_member_gets_their_own_rows_and_an_admin_all_each_in_a_direct_message(world: Sandbox) -> None:
    told = await export(world, "U0BEN", "export csv month")
    await export(world, "U0ADA", "export csv 7d")

    found = files(world)
    assert "as a direct message" in told[-1]["text"]
    assert [line["cost_usd"] for line in found["U0BEN"]] == ["1.11"]
    assert sorted(line["cost_usd"] for line in found["U0ADA"]) == ["1.11", "2.22"]


async def test_focus_is_for_admins(world: Sandbox) -> None:
    refused = await export(world, "U0BEN", "export focus")
    await export(world, "U0ADA", "export focus")

    found = files(world)
    assert "Only Slack's admins" in refused[-1]["text"]
    assert set(found) == {"U0ADA"}
    assert sum(Decimal(charge["BilledCost"]) for charge in found["U0ADA"]) == Decimal("3.33")


async def test_without_the_scope_the_asker_is_told_which_one_and_what_else_to_do(world: Sandbox) -> None:
    world.slack.state.scopes.discard("files:write")

    told = await export(world, "U0BEN", "export csv")

    assert "`files:write`" in told[-1]["text"]
    assert "lucy costs export" in told[-1]["text"]
    assert files(world) == {}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("export csv", Export("csv", "month")),
        ("Export FOCUS last month", Export("focus", "last month")),
        ("export csv 2026-11-01..2026-11-02", Export("csv", "2026-11-01..2026-11-02")),
    ],
)
def test_a_kind_and_a_period_are_understood(typed: str, wanted: Export) -> None:
    assert understand(typed) == wanted


@pytest.mark.parametrize("typed", ["export", "export xlsx", "export csv month by model"])
def test_anything_else_is_told_how(typed: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        understand(typed)

    assert "/lucy-costs export csv month" in refused.value.sentence


async def test_a_large_export_is_never_held_in_memory(db: Database, workspace_id: UUID) -> None:
    await spend(db, workspace_id, NOW, Spent("1"))
    copied = "workspace_id, created_at, task_id, expires_at, purpose, tier, attempt, requested_model, model, provider, deployment,"
    copied += "price_book, baseline_model, user_id, channel_id, thread_ts, state, cost_source, cost_usd"
    note = f"jsonb_build_object('note', '{'x' * 400}')"
    series = "cost_log, generate_series(1, 20000)"
    await execute(
        db, f"INSERT INTO cost_log (id, usage, {copied}) SELECT gen_random_uuid(), {note}, {copied} FROM {series}"
    )

    tracemalloc.start()
    sizes = [len(part) async for part in csv_of_ledger(db, workspace_id, Window(NOW, NOW + timedelta(days=1)))]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(sizes) == 1 + 41
    assert peak < sum(sizes) / 2
