"""What a dead worker left behind is finished by the next one: nothing twice, nothing lost, the model not asked again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from bot.app import Lucy
from bot.commands.demo_world import demo_lucy
from bot.config import Settings
from bot.db.database import Database
from bot.db.encryption import Cipher, derived_key
from bot.db.inbox import MAX_ATTEMPTS, NewAsk, TakenAsk
from bot.errors import LeaseLost
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from bot.slack.blocks import part_key, reply_message
from tests.onlooker import until, until_it_blocks
from tests.test_main_job import ACME, done


@pytest.fixture
async def before(database_url: str, sandbox: Sandbox) -> AsyncIterator[Database]:
    """The database as Lucy will open it later, before she runs."""
    database = Database.open(database_url, Cipher([derived_key(sandbox.slack.state.bot_token)]))
    async with database.unit(ACME) as unit:
        await unit.workspaces.welcome("T0ACME", "Acme", "U0LUCY")
    yield database
    await database.close()


async def test_a_refusal_that_was_kept_is_posted_with_its_button(
    before: Database, database_url: str, sandbox: Sandbox
) -> None:
    ask = await abandoned(before, sandbox)
    button = {"action": "lucy_budget_request", "label": "Request an increase", "value": "workspace::month:1"}
    async with before.unit(ACME) as unit:
        await unit.replies.store(ask.lease, ["No room."], [button])

    await run_to_the_end(database_url, sandbox)

    [posted] = [said for said in sandbox.slack.messages("C0GENERAL", ask.ts) if said["user"] == "U0LUCY"]
    [buttons] = [block["elements"] for block in posted["blocks"] if block["type"] == "actions"]
    assert [button["value"] for button in buttons] == ["workspace::month:1"]


async def test_an_answer_that_was_kept_is_posted_from_storage_and_its_posted_part_is_found(
    before: Database, database_url: str, sandbox: Sandbox
) -> None:
    ask = await abandoned(before, sandbox)
    async with before.unit(ACME) as unit:
        await unit.replies.store(ask.lease, ["one", "two"])
    posted = {"user": "U0LUCY", "thread_ts": ask.ts, **reply_message("one", part_key(ask.task_id, 0))}
    sandbox.slack.state.add("C0GENERAL", posted)

    await run_to_the_end(database_url, sandbox)

    assert sandbox.slack.answers("C0GENERAL", ask.ts) == ["one", "two"]
    assert all(not vendor.requests for vendor in sandbox.providers.values())


async def test_an_ask_whose_worker_died_before_answering_is_answered_once(
    before: Database, database_url: str, sandbox: Sandbox
) -> None:
    ask = await abandoned(before, sandbox)

    await run_to_the_end(database_url, sandbox)

    assert len(sandbox.slack.answers("C0GENERAL", ask.ts)) == 1


async def test_an_ask_that_kills_its_workers_is_declared_dead_with_one_honest_message(
    before: Database, database_url: str, sandbox: Sandbox
) -> None:
    ask = await abandoned(before, sandbox, deaths=MAX_ATTEMPTS)

    await run_to_the_end(database_url, sandbox)

    [said] = sandbox.slack.answers("C0GENERAL", ask.ts)
    assert "several times" in said
    assert all(not vendor.requests for vendor in sandbox.providers.values())


async def test_a_worker_that_lost_its_lease_writes_nothing(db: Database, workspace_id: UUID) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(new_ask("1.1", "1.1"))
    first = await claim(db, lease_s=0)
    second = await claim(db)

    async with db.unit(workspace_id) as unit:
        with pytest.raises(LeaseLost):
            await unit.replies.store(first.lease, ["late"])
        with pytest.raises(LeaseLost):
            await unit.endings.end(first.lease, "answered")
    async with db.unit(workspace_id) as unit:
        parts = (await unit.replies.stored(first.task_id)).parts

    assert (second.attempts, parts) == (2, [])


async def test_a_thread_is_worked_on_one_ask_at_a_time_in_the_order_of_its_messages(
    db: Database, workspace_id: UUID
) -> None:
    async with db.unit(workspace_id) as unit:
        for ts in ("3.0", "2.0"):
            await unit.inbox.add(new_ask(ts, "1.0"))

    first = await claim(db)
    async with db.operations() as operations:
        nothing = await operations.claim("other", 60)
    async with db.unit(workspace_id) as unit:
        await unit.endings.end(first.lease, "answered")

    assert (first.ts, nothing, (await claim(db)).ts) == ("2.0", None, "3.0")


async def test_an_ask_taken_while_the_leases_are_renewed_stays_taken(
    running: Lucy, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    gemini = sandbox.providers["gemini"]
    gemini.mode, gemini.slow_s = Mode.SLOW, 1.5
    asked = [await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")]
    await until(lambda: len(gemini.requests) == 1)

    async with onlooker.transaction():
        await onlooker.execute("SELECT 1 FROM inbox FOR UPDATE")
        await until_it_blocks(onlooker, "UPDATE inbox SET run_at")
        asked.append(await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hi"))
        await until(lambda: len(gemini.requests) == 2)
    await done(running)

    assert [len(sandbox.slack.answers("C0GENERAL", ts)) for ts in asked] == [1, 1]
    assert len(gemini.requests) == 2


async def test_told_to_stop_she_finishes_what_is_in_work(running: Lucy, sandbox: Sandbox) -> None:
    gemini = sandbox.providers["gemini"]
    gemini.mode, gemini.slow_s = Mode.SLOW, 0.5
    serving = asyncio.create_task(running.until_stopped())
    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await until(lambda: len(gemini.requests) == 1)

    serving.cancel()
    await asyncio.wait({serving})
    await until(lambda: len(sandbox.slack.answers("C0GENERAL", ts)) == 1)

    assert len(gemini.requests) == 1


async def run_to_the_end(database_url: str, sandbox: Sandbox) -> None:
    """Start Lucy, let her finish what waits, stop her."""
    base = Settings(database_url=SecretStr(database_url), settle_s=0.2, lease_s=2, stream_every_s=0.02)
    async with demo_lucy(sandbox, base=base) as running:
        await done(running)


def new_ask(ts: str, thread_ts: str, text: str = "<@U0LUCY> what is our plan?") -> NewAsk:
    """An ask as it stands in the inbox."""
    return NewAsk(f"Ev{ts}", "C0GENERAL", "channel", thread_ts, ts, "U0BEN", text)


async def claim(db: Database, lease_s: float = 60) -> TakenAsk:
    """Take the next ask as some other worker; a lease of 0 seconds is one whose worker is dead at once."""
    async with db.operations() as operations:
        taken = await operations.claim("other", lease_s)
    assert taken is not None
    return taken


async def abandoned(db: Database, sandbox: Sandbox, deaths: int = 1) -> TakenAsk:
    """An ask that so many workers took, and died."""
    message = sandbox.slack.state.add("C0GENERAL", {"user": "U0BEN", "text": "<@U0LUCY> what is our plan?"})
    async with db.unit(ACME) as unit:
        await unit.inbox.add(new_ask(message["ts"], message["ts"]))
    taken = [await claim(db, lease_s=0) for _ in range(deaths)]
    return taken[-1]
