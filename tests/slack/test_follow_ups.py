"""Follow-ups without a mention: answered when they are for her, and otherwise no word of them is kept."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from bot.app import Lucy
from bot.db.joined_threads import JoinedThread
from bot.sandbox.sandbox import Sandbox
from bot.slack.follow_ups import courtesy, overheard
from bot.slack.hush import MUTED, UNMUTED, hush_of
from tests.onlooker import until
from tests.slack.test_events import delivery
from tests.slack.test_ingest import lucy_on, signed
from tests.slack.test_presses import whispers
from tests.test_main_job import ACME, done

__all__ = ["whispers"]

CHANNEL = "C0GENERAL"


class Talk:
    """A thread in a channel, as people have it."""

    def __init__(self, running: Lucy, sandbox: Sandbox) -> None:
        self.running, self.sandbox, self.root = running, sandbox, ""

    async def say(self, user: str, text: str) -> int:
        """Someone speaks, and everything is answered; how many answers stand there then."""
        ts = await self.sandbox.slack.say(user, CHANNEL, text, self.root or None)
        self.root = self.root or ts
        await done(self.running)
        return len(self.answers)

    @property
    def answers(self) -> list[str]:
        return self.sandbox.slack.answers(CHANNEL, self.root)


@pytest.fixture
def talk(running: Lucy, sandbox: Sandbox) -> Talk:
    return Talk(running, sandbox)


async def test_the_asker_goes_on_without_a_mention(talk: Talk, sandbox: Sandbox) -> None:
    await talk.say("U0BEN", "<@U0LUCY> hello there, what is our zip code?")

    answers = await talk.say("U0BEN", "and what is our phone number?")

    assert answers == 2
    assert "what is our phone number?" in sandbox.providers["gemini"].requests[-1].prompt


async def test_people_who_talk_to_each_other_are_left_alone_until_she_is_named(
    talk: Talk, onlooker: asyncpg.Connection
) -> None:
    await talk.say("U0DEV", "the release is on Thursday")
    await talk.say("U0BEN", "<@U0LUCY> hello")

    counts = [
        await talk.say("U0EVA", "what do you make of that?"),
        await talk.say("U0BEN", "I don't know, do you?"),
        await talk.say("U0BEN", "<@U0LUCY> hello again"),
        await talk.say("U0BEN", "and what is our zip code?"),
        await talk.say("U0BEN", "<@U0DEV> did you see that?"),
        await talk.say("U0BEN", "shall we?"),
    ]

    assert counts == [1, 1, 2, 3, 3, 3]
    assert await onlooker.fetchval("SELECT count(*) FROM inbox") == 3


async def test_in_a_thread_that_began_with_an_ask_anyone_may_go_on_right_after_her(talk: Talk) -> None:
    await talk.say("U0BEN", "<@U0LUCY> hello")

    assert await talk.say("U0EVA", "what is our zip code?") == 2
    assert await talk.say("U0DEV", "and what is our phone number?") == 3


@pytest.mark.parametrize("text", ["thanks a lot!", ":+1:", "👍", "great, thank you"])
async def test_thanks_are_no_question_and_end_no_talk(talk: Talk, text: str) -> None:
    await talk.say("U0BEN", "<@U0LUCY> hello")

    assert await talk.say("U0EVA", text) == 1
    assert await talk.say("U0BEN", "what is our zip code?") == 2


async def test_another_bots_word_is_no_ask_and_ends_the_talk(talk: Talk, sandbox: Sandbox) -> None:
    await talk.say("U0BEN", "<@U0LUCY> hello")
    bot = {"type": "message", "subtype": "bot_message", "bot_id": "B0CI", "text": "Build failed, why?", "ts": "9.1"}
    status = await sandbox.slack.delivery.event(
        {**bot, "channel": CHANNEL, "channel_type": "channel", "thread_ts": talk.root}
    )

    assert (status, await talk.say("U0BEN", "oh no, again?")) == (200, 1)


async def test_edits_joins_and_her_own_words_change_nothing(talk: Talk, sandbox: Sandbox) -> None:
    await talk.say("U0BEN", "<@U0LUCY> hello")
    there = {"type": "message", "channel": CHANNEL, "channel_type": "channel", "thread_ts": talk.root, "text": "so?"}
    for more in (
        {"user": "U0EVA", "subtype": "message_changed", "ts": "9.1"},
        {"user": "U0EVA", "subtype": "channel_join", "ts": "9.2"},
        {"user": "U0LUCY", "bot_id": "B0LUCY", "ts": "9.3"},
    ):
        assert await sandbox.slack.delivery.event({**there, **more}) == 200

    assert await talk.say("U0BEN", "what is our zip code?") == 2


async def test_muted_she_answers_only_who_names_her(talk: Talk, whispers: list[str]) -> None:
    await talk.say("U0BEN", "<@U0LUCY> hello")

    counts = [
        await talk.say("U0EVA", "<@U0LUCY> please be quiet"),
        await talk.say("U0EVA", "what is our zip code?"),
        await talk.say("U0BEN", "<@U0LUCY> what is our zip code?"),
        await talk.say("U0BEN", "and our phone number?"),
        await talk.say("U0BEN", "<@U0LUCY> unmute"),
        await talk.say("U0BEN", "and our phone number?"),
    ]

    assert counts == [1, 1, 2, 2, 2, 3]
    assert whispers == [MUTED, UNMUTED]


async def test_admins_switch_follow_ups_off_and_the_trail_says_so(
    talk: Talk, sandbox: Sandbox, whispers: list[str]
) -> None:
    await talk.say("U0BEN", "<@U0LUCY> hello")
    for who in ("U0BEN", "U0ADA"):
        told = await sandbox.slack.command("/lucy-costs", "follow-ups off", who, CHANNEL)
        await until(lambda told=told: bool(told))

    assert await talk.say("U0BEN", "what is our zip code?") == 1
    assert ["admins" in said for said in whispers] == [True, False]
    async with talk.running.db.unit(ACME) as unit:
        [change] = [one for one in await unit.audit.newest() if one.action == "follow_ups.set"]
    assert (change.actor, change.before, change.after) == ("U0ADA", {"on": True}, {"on": False})


async def test_a_post_that_concerns_nobody_does_not_touch_the_database() -> None:
    no_database: Any = None
    said = {"type": "message", "channel_type": "channel", "text": "lunch?", "user": "U0EVA"}

    for event in (said, {**said, "thread_ts": "1.1", "text": "thanks!"}):
        answer = await lucy_on(no_database).async_dispatch(signed(event))

        assert answer.status == 200


async def test_a_joined_thread_that_nobody_touched_for_a_month_is_forgotten(
    talk: Talk, onlooker: asyncpg.Connection
) -> None:
    await talk.say("U0BEN", "<@U0LUCY> hello")
    await onlooker.execute(
        "INSERT INTO joined_thread SELECT workspace_id, 'C1', '1.0', 'U1', true, 'lucy', true FROM joined_thread"
    )
    await onlooker.execute("UPDATE joined_thread SET touched_at = now() - interval '31 days'")

    async with talk.running.db.operations() as operations:
        await operations.clean()

    assert await onlooker.fetch("SELECT channel_id FROM joined_thread") == [("C1",)], "mute outlives a month"


@pytest.mark.parametrize(
    ("user", "begun", "spoke", "hears"),
    [
        ("U1", False, "lucy", True),
        ("U1", False, "asker", True),
        ("U1", True, "people", False),
        ("U2", False, "lucy", False),
        ("U2", True, "lucy", True),
        ("U2", True, "asker", False),
    ],
)
def test_whom_she_hears(user: str, begun: bool, spoke: Any, hears: bool) -> None:
    assert JoinedThread("U1", begun, spoke, muted=False, follow_ups=True).hears(user) is hears
    assert not JoinedThread("U1", begun, spoke, muted=True, follow_ups=True).hears(user)
    assert not JoinedThread("U1", begun, spoke, muted=False, follow_ups=False).hears(user)


@pytest.mark.parametrize(
    ("words", "order"),
    [
        ("mute", True), ("be quiet", True), ("Please be quiet in this thread.", True), ("shut up please", True),
        ("unmute", False), ("you can talk again", False), ("listen again", False), ("un-mute here", False),
        ("mute the microphone in zoom, how?", None), ("how do I mute someone?", None), ("quiet quitting", None), ("", None),
    ],
)  # fmt: skip
def test_what_is_an_order_to_be_quiet(words: str, order: bool | None) -> None:
    assert hush_of(words) is order


@pytest.mark.parametrize(
    ("text", "polite"),
    [("thanks", True), ("🎉", True), ("", True), ("ok", False), ("ok!", False), ("thanks, and?", False)],
)
def test_a_bare_ok_may_say_yes(text: str, polite: bool) -> None:
    assert courtesy(text) is polite


@pytest.mark.parametrize(
    ("event", "may"),
    [
        ({}, True),
        ({"text": "ask <@U9>"}, False),
        ({"text": "<!here> look"}, False),
        ({"text": "<!subteam^S1> look"}, False),
        ({"bot_id": "B1"}, False),
        ({"user": "U0LUCY"}, None),
        ({"channel_type": "im"}, None),
        ({"thread_ts": "1.2"}, None),
        ({"type": "app_mention"}, None),
    ],
)
def test_what_may_be_a_follow_up(event: dict[str, Any], may: bool | None) -> None:
    said = {"type": "message", "channel_type": "group", "thread_ts": "1.1", "text": "why?"}

    heard = overheard(delivery(**said | event))

    assert (heard.open if heard else None) is may
