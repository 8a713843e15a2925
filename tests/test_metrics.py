"""`/metrics` tells what the database tells, and nothing of whose it was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import aiohttp
import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot.app import Lucy, lucy
from bot.commands.demo_world import demo_settings, tiers_toml
from bot.config import Settings
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.watch import exposition, sweep
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from bot.telemetry import Telemetry, watching_the_loop
from tests.conftest import CIPHER_KEY
from tests.costs.ledger import FAST
from tests.onlooker import until
from tests.test_main_job import done
from tests.test_recovery import claim, new_ask

Sums = dict[tuple[str, ...], Decimal]
GEMINI = "gemini/gemini-3.1-flash-lite"


@pytest.fixture
async def watched(sandbox: Sandbox, database_url: str, tmp_path: Path) -> AsyncIterator[Lucy]:
    """A Lucy with `/metrics`, whose first fallback has no price."""
    tiers = tmp_path / "tiers.toml"
    tiers.write_text("\n".join(_unpriced(line) for line in tiers_toml(sandbox.providers).splitlines()))
    base = Settings(database_url=SecretStr(database_url), settle_s=0.2, home=tmp_path)
    settings = demo_settings(sandbox, base, str(tiers)).model_copy(update={"metrics_addr": "127.0.0.1:0"})
    async with lucy(settings) as running:
        sandbox.slack.delivery.events_url = f"{running.url}/slack/events"
        yield running


async def test_the_counters_are_the_databases_after_an_answer_a_fallback_an_unknown_and_an_open_breaker(
    watched: Lucy, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    for mode in (Mode.HEALTHY, Mode.ERROR, Mode.MALFORMED, Mode.ERROR):
        sandbox.providers["gemini"].mode = mode
        await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
        await done(watched)
    await until(lambda: _answered(watched, 4))

    seen = await scraped(watched)

    assert seen["lucy_attempts_total"] == await sums(onlooker, ("requested_model", "state"))
    assert seen["lucy_fallbacks_total"] == await sums(
        onlooker, ("requested_model",), where="state = 'settled' AND attempt > 1"
    )
    assert seen["lucy_unpriced_total"] == await sums(onlooker, ("requested_model",), where="cost_source = 'unpriced'")
    assert spent(seen) == await sums(onlooker, ("requested_model", "purpose"), "sum(coalesce(cost_usd, 0))")
    assert seen["lucy_attempts_total"][GEMINI, "unknown"] == 1
    assert seen["lucy_choices_total"] == await sums(
        onlooker, ("split_part(decided_by, ':', 1)", "tier::text"), table="choice"
    )
    assert seen["lucy_asks_total"] == await sums(onlooker, ("outcome",), table="inbox")
    assert [value for (name,), value in seen["lucy_breaker_state"].items() if name.startswith(GEMINI)] == [2]
    assert seen["lucy_inbox_asks"] == {("new",): 0, ("leased",): 0}
    assert (seen["lucy_database_up"][()], seen["lucy_spool_depth"][()]) == (1, 0)


async def test_no_label_names_a_workspace_a_person_or_a_channel(watched: Lucy, sandbox: Sandbox) -> None:
    await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await until(lambda: _answered(watched, 1))

    names = {name for metric in watched.telemetry.registry.collect() for s in metric.samples for name in s.labels}

    assert names == {"outcome", "tier", "decided_by", "model", "state", "purpose", "le", "deployment"}


async def test_the_queue_is_counted_as_it_is_and_left_out_when_the_database_is_away(
    db: Database, workspace_id: UUID
) -> None:
    telemetry = Telemetry()
    async with db.unit(workspace_id) as unit:
        for ts in ("1.0", "2.0", "3.0"):
            await unit.inbox.add(new_ask(ts, ts))
    await claim(db)
    away = Database.open("postgresql://nobody@127.0.0.1:1/nothing", Cipher([CIPHER_KEY]))

    here = families(await exposition(db, telemetry))
    gone = families(await exposition(away, telemetry))

    assert here["lucy_inbox_asks"] == {("new",): 2, ("leased",): 1}
    assert here["lucy_inbox_oldest_seconds"][()] > 0
    assert gone["lucy_database_up"][()] == 0
    assert all(value.is_nan() for value in gone["lucy_inbox_asks"].values())
    assert gone["lucy_inbox_oldest_seconds"][()].is_nan()


async def test_attempts_that_nobody_settled_are_counted_when_they_are_swept(db: Database, workspace_id: UUID) -> None:
    telemetry = Telemetry()
    async with db.unit(workspace_id) as unit:
        await unit.costs.open(FAST, -1)

    for _ in range(2):
        await sweep(db, telemetry)

    assert families(telemetry.exposition())["lucy_attempts_swept_total"][()] == 1


async def test_an_event_loop_that_stands_still_is_noticed() -> None:
    telemetry = Telemetry()

    async with watching_the_loop(telemetry):
        await asyncio.sleep(0.1)
        time.sleep(0.3)  # noqa: ASYNC251 - what must never happen
        await asyncio.sleep(0.1)

    seen = families(telemetry.exposition())
    looks = seen["lucy_loop_late_seconds_count"][()]
    assert looks - seen["lucy_loop_late_seconds_bucket"][("0.25",)] == 1
    assert seen["lucy_loop_late_seconds_sum"][()] >= Decimal("0.25")


async def scraped(running: Lucy) -> dict[str, Sums]:
    assert running.metrics_url
    async with aiohttp.ClientSession() as session, session.get(running.metrics_url) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        return families(await answer.read())


async def _answered(running: Lucy, asks: int) -> bool:
    return sum((await scraped(running)).get("lucy_asks_total", {}).values()) == asks


def families(text: bytes) -> dict[str, Sums]:
    """Every sample by its name, and by the values of its labels, in the order of their names."""
    found: dict[str, Sums] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = Decimal(repr(sample.value))
    return found


def spent(seen: dict[str, Sums]) -> Sums:
    """The spend in whole pico-dollars, which a float of such small sums still holds."""
    return {labels: round(usd, 12) for labels, usd in seen["lucy_spend_usd_total"].items()}


async def sums(
    onlooker: asyncpg.Connection,
    by: tuple[str, ...],
    what: str = "count(*)",
    table: str = "cost_log",
    where: str = "true",
) -> Sums:
    """What the database says."""
    places = ", ".join(str(place + 1) for place in range(len(by)))
    rows = await onlooker.fetch(f"SELECT {', '.join(by)}, {what} FROM {table} WHERE {where} GROUP BY {places}")
    return {tuple(row[:-1]): Decimal(row[-1]) for row in map(tuple, rows)}


def _unpriced(line: str) -> str:
    head, _, _ = line.partition(", input_usd_per_mtok")
    return f"{head} }}," if "gpt-6-luna" in line else line
