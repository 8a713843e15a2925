"""A worker that stands still past its lease and comes back: it writes nothing any more, here or in Slack."""

from __future__ import annotations

import asyncio

import pytest

from bot.sandbox.providers.vendor import Mode
from tests.faults.stage import ANSWERED, Stage
from tests.onlooker import until

pytestmark = pytest.mark.slow


async def test_an_answer_that_comes_to_a_worker_without_a_lease_is_paid_for_and_not_said(stage: Stage) -> None:
    frozen = await stage.lucy()
    stage.gemini.fail_next(Mode.SLOW)
    stage.gemini.answers("in time", "too late")
    ts = await stage.say("hello")
    await until(lambda: len(stage.gemini.requests) == 1)

    frozen.freeze()
    await stage.lucy()
    await stage.all_done()
    said = stage.answers(ts)
    await until(lambda: len(stage.gemini.invoice) == 2)
    frozen.thaw()
    await frozen.stop()

    assert len(said) == 1
    assert stage.answers(ts) == said
    assert await stage.inbox(ts) == [ANSWERED]
    first, second = await stage.attempts(ts)
    assert first in {"settled", "unknown"}
    assert second == "settled"
    await stage.check_books()


async def test_a_worker_that_waits_for_slacks_leave_to_post_loses_its_right_meanwhile(stage: Stage) -> None:
    frozen = await stage.lucy()
    stage.slack.faults.rate_limit("chat.postMessage", retry_after_s=2)
    post = stage.slack.faults.hold("chat.postMessage")
    ts = await stage.say("hello")
    await post.arrived()
    post.let_go()
    await asyncio.sleep(0.3)

    frozen.freeze()
    await stage.lucy()
    await stage.all_done()
    frozen.thaw()
    await frozen.stop()

    assert stage.answers(ts) == ["Hello! What can I do for you?"]
    assert await stage.inbox(ts) == [ANSWERED]
    assert await stage.attempts(ts) == ["settled"]
    await stage.check_books()
