"""The main job: a mention is stored, answered once in its thread by the fallback, and paid for to the last digit."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

from bot.app import Lucy
from bot.commands.demo_month import seed_month
from bot.costs.periods import Period
from bot.db.ids import workspace_id_of
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.workspace import SlackWorkspace
from tests.onlooker import until

ACME = workspace_id_of("T0ACME")


async def test_a_mention_with_a_broken_primary_is_answered_once_by_the_fallback_and_the_books_agree(
    running: Lucy, sandbox: Sandbox
) -> None:
    sandbox.providers["gemini"].mode = Mode.ERROR
    sandbox.providers["openai"].answers("94107.")

    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello there, what is our zip code?")
    await answered(sandbox.slack, "C0GENERAL", ts)

    assert sandbox.slack.answers("C0GENERAL", ts) == ["94107."]
    async with running.db.unit(ACME) as unit:
        [total] = await unit.rollups.by("total", Period("ever", *everything(), "UTC"))
        assert (total.calls, total.failed, total.fallbacks) == (2, 1, 1)
        assert total.cost_usd == sandbox.providers.invoice_total() == await unit.costs.total() > Decimal(0)


async def test_the_same_event_three_times_and_its_twin_are_one_ask(running: Lucy, sandbox: Sandbox) -> None:
    slack = sandbox.slack
    message = slack.state.add("C0GENERAL", {"user": "U0BEN", "text": "<@U0LUCY> hello"})
    mention = {**message, "type": "app_mention", "channel": "C0GENERAL"}
    twin = {**message, "type": "message", "channel_type": "channel", "channel": "C0GENERAL"}

    for event, event_id in ((twin, "Ev2"), (mention, "Ev1"), (mention, "Ev1"), (mention, "Ev1")):
        assert await slack.delivery.event(event, event_id) == 200
    await answered(sandbox.slack, "C0GENERAL", message["ts"])
    await asyncio.sleep(0.5)

    assert len(slack.answers("C0GENERAL", message["ts"])) == 1


async def test_a_lost_response_from_slack_does_not_make_two_answers(running: Lucy, sandbox: Sandbox) -> None:
    sandbox.slack.faults.lose_response("chat.postMessage")

    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await done(running)

    assert len(sandbox.slack.answers("C0GENERAL", ts)) == 1


async def test_asks_in_one_thread_are_answered_in_order(running: Lucy, sandbox: Sandbox) -> None:
    root = await sandbox.slack.say("U0BEN", "C0GENERAL", "plain talk")
    sandbox.providers["gemini"].answers(*(f"answer {n}" for n in range(8)))

    for n in range(8):
        await sandbox.slack.say("U0BEN", "C0GENERAL", f"<@U0LUCY> what is our number {n}?", root)
    await done(running)

    assert sandbox.slack.answers("C0GENERAL", root) == [f"answer {n}" for n in range(8)]


async def test_every_provider_down_is_one_calm_sentence_with_a_reference(running: Lucy, sandbox: Sandbox) -> None:
    for vendor in sandbox.providers.values():
        vendor.mode = Mode.ERROR

    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await done(running)

    [said] = sandbox.slack.answers("C0GENERAL", ts)
    assert "reference" in said
    assert "Traceback" not in said
    assert sandbox.providers.invoice_total() == 0


async def test_what_a_model_writes_cannot_ping(running: Lucy, sandbox: Sandbox) -> None:
    sandbox.providers["gemini"].answers("Hi <!channel> and <@U0ADA>, @here we go `<!here>`")

    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await done(running)

    [said] = sandbox.slack.answers("C0GENERAL", ts)
    assert "<!channel>" not in said
    assert "<@U0ADA>" not in said
    assert "@here" not in said.replace("`<!here>`", "")
    assert "`<!here>`" in said


async def test_neither_words_nor_files_are_met_with_a_hint_and_no_model(running: Lucy, sandbox: Sandbox) -> None:
    message = sandbox.slack.state.add("D0LUCY", {"user": "U0ADA", "text": ""})
    event = {**message, "channel": "D0LUCY", "channel_type": "im", "subtype": "file_share"}

    await sandbox.slack.delivery.event(event)
    await done(running)

    assert "neither words nor files" in sandbox.slack.answers("D0LUCY", message["ts"])[0]
    assert sandbox.providers.invoice_total() == 0


async def test_a_long_answer_comes_in_parts_that_slack_takes(running: Lucy, sandbox: Sandbox) -> None:
    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> use your best model: write a long report")
    await done(running)

    parts = sandbox.slack.answers("C0GENERAL", ts)
    assert len(parts) > 2
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert "Section 60" in parts[-1]


async def test_other_teams_bots_and_own_messages_are_acknowledged_and_ignored(running: Lucy, sandbox: Sandbox) -> None:
    slack = sandbox.slack
    bot = {
        "type": "app_mention",
        "user": "U0CIBT",
        "bot_id": "B1",
        "text": "<@U0LUCY> hi",
        "ts": "1.1",
        "channel": "C0ENG",
    }
    own = {"type": "message", "user": "U0LUCY", "text": "<@U0LUCY>", "ts": "1.2", "channel": "C0ENG"}
    edit = {"type": "message", "subtype": "message_changed", "channel": "D0LUCY", "channel_type": "im", "ts": "1.3"}

    statuses = [await slack.delivery.event(event) for event in (bot, own, edit)]
    slack.state.team_id = "T0OTHER"
    statuses.append(await slack.delivery.event({**bot, "bot_id": None, "user": "U0BEN", "ts": "1.4"}))

    assert statuses == [200] * 4
    assert await waiting(running) == 0


async def test_forged_and_stale_signatures_are_refused_and_a_huge_body_too(running: Lucy, sandbox: Sandbox) -> None:
    send, plain = sandbox.slack.delivery.send, {"Content-Type": "application/json"}

    forged = await send('{"type": "event_callback"}', plain, kind="x", secret="wrong")
    stale = await send('{"type": "event_callback"}', plain, kind="x", stamp=1_700_000_000)
    huge = await send("x" * 1_500_000, plain, kind="x")

    assert (forged, stale, huge) == (401, 401, 413)


async def test_the_command_shows_the_spend_to_the_asker(running: Lucy, sandbox: Sandbox) -> None:
    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await answered(sandbox.slack, "C0GENERAL", ts)
    await done(running)

    shown = await sandbox.slack.command("/lucy-costs", "today by model", "U0ADA", "C0GENERAL")
    while not shown:
        await asyncio.sleep(0.02)

    assert shown[0]["response_type"] == "ephemeral"
    assert "gemini/gemini-3.1-flash-lite" in str(shown[0]["blocks"])


async def test_the_digest_is_posted_on_demand_with_its_baseline_named(running: Lucy, sandbox: Sandbox) -> None:
    await seed_month(running.db, ACME)

    await running.digests.post_now(ACME, "C0FINANCE")

    posted = sandbox.slack.messages("C0FINANCE")[-1]["text"]
    assert posted.startswith("Lucy's costs: ")
    assert "anthropic/claude-sonnet-5-5" in posted


async def answered(slack: SlackWorkspace, channel: str, ts: str) -> None:
    """Wait until Lucy has said what she says in a thread."""

    def said() -> bool:
        messages = slack.messages(channel, ts)
        return bool(slack.answers(channel, ts)) and not any(message.get("streaming") for message in messages)

    await until(said)


async def done(running: Lucy) -> None:
    """Wait until nothing is waiting any more."""
    async with asyncio.timeout(30):
        while await waiting(running):
            await asyncio.sleep(0.05)


async def waiting(running: Lucy) -> int:
    async with running.db.operations() as operations:
        return await operations.waiting()


def everything() -> tuple[datetime, datetime]:
    """A span that holds every row."""
    return datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
