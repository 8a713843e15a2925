"""Two tenants in threads: what is said, muted, kept or asked about in one is nothing to the other."""

from __future__ import annotations

from bot.db.switches import Switches
from bot.db.thread_summaries import ThreadSummary
from bot.slack.ask_about import NOT_HERE, QUESTION, About, ask_view
from tests.slack.test_install import GLOBEX, browser, open_to_all
from tests.test_main_job import done
from tests.test_two_tenants import ACME, SECRET, Both, both, prompts

__all__ = ["both", "browser", "open_to_all"]


async def test_a_follow_up_in_the_others_thread_is_none(both: Both) -> None:
    async with both.lucy.db.unit(ACME) as unit:
        standing = await unit.joined.standing("C0GENERAL", both.thread)
    before, heard = await both.acmes(), len(prompts(both.sandbox))
    event = {
        "type": "message", "channel_type": "channel", "user": "U0BEN", "channel": "C0GENERAL", "thread_ts": both.thread,
        "ts": "1700000000.000002", "text": "and what was the merger called?",
    }  # fmt: skip

    status = await both.sandbox.globex.delivery.event(event, "Ev0FOLLOW")
    await done(both.lucy)

    assert standing
    assert standing.hears("U0BEN")
    assert (status, await both.acmes(), len(prompts(both.sandbox))) == (200, before, heard)
    async with both.lucy.db.unit(GLOBEX) as unit:
        assert "inbox" not in await unit.workspaces.rows()


async def test_what_is_muted_retracted_or_switched_in_one_stays_in_the_other(both: Both) -> None:
    async with both.lucy.db.unit(ACME) as unit:
        await unit.summaries.keep("C0GENERAL", both.thread, ThreadSummary("9999999999.0", SECRET))
        await unit.switches.turn("keeps_context", on=True)
    there = {"type": "message", "channel": "C0GENERAL", "channel_type": "channel", "ts": "1700000000.000003"}
    was = {"user": "U0BEN", "ts": both.thread, "thread_ts": both.thread, "text": SECRET}
    gone = {"subtype": "message_deleted", "deleted_ts": both.thread, "previous_message": was}
    mute = {"user": "U0BEN", "text": "<@U1LUCY> mute", "thread_ts": both.thread}

    for more in (gone, mute):
        await both.sandbox.globex.delivery.event({**there, **more})
    await done(both.lucy)
    for text in ("keep-context off", "follow-ups off"):
        await both.typed(text)

    async with both.lucy.db.unit(ACME) as unit:
        standing = await unit.joined.standing("C0GENERAL", both.thread)
        assert standing
        assert standing.hears("U0BEN")
        assert await unit.summaries.read("C0GENERAL", both.thread)
        assert await unit.switches.read() == Switches(footer=True, follow_ups=True, guests=True, keeps_context=True)


async def test_a_shortcut_on_the_others_message_reads_and_asks_nothing_there(both: Both) -> None:
    before, globex = await both.acmes(), both.sandbox.globex
    view = ask_view(About("C0GENERAL", both.thread, both.thread, "what was the merger called?"))
    globex.state.views["V1"] = {**view, "id": "V1"}

    seen = await globex.submit("V1", {QUESTION: {QUESTION: {"value": "and?"}}}, "U1HANK")

    assert seen == {"errors": {QUESTION: NOT_HERE}}
    assert await both.acmes() == before
