"""The newest of a thread is read, however long it is, in few calls."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from bot.db.ids import workspace_id_of
from bot.db.inbox import Lease, TakenAsk
from bot.sandbox.sandbox import Sandbox
from bot.slack.client import SlackClient, SlackRefused
from bot.slack.history import before

CHANNEL, ROOT, NOW = "C0GENERAL", 1_700_000_000, 1_790_000_000


def asked(ts: str) -> TakenAsk:
    """An ask in the thread that began at ROOT."""
    lease = Lease(workspace_id_of("T0ACME"), uuid4(), uuid4())
    return TakenAsk(lease, CHANNEL, "channel", f"{ROOT}.000000", ts, "U0BEN", "hi", 1, datetime.now(UTC))


def thread(sandbox: Sandbox, times: list[float]) -> None:
    """A root, replies at the given seconds, the ask, and what was said after it."""
    stands = sandbox.slack.state.messages[CHANNEL]
    for n, at in enumerate([ROOT, *times, NOW, NOW + 1]):
        ts = f"{at:.6f}"
        stands.append({"user": "U0BEN", "text": str(n), "ts": ts, "thread_ts": f"{ROOT}.000000"})


def client(sandbox: Sandbox) -> SlackClient:
    return SlackClient(sandbox.slack.state.bot_token, sandbox.slack.api_url)


STEADY = [ROOT + (n + 1) * (NOW - ROOT) / 6001 for n in range(6000)]
BURST_LONG_AGO = [ROOT + 1 + n * 0.01 for n in range(5900)] + [NOW - 1000 + n for n in range(100)]
BURST_JUST_NOW = [ROOT + 1.0] + [NOW - 60 + n * 0.01 for n in range(5999)]
QUIET_BETWEEN = [ROOT + 1 + n for n in range(5990)] + [NOW - 5.0 + 0.1 * n for n in range(10)]


@pytest.mark.parametrize(
    ("times", "at_least"), [(STEADY, 200), (BURST_LONG_AGO, 100), (BURST_JUST_NOW, 200), (QUIET_BETWEEN, 10)]
)
async def test_of_a_thread_of_thousands_the_newest_are_kept_without_a_gap(
    sandbox: Sandbox, times: list[float], at_least: int
) -> None:
    thread(sandbox, times)

    messages = await before(client(sandbox), asked(f"{NOW}.000000"))

    said = [int(message["text"]) for message in messages]
    assert said[0] == 0
    assert said[1:] == list(range(said[1], 6001))
    assert len(sandbox.slack.api.calls) <= 13
    assert len(said) > at_least


async def test_a_thread_that_fits_a_page_is_one_call(sandbox: Sandbox) -> None:
    thread(sandbox, STEADY[:900])

    messages = await before(client(sandbox), asked(f"{NOW}.000000"))

    assert [message["text"] for message in messages] == [str(n) for n in range(901)]
    assert len(sandbox.slack.api.calls) == 1


async def test_an_ask_that_begins_a_thread_has_nothing_before_it(sandbox: Sandbox) -> None:
    assert await before(client(sandbox), asked(f"{ROOT}.000000")) == []
    assert sandbox.slack.api.calls == []


async def test_what_was_read_before_slack_became_slow_is_kept(sandbox: Sandbox) -> None:
    thread(sandbox, STEADY)
    reading = client(sandbox)
    await reading.call("conversations.replies", channel=CHANNEL, ts=f"{ROOT}.000000")
    sandbox.slack.faults.delay("conversations.replies", 0.6)

    messages = await before(reading, asked(f"{NOW}.000000"), within_s=1)

    assert [message["text"] for message in messages] == [str(n) for n in range(999)]


async def test_a_thread_she_may_not_read_is_said_so(sandbox: Sandbox) -> None:
    sandbox.slack.faults.error("conversations.replies", "missing_scope")

    with pytest.raises(SlackRefused):
        await before(client(sandbox), asked(f"{NOW}.000000"))
