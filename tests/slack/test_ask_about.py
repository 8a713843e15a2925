"""*Ask Lucy about this*: from a message's menu, over a modal, to an answer in that message's thread."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bot.app import Lucy
from bot.db.inbox import NewAsk
from bot.errors import DatabaseAway
from bot.sandbox.sandbox import Sandbox
from bot.slack.ask_about import (
    ASK_ABOUT,
    DEFAULT,
    NOT_HERE,
    NOT_NOW,
    QUESTION,
    TOO_LATE,
    About,
    AskAbout,
    ask_view,
    asked_in,
    asking,
)
from bot.slack.installations import Access, Clients, OneToken
from tests.onlooker import until
from tests.slack.test_presses import press, whispers
from tests.test_main_job import ACME, done
from tests.test_two_tenants import prompts

__all__ = ["whispers"]

CHANNEL = "C0GENERAL"
SAID = "The *flux* is 3 &lt; 4, ask <@U0ADA> or <!channel>"


class Modal:
    """The shortcut as one person uses it."""

    def __init__(self, running: Lucy, sandbox: Sandbox) -> None:
        self.running, self.sandbox = running, sandbox

    async def open(self, channel: str, ts: str) -> dict[str, Any]:
        """The modal that opens."""
        seen = len(self.sandbox.slack.state.views)
        await self.sandbox.slack.shortcut(ASK_ABOUT, "U0BEN", channel, ts)
        await until(lambda: len(self.sandbox.slack.state.views) > seen)
        return list(self.sandbox.slack.state.views.values())[-1]

    async def ask(self, channel: str, ts: str, words: str = DEFAULT) -> dict[str, Any]:
        """What Slack showed then: nothing where the modal closed, else errors."""
        view = await self.open(channel, ts)
        seen = await self.sandbox.slack.submit(view["id"], {QUESTION: {QUESTION: {"value": words}}}, "U0BEN")
        await done(self.running)
        return seen


@pytest.fixture
def modal(running: Lucy, sandbox: Sandbox) -> Modal:
    return Modal(running, sandbox)


async def test_the_answer_comes_in_the_messages_thread_below_the_question(modal: Modal, sandbox: Sandbox) -> None:
    ts = await sandbox.slack.say("U0DEV", CHANNEL, SAID)

    told = await modal.ask(CHANNEL, ts)

    question, answer = (said for said in sandbox.slack.messages(CHANNEL, ts) if said["user"] == "U0LUCY")
    assert told == {}
    assert question["text"] == "<@U0BEN> asks about this message: Explain this"
    assert "Here is what I can say" in str(answer["blocks"])
    asked = "Explain this\n\n> The *flux* is 3 < 4, ask @Ada Okafor or @channel"
    assert any(prompt.endswith(asked) for prompt in prompts(sandbox))


async def test_the_modal_quotes_the_message_and_can_be_sent_as_it_is(modal: Modal, sandbox: Sandbox) -> None:
    ts = await sandbox.slack.say("U0DEV", CHANNEL, "first line\nsecond line")

    view = await modal.open(CHANNEL, ts)

    quoted, question = view["blocks"]
    assert quoted["text"]["text"] == "> first line\n> second line"
    assert question["element"]["initial_value"] == DEFAULT


async def test_a_wish_in_the_question_is_granted_and_one_in_the_message_is_not(
    modal: Modal, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    for said, words in (("tier 3: hello", "hello"), ("hello", "tier 3: hello")):
        await modal.ask(CHANNEL, await sandbox.slack.say("U0DEV", CHANNEL, said), words)

    assert [row["tier"] for row in await onlooker.fetch("SELECT tier FROM choice ORDER BY created_at")] == [1, 3]


async def test_a_reply_is_asked_about_with_a_link_and_what_is_typed_pings_nobody(
    modal: Modal, sandbox: Sandbox
) -> None:
    root = await sandbox.slack.say("U0DEV", CHANNEL, "plain talk")
    ts = await sandbox.slack.say("U0EVA", CHANNEL, "the flux is 3", root)

    await modal.ask(CHANNEL, ts, "is <!channel> & <@U0ADA> right?")

    question = next(said for said in sandbox.slack.messages(CHANNEL, root) if said["user"] == "U0LUCY")
    link = f"https://acme.example/archives/{CHANNEL}/p{ts.replace('.', '')}"
    words = "is &lt;!channel&gt; &amp; &lt;@U0ADA&gt; right?"
    assert question["text"] == f"<@U0BEN> asks about <{link}|this message>: {words}"
    assert any("is <!channel> & <@U0ADA> right?\n\n> the flux is 3" in prompt for prompt in prompts(sandbox))


async def test_later_the_question_is_the_askers_and_asking_again_asks_the_same(modal: Modal, sandbox: Sandbox) -> None:
    root = await sandbox.slack.say("U0DEV", CHANNEL, "plain talk")
    ts = await sandbox.slack.say("U0EVA", CHANNEL, "the flux is 3", root)
    await modal.ask(CHANNEL, ts, "hello, is that right?")
    answer = sandbox.slack.messages(CHANNEL, root)[-1]
    first = sandbox.providers["gemini"].requests[-1].prompt

    await press(sandbox, answer, "lucy_again")
    await until(lambda: len(sandbox.slack.answers(CHANNEL, root)) == 3)
    await done(modal.running)
    again = sandbox.providers["gemini"].requests[-1].prompt
    await sandbox.slack.say("U0BEN", CHANNEL, "and why?", root)
    await done(modal.running)

    assert again == first
    assert "Ben Ito: hello, is that right?" in sandbox.providers["gemini"].requests[-1].prompt


@pytest.mark.parametrize("channel", ["C0QUIET", "C0OLD"])
async def test_where_she_is_not_the_modal_says_so_and_nothing_is_stored(
    modal: Modal, sandbox: Sandbox, onlooker: asyncpg.Connection, channel: str
) -> None:
    ts = sandbox.slack.state.add(channel, {"user": "U0DEV", "text": "the flux is 3"})["ts"]

    told = await modal.ask(channel, ts)

    assert told == {"errors": {QUESTION: NOT_HERE}}
    assert await onlooker.fetchval("SELECT count(*) FROM inbox") == 0


async def test_a_modal_that_opens_too_late_is_explained(modal: Modal, sandbox: Sandbox, whispers: list[str]) -> None:
    sandbox.slack.faults.error("views.open", "expired_trigger_id")
    ts = await sandbox.slack.say("U0DEV", CHANNEL, "the flux is 3")

    await sandbox.slack.shortcut(ASK_ABOUT, "U0BEN", CHANNEL, ts)

    await until(lambda: whispers == [TOO_LATE])


async def test_a_database_that_is_away_is_said_in_the_modal(sandbox: Sandbox) -> None:
    async def away(_: UUID, __: NewAsk) -> bool:
        raise DatabaseAway

    clients = Clients(OneToken(Access("T0ACME", sandbox.slack.state.bot_token, "B", "U")), sandbox.slack.api_url)
    ts = await sandbox.slack.say("U0DEV", CHANNEL, "the flux is 3")
    view = ask_view(About(CHANNEL, ts, ts, "the flux is 3"))
    values = {QUESTION: {QUESTION: {"value": "why?"}}}
    body = {"user": {"id": "U0BEN"}, "view": {**view, "id": "V1", "state": {"values": values}}}

    assert await AskAbout(clients, away).submit(body, ACME) == NOT_NOW


async def test_a_bug_while_asking_is_never_an_acknowledgement(modal: Modal, sandbox: Sandbox) -> None:
    odd = {"id": "V9", "type": "modal", "callback_id": ASK_ABOUT, "private_metadata": "odd", "blocks": []}
    sandbox.slack.state.views["V9"] = odd

    seen = await sandbox.slack.submit("V9", {QUESTION: {QUESTION: {"value": "why?"}}}, "U0BEN")

    assert seen == {"trouble": "500"}


def test_the_longest_message_fits_into_the_modal() -> None:
    for text in ("x" * 1200, "\x01" * 1200, "a\n" * 600, ""):
        view = ask_view(About(CHANNEL, "1.1", "1.1", text))

        assert len(view["private_metadata"]) <= 3000
        assert 0 < len(view["blocks"][0]["text"]["text"]) <= 3000


def test_what_she_posts_for_somebody_is_known_again_and_nothing_else_is() -> None:
    assert asked_in("<@U1> asks about <https://x.example/p1|this message>: why\nthough?") == ("U1", "why\nthough?")
    assert asked_in("<@U1> asks about lunch: why?") is None
    assert asking("a < b", "") == "a &lt; b"
