"""What people take back, and what of a workspace goes when Lucy is removed: no summary knows of it any more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from bot.app import Lucy
from bot.conversation.prompt import EARLIER
from bot.db.database import Database
from bot.db.thread_summaries import ThreadSummary
from bot.sandbox.sandbox import Sandbox
from bot.slack.retractions import Retraction, retracted
from tests.slack.test_events import delivery
from tests.slack.test_ingest import lucy_on, signed
from tests.test_main_job import done
from tests.test_two_tenants import prompts

WAS = {"user": "U0BEN", "text": "my password is bluebird", "ts": "1.5", "thread_ts": "1.0"}
EDIT = {"type": "message", "subtype": "message_changed", "previous_message": WAS, "message": {**WAS, "text": "oops"}}
GONE = {"type": "message", "subtype": "message_deleted", "previous_message": WAS, "deleted_ts": "1.5"}


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (EDIT, True),
        (GONE, True),
        ({**EDIT, "message": {**WAS, "subtype": "tombstone"}}, True),
        ({**EDIT, "message": {**WAS, "attachments": ["an unfurled link"]}}, False),
        ({**EDIT, "message": {**WAS, "text": "growing", "bot_id": "B0LUCY"}}, False),
        ({**EDIT, "previous_message": "odd", "message": ["odd"]}, False),
        ({"type": "message", "text": "plain"}, False),
    ],
)
def test_what_is_taken_back(event: dict[str, Any], found: bool) -> None:
    assert retracted(delivery(**event)) == (Retraction("C1", "1.0", "1.5") if found else None)


@pytest.mark.parametrize(("event", "left"), [(EDIT, 1), (GONE, 1), ({"type": "app_uninstalled"}, 0)])
async def test_summaries_that_know_of_it_go(db: Database, workspace_id: UUID, event: dict[str, Any], left: int) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.summaries.keep("C1", "1.0", ThreadSummary("1.7", "Ben's password is bluebird"))
        await unit.summaries.keep("C1", "2.0", ThreadSummary("2.7", "of another thread"))

    answer = await lucy_on(db).async_dispatch(signed(event))

    async with db.unit(workspace_id) as unit:
        kept = [await unit.summaries.read("C1", root) for root in ("1.0", "2.0")]
    assert answer.status == 200
    assert kept[0] is None
    assert len([one for one in kept if one]) == left


async def test_a_long_thread_reaches_the_model_with_its_older_part_summarised(running: Lucy, sandbox: Sandbox) -> None:
    root = await sandbox.slack.say("U0DEV", "C0GENERAL", "the merger is called bluebird")
    for n in range(30):
        sandbox.slack.state.add("C0GENERAL", {"user": "U0EVA", "text": f"{n}: " + "word " * 300, "thread_ts": root})
    sandbox.providers["gemini"].answers("Dev says that the merger is called bluebird.", "Bluebird.")

    await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> use your cheapest model: what is the merger called?", root)
    await done(running)

    summarised, asked = prompts(sandbox)
    assert "Dev Patel: the merger is called bluebird" in summarised
    assert f"{EARLIER}Dev says that the merger is called bluebird." in asked
    assert sandbox.slack.answers("C0GENERAL", root) == ["Bluebird."]
