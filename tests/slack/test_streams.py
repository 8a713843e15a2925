"""A streamed answer says what the model said, once, whatever becomes of its stream."""

from __future__ import annotations

from uuid import UUID

import pytest

from bot.db.database import Database
from bot.errors import LeaseLost
from bot.sandbox.providers.brain import reply
from bot.sandbox.sandbox import Sandbox
from bot.slack.live import Live
from bot.slack.pen import Rhythm
from tests.onlooker import until
from tests.slack.streaming import CHANNEL, Bucket, Desk

REPORT = reply("", "write a long report", 4096)
HTML = "Like this:\n```html\n<!DOCTYPE html>\n<p>@here</p>\n```"


@pytest.fixture
async def desk(db: Database, sandbox: Sandbox, workspace_id: UUID) -> Desk:
    return await Desk.at(db, sandbox, workspace_id)


async def test_words_are_seen_while_the_model_writes_and_end_in_one_message_with_its_footer(desk: Desk) -> None:
    ask = await desk.asked()

    async with desk.threads.at_work(ask) as live:
        await live.show("Hello ")
        await until(lambda: desk.said(ask) == ["Hello"])
        await live.show("there, **Ben**")
        await until(lambda: desk.said(ask) == ["Hello there, **Ben**"])
        await desk.keep(ask, live, "Hello there, **Ben**.")
        await desk.threads.deliver(ask, live, "answered")

    assert desk.said(ask) == ["Hello there, **Ben**."]
    assert desk.calls("chat.") == ["chat.startStream", "chat.appendStream", "chat.stopStream"]
    [message] = [said for said in desk.sandbox.slack.messages(CHANNEL, ask.ts) if said["user"] == "U0LUCY"]
    assert "$0.0001" in str(message["blocks"])
    assert message["metadata"]["event_payload"]["key"] == f"{ask.task_id}:0"
    assert "streaming" not in message


@pytest.mark.parametrize(("team", "told"), [("T0GUEST", "T0GUEST"), (None, "T0ACME")])
async def test_a_stream_is_for_whoever_asked_of_whatever_team(desk: Desk, team: str | None, told: str) -> None:
    ask = await desk.asked(team)

    await desk.answer(ask, "Hello")

    [started] = desk.sent("chat.startStream")
    assert (started["recipient_user_id"], started["recipient_team_id"]) == ("U0BEN", told)


async def test_a_long_answer_turns_over_into_messages_that_slack_takes(desk: Desk) -> None:
    ask = await desk.asked()

    async with desk.threads.at_work(ask) as live:
        for at in range(0, len(REPORT), 2000):
            await live.show(REPORT[at : at + 2000])
            await until(lambda at=at: sum(map(len, desk.said(ask))) > 0.8 * at)
        await desk.keep(ask, live, REPORT)
        await desk.threads.deliver(ask, live, "answered")

    said = desk.said(ask)
    assert len(said) == 3
    assert (
        desk.calls("chat.startStream", "chat.stopStream", "chat.postMessage")
        == ["chat.startStream", "chat.stopStream"] * 3
    )
    assert all(part.count("```") % 2 == 0 for part in said)
    assert _words(said) == _words([REPORT])


async def test_a_message_that_grows_old_is_ended_before_slack_ends_it(
    db: Database, sandbox: Sandbox, workspace_id: UUID
) -> None:
    desk = await Desk.at(db, sandbox, workspace_id, rhythm=Rhythm(every_s=0.01, message_s=0.0))
    ask = await desk.asked()

    async with desk.threads.at_work(ask) as live:
        for line in ("one\n", "two\n", "three\n"):
            await live.show(line)
            await until(lambda line=line: line.strip() in "".join(desk.said(ask)))
        await desk.keep(ask, live, "one\ntwo\nthree")
        await desk.threads.deliver(ask, live, "answered")

    assert len(desk.said(ask)) > 1
    assert "\n".join(desk.said(ask)).split() == ["one", "two", "three"]


async def test_a_stream_that_slack_has_ended_goes_on_by_updates(desk: Desk) -> None:
    ask = await desk.asked()

    async with desk.threads.at_work(ask) as live:
        await live.show("Hello ")
        await until(lambda: desk.said(ask) == ["Hello"])
        desk.sandbox.slack.api.streams.end(CHANNEL, ask.thread_ts)
        await live.show("there ")
        await until(lambda: desk.said(ask) == ["Hello there"])
        await desk.keep(ask, live, "Hello there all")
        await desk.threads.deliver(ask, live, "answered")

    assert desk.said(ask) == ["Hello there all"]
    assert desk.calls("chat.stopStream", "chat.postMessage") == []
    assert "$0.0001" in str(desk.sandbox.slack.messages(CHANNEL, ask.ts)[-1]["blocks"])


async def test_where_the_workspace_has_no_room_for_a_stream_the_answer_is_one_post(
    db: Database, sandbox: Sandbox, workspace_id: UUID
) -> None:
    desk = await Desk.at(db, sandbox, workspace_id, bucket=Bucket({"chat.startStream": [30.0]}))
    ask = await desk.asked()

    await desk.answer(ask, "Hello ", "there")

    assert desk.said(ask) == ["Hello there"]
    assert desk.calls("chat.") == ["chat.postMessage"]


@pytest.mark.parametrize("code", ["channel_type_not_supported", "missing_recipient_team_id", "ratelimited"])
async def test_a_stream_that_slack_refuses_is_one_post(desk: Desk, code: str) -> None:
    desk.sandbox.slack.faults.error("chat.startStream", code)
    ask = await desk.asked()

    await desk.answer(ask, "Hello ", "there")

    assert desk.said(ask) == ["Hello there"]


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update"])
async def test_a_lost_answer_of_slack_doubles_nothing(desk: Desk, method: str) -> None:
    desk.sandbox.slack.faults.lose_response(method)
    ask = await desk.asked()

    async with desk.threads.at_work(ask) as live:
        await live.show("Hello ")
        await until(lambda: desk.said(ask) == ["Hello"])
        await live.show("there ")
        await until(lambda: "there" in desk.said(ask)[0] or method == "chat.startStream")
        await live.show(HTML)
        await desk.keep(ask, live, f"Hello there {HTML}")
        await desk.threads.deliver(ask, live, "answered")

    assert desk.said(ask) == [f"Hello there {HTML}"]


async def test_slack_asking_for_patience_loses_no_word(desk: Desk) -> None:
    desk.sandbox.slack.faults.rate_limit("chat.appendStream", 0.05, times=3)
    ask = await desk.asked()

    await desk.answer(ask, "Hello ", "there, ", "all ", "of you")

    assert desk.said(ask) == ["Hello there, all of you"]


async def test_code_that_looks_like_a_ping_stands_in_the_end_as_the_model_wrote_it(desk: Desk) -> None:
    ask = await desk.asked()

    async with desk.threads.at_work(ask) as live:
        await live.show(HTML[:-4])
        await until(lambda: "html" in "".join(desk.said(ask)))
        shown = "".join(desk.said(ask))
        await desk.keep(ask, live, HTML)
        await desk.threads.deliver(ask, live, "answered")

    assert "<!" not in shown
    assert "@here" not in shown
    assert desk.said(ask) == [HTML]


async def test_refused_decoration_leaves_the_words(desk: Desk) -> None:
    desk.sandbox.slack.faults.error("chat.stopStream", "invalid_blocks")
    desk.sandbox.slack.faults.error("chat.update", "invalid_blocks")
    ask = await desk.asked()

    async with desk.threads.at_work(ask) as live:
        await live.show("Hello ")
        await until(lambda: desk.said(ask) == ["Hello"])
        await desk.keep(ask, live, "Hello there")
        await desk.threads.deliver(ask, live, "answered")

    assert desk.said(ask) == ["Hello there"]


async def test_a_message_that_someone_removed_is_posted_again(desk: Desk) -> None:
    ask = await desk.asked()

    async with desk.threads.at_work(ask) as live:
        await live.show("Hello ")
        await until(lambda: desk.said(ask) == ["Hello"])
        desk.sandbox.slack.state.messages[CHANNEL].pop()
        await desk.keep(ask, live, "Hello there")
        await desk.threads.deliver(ask, live, "answered")

    assert desk.said(ask) == ["Hello there"]


async def test_a_worker_that_lost_its_lease_shows_nothing_more(desk: Desk) -> None:
    ask = await desk.asked()

    async with desk.threads.at_work(ask) as live:
        await live.show("Hello ")
        await until(lambda: desk.said(ask) == ["Hello"])
        async with desk.db.unit(desk.workspace_id) as unit:
            await unit.inbox.hand_back(ask.lease)
        await desk.taken()
        with pytest.raises(LeaseLost):
            await until(lambda: _goes_on(live))

    assert desk.said(ask) == ["Hello"]


async def _goes_on(live: Live) -> bool:
    """Shows ever more, and says that it may go on for ever."""
    await live.show("late ")
    return False


def _words(parts: list[str]) -> list[str]:
    return [word for part in parts for word in part.split() if not word.startswith("```")]
