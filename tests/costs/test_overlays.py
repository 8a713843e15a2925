"""Prices that operators set while Lucy runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import IntegrityError

from bot.app import lucy
from bot.commands.demo_world import demo_settings
from bot.config import Settings
from bot.costs.overlays import overlay, refresh
from bot.costs.price_book import load_price_book
from bot.costs.tracker import Attempt, Payer, Purpose, Tracker
from bot.db.database import Database
from bot.db.ids import new_id
from bot.errors import SettingError
from bot.llm.model_client import Completion, Deployment, Usage
from bot.routing.tiers import Tiers
from bot.sandbox.sandbox import Sandbox
from bot.telemetry import Telemetry
from tests.costs.ledger import execute, rows

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = datetime.now(UTC).date()
GPT = Deployment("openai/gpt-4o")


async def set_price(db: Database, model: str, plain: str, since: str) -> None:
    async with db.operations() as operations:
        await operations.set_price(overlay(model, {"input": plain, "output": "8"}, since))


@pytest.mark.parametrize("told", ["NaN", "Infinity", "-1", "0.0000001", "1e3", "1000000", "free", "1_0", "１", "1 USD"])
@pytest.mark.parametrize("option", ["input", "output", "cached-input"])
def test_what_is_no_price_is_refused_in_one_line(option: str, told: str) -> None:
    with pytest.raises(SettingError, match=f"--{option}.*no price in USD") as refused:
        overlay("openai/x", {"input": "1", "output": "1", option: told}, "2026-11-24")

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"currency": "EUR"}, "--currency"),
        ({"since": "24.11.2026"}, "--from"),
        ({"model": "two words"}, "MODEL"),
        ({"model": ""}, "MODEL"),
        ({"rates": {"input": "1", "output": ""}}, "both --input and --output"),
    ],
)
def test_what_else_is_wrong_is_named(change: dict[str, object], word: str) -> None:
    told: dict[str, object] = {"model": "openai/x", "rates": {"input": "1", "output": "1"}, "since": "2026-11-24"}

    with pytest.raises(SettingError, match=word):
        overlay(**told | change)  # type: ignore[arg-type]


async def test_the_database_refuses_what_slips_through(db: Database) -> None:
    for rate in ("'NaN'", "-1"):
        with pytest.raises(IntegrityError):
            await execute(
                db,
                "INSERT INTO price_overlay (id, model, since, input_usd, output_usd)"
                f" VALUES (gen_random_uuid(), 'm', now(), {rate}, 1)",
            )


async def test_the_newest_wins_from_its_day_on_and_the_book_before(db: Database) -> None:
    book = load_price_book()
    await set_price(db, "openai/gpt-4o", "3", "2026-11-20")
    await set_price(db, "gpt-4o", "4", "2026-11-25")

    await refresh(db, book)

    days = {day: book.price_of(GPT, NOON.replace(day=day)) for day in (19, 20, 24, 25)}
    assert [price.rates.input for price in days.values() if price] == [Decimal("2.5"), 3, 3, 4]


async def test_a_correction_of_the_past_replaces_what_was_set_before_it(db: Database) -> None:
    book = load_price_book()
    await set_price(db, "gpt-4o", "3", "2026-11-20")
    await set_price(db, "gpt-4o", "2", "2026-11-01")

    await refresh(db, book)

    price = book.price_of(GPT, NOON)
    assert price is not None
    assert price.rates.input == 2


async def test_an_endpoint_of_your_own_is_priced_by_its_name_or_its_model(db: Database) -> None:
    book, here = load_price_book(), Deployment("openai/local", "http://127.0.0.1:9000/v1")
    there = Deployment("openai/local", "http://127.0.0.1:9001/v1")
    assert book.price_of(here) is None
    await set_price(db, "openai/local", "1", "2026-01-01")
    await set_price(db, here.name, "2", "2026-01-01")

    await refresh(db, book)

    assert [price.rates.input for each in (here, there) if (price := book.price_of(each, NOON))] == [2, 1]


async def test_a_price_begins_by_the_databases_clock_wherever_a_machines_is_ahead(db: Database) -> None:
    book = load_price_book(lambda: datetime.now(UTC) + timedelta(days=3))
    await set_price(db, "gpt-4o", "3", f"{TODAY - timedelta(days=1)}")
    await set_price(db, "gpt-4o", "4", f"{TODAY + timedelta(days=3)}")

    await refresh(db, book)

    price = book.price_of(GPT)
    assert price is not None
    assert price.rates.input == 3


async def test_a_running_lucy_uses_it_without_a_restart_and_its_rows_say_so(db: Database, workspace_id: UUID) -> None:
    book = load_price_book()
    tiers = Tiers.load("default", {"GEMINI_API_KEY": "key"}, book)
    candidate = tiers.specs[0].candidates[0]
    tracker = Tracker(db, book, tiers.baseline, Telemetry())
    for model in (candidate.deployment.model, tiers.baseline[0]):
        await set_price(db, model, "100", f"{TODAY}")

    await refresh(db, book)
    payer = Payer(workspace_id, new_id(), "U1", "C1", "1.0")
    attempt = Attempt(payer, Purpose.REPLY, 1, "chat", 1, candidate.deployment, candidate.price, 400, 64, 10)
    usage = Usage(input_tokens=1000, output_tokens=0)
    await tracker.settle(await tracker.open(attempt), Completion("Hi!", usage=usage), 1)

    [row] = await rows(db, workspace_id)
    assert (row.cost_usd, row.baseline_usd, row.cost_source) == (Decimal("0.1"), Decimal("0.1"), "config")
    assert row.price_book.startswith(f"overlay {TODAY} ")


async def test_a_lucy_that_starts_knows_what_was_set_before(
    db: Database, database_url: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "tiers.toml"
    path.write_text(
        '[[tier]]\nname = "fast"\ndeadline_s = 9\nmax_output_tokens = 9\nmodels = [{ id = "openai/local",'
        f' api_base = "{sandbox.providers["openai"].api_base}" }}]\n'
    )
    await set_price(db, "openai/local", "7", "2026-01-01")
    base = Settings(database_url=SecretStr(database_url), home=tmp_path)

    async with lucy(demo_settings(sandbox, base, str(path))) as running:
        price = running.tiers.specs[0].candidates[0].price

    assert price is not None
    assert price.rates.input == 7


async def test_the_tiers_files_own_price_stands(db: Database, tmp_path: Path) -> None:
    book = load_price_book()
    path = tmp_path / "tiers.toml"
    path.write_text(
        '[[tier]]\nname = "fast"\ndeadline_s = 9\nmax_output_tokens = 9\nmodels = [{ id = "openai/x",'
        ' api_base = "http://127.0.0.1:1/v1", input_usd_per_mtok = "7", output_usd_per_mtok = "7" }]\n'
    )
    await set_price(db, "openai/x", "1", "2026-01-01")

    await refresh(db, book)

    price = Tiers.load(str(path), {}, book).specs[0].candidates[0].price
    assert price is not None
    assert price.rates.input == 7
