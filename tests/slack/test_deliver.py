"""An answer stands in Slack once, whatever Slack does to the post."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from bot.db.database import Database
from bot.db.inbox import NewAsk, TakenAsk
from bot.db.outgoing import Outgoing
from bot.errors import LeaseLost, Undeliverable
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.faults import Held
from bot.slack.attachments import Attachments
from bot.slack.client import SlackClient, SlackRefused
from bot.slack.delivery import Delivery
from bot.slack.installations import Clients, OneToken, introduce
from bot.slack.people import People
from bot.slack.pulse import Pulse
from bot.slack.stops import Stops
from bot.slack.thread import Streaming, Threads
from bot.telemetry import Telemetry

CHANNEL = "C0GENERAL"
Take = Callable[..., Awaitable[TakenAsk]]


@pytest.fixture
async def threads(db: Database, sandbox: Sandbox) -> Threads:
    """Lucy's side of Slack, at the sandbox."""
    access = await introduce(sandbox.slack.state.bot_token, sandbox.slack.api_url, db)
    clients = Clients(OneToken(access), sandbox.slack.api_url)

    def under(ask: TakenAsk, outgoing: Outgoing) -> list[dict[str, Any]]:
        return [{"type": "context", "elements": [{"type": "mrkdwn", "text": "fast · $0.0001"}]}]

    people = People(clients)
    delivery = Delivery(db, clients, under, Telemetry(), settle_s=0.05)
    return Threads(
        db, clients, people, delivery, Streaming(Stops(db, clients, people), Pulse(db, clients)), Attachments(clients)
    )


@pytest.fixture
async def take(db: Database, workspace_id: UUID, sandbox: Sandbox, threads: Threads) -> Take:
    """Someone says something; the ask in a worker's hand, its answer stored."""

    async def take_it(*parts: str) -> TakenAsk:
        ts = await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hi")
        async with db.unit(workspace_id) as unit:
            await unit.inbox.add(NewAsk(ts, CHANNEL, "channel", ts, ts, "U0BEN", "<@U0LUCY> hi"))
        ask = await again(db)
        async with db.unit(workspace_id) as unit:
            await unit.replies.store(ask.lease, parts)
        return ask

    return take_it


async def deliver(threads: Threads, ask: TakenAsk) -> None:
    """Deliver what is stored."""
    async with threads.at_work(ask) as live:
        await threads.deliver(ask, live, "answered")


async def lose_the_lease(threads: Threads, ask: TakenAsk, post: Held, db: Database) -> None:
    """Deliver, and let the ask be handed back while the `post` is held."""
    delivering = asyncio.create_task(deliver(threads, ask))
    await post.arrived()
    async with db.unit(ask.workspace_id) as unit:
        await unit.inbox.hand_back(ask.lease)
    post.let_go()
    with pytest.raises(LeaseLost):
        await delivering


async def again(db: Database) -> TakenAsk:
    """Claim whatever waits."""
    async with db.operations() as operations:
        ask = await operations.claim("worker", 30)
    assert ask
    return ask


async def test_every_part_is_posted_in_order_and_only_the_last_has_the_footer(
    threads: Threads, take: Take, sandbox: Sandbox
) -> None:
    ask = await take("one", "two")

    await deliver(threads, ask)

    assert sandbox.slack.answers(CHANNEL, ask.ts) == ["one", "two"]
    with_footer = ["$0.0001" in str(message.get("blocks")) for message in sandbox.slack.messages(CHANNEL, ask.ts)]
    assert with_footer[-2:] == [False, True]


async def test_delivering_twice_posts_once(threads: Threads, take: Take, sandbox: Sandbox) -> None:
    ask = await take("one")

    await deliver(threads, ask)
    with pytest.raises(LeaseLost):
        await deliver(threads, ask)

    assert sandbox.slack.answers(CHANNEL, ask.ts) == ["one"]


async def test_a_lost_answer_of_slack_is_looked_up_and_adopted(threads: Threads, take: Take, sandbox: Sandbox) -> None:
    sandbox.slack.faults.lose_response("chat.postMessage")
    ask = await take("one", "two")

    await deliver(threads, ask)

    assert sandbox.slack.answers(CHANNEL, ask.ts) == ["one", "two"]


async def test_where_she_may_not_look_she_answers_and_says_so(
    threads: Threads, take: Take, sandbox: Sandbox, db: Database
) -> None:
    ask = await take("one")
    async with db.unit(ask.workspace_id) as unit:
        await unit.inbox.hand_back(ask.lease)
    sandbox.slack.faults.error("conversations.replies", "missing_scope")

    await deliver(threads, await again(db))

    [said] = sandbox.slack.answers(CHANNEL, ask.ts)
    assert "answering after a restart" in said
    assert said.endswith("one")


async def test_a_429_is_waited_out(threads: Threads, take: Take, sandbox: Sandbox) -> None:
    sandbox.slack.faults.rate_limit("chat.postMessage", 0.01, times=2)
    ask = await take("one")

    await deliver(threads, ask)

    assert sandbox.slack.answers(CHANNEL, ask.ts) == ["one"]


async def test_an_endless_429_leaves_the_answer_for_a_later_try(threads: Threads, take: Take, sandbox: Sandbox) -> None:
    sandbox.slack.faults.rate_limit("chat.postMessage", 0.01, times=4)
    ask = await take("one")

    with pytest.raises(SlackRefused):
        await deliver(threads, ask)
    await deliver(threads, ask)

    assert sandbox.slack.answers(CHANNEL, ask.ts) == ["one"]


async def test_who_lost_the_lease_while_slack_made_her_wait_posts_nothing(
    threads: Threads, take: Take, sandbox: Sandbox, db: Database
) -> None:
    sandbox.slack.faults.rate_limit("chat.postMessage", 0.01)
    post = sandbox.slack.faults.hold("chat.postMessage")
    ask = await take("one")

    await lose_the_lease(threads, ask, post, db)

    assert sandbox.slack.answers(CHANNEL, ask.ts) == []


async def test_a_post_that_slack_put_off_counts_as_sent_when_it_was_sent(
    threads: Threads, take: Take, sandbox: Sandbox, db: Database
) -> None:
    sandbox.slack.faults.rate_limit("chat.postMessage", 0.3)
    post = sandbox.slack.faults.hold("chat.postMessage", skip=1)
    ask = await take("one")
    delivering = asyncio.create_task(deliver(threads, ask))
    await post.arrived()

    async with db.unit(ask.workspace_id) as unit:
        [part] = (await unit.replies.stored(ask.task_id)).parts
    post.let_go()
    await delivering

    assert part.age_s < 0.3


async def test_refused_decoration_becomes_plain_words(threads: Threads, take: Take, sandbox: Sandbox) -> None:
    sandbox.slack.faults.error("chat.postMessage", "invalid_blocks")
    ask = await take("**one** <@U0ADA>")

    await deliver(threads, ask)

    assert sandbox.slack.answers(CHANNEL, ask.ts) == ["**one** &lt;@U0ADA&gt;"]


async def test_an_inner_fault_of_slack_is_no_refusal(threads: Threads, take: Take, sandbox: Sandbox) -> None:
    sandbox.slack.faults.error("chat.postMessage", "internal_error")
    ask = await take("one")

    await deliver(threads, ask)

    assert sandbox.slack.answers(CHANNEL, ask.ts) == ["one"]


async def test_a_channel_that_is_gone_makes_an_answer_undeliverable(
    threads: Threads, take: Take, sandbox: Sandbox
) -> None:
    sandbox.slack.faults.error("chat.postMessage", "is_archived")
    ask = await take("one")

    with pytest.raises(Undeliverable):
        await deliver(threads, ask)


async def test_a_failing_status_or_lookup_stops_nothing(threads: Threads, take: Take, sandbox: Sandbox) -> None:
    ask = await take("one")
    for method in ("agents.sessions.setStatus", "assistant.threads.setStatus", "conversations.replies", "users.info"):
        sandbox.slack.faults.error(method, "missing_scope", times=9)

    async with threads.at_work(ask):
        transcript = await threads.read(ask)

    assert transcript.text == "hi"
    assert transcript.turns == ()


async def test_a_status_that_slack_puts_off_or_never_answers_is_not_waited_for(
    threads: Threads, take: Take, sandbox: Sandbox
) -> None:
    ask = await take("one")
    sandbox.slack.faults.rate_limit("agents.sessions.setStatus", 30)
    sandbox.slack.faults.hold("agents.sessions.setStatus")

    async with asyncio.timeout(5):
        async with threads.at_work(ask):
            pass


async def test_slack_is_never_called_inside_a_unit_of_work(db: Database, workspace_id: UUID, sandbox: Sandbox) -> None:
    client = SlackClient(sandbox.slack.state.bot_token, sandbox.slack.api_url)

    async with db.unit(workspace_id):
        with pytest.raises(AssertionError, match="unit of work"):
            await client.call("auth.test")

    assert sandbox.slack.api.calls == []
