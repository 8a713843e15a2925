"""The digest in a strict Slack: posted, found again, refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from bot.costs.reports import Reports
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.digests.compose import Digest, compose
from bot.digests.run import Unsure
from bot.errors import Undeliverable
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.workspace import SlackWorkspace
from bot.slack.digest_channel import DigestChannel
from bot.slack.installations import Access, Clients, OneToken
from bot.slack.people import People
from tests.costs.spending import Spent, spend

CHANNEL = "C0FINANCE"
JUST_NOW = datetime.now(UTC) - timedelta(seconds=5)


@pytest.fixture
async def slack() -> AsyncIterator[SlackWorkspace]:
    async with Sandbox() as sandbox:
        yield sandbox.slack


@pytest.fixture
def channel(slack: SlackWorkspace) -> DigestChannel:
    state = slack.state
    clients = Clients(OneToken(Access(state.team_id, state.bot_token, state.bot_id, state.bot_user_id)), slack.api_url)
    return DigestChannel(clients, People(clients))


@pytest.fixture
def home(slack: SlackWorkspace) -> UUID:
    return workspace_id_of(slack.state.team_id)


@pytest.fixture
async def digest(db: Database, home: UUID) -> Digest:
    await spend(db, home, datetime(2026, 11, 23, 12, tzinfo=UTC), Spent("0.5", user="U0ADA", channel="C0GENERAL"))
    return await compose(db, Reports(db, "big/model"), home, date(2026, 11, 23), "UTC")


async def test_slack_takes_the_digest_and_it_is_found_by_its_key(
    slack: SlackWorkspace, channel: DigestChannel, home: UUID, digest: Digest
) -> None:
    ts = await channel.post(home, CHANNEL, digest, "digest:2026-11-23")

    message = slack.messages(CHANNEL)[-1]
    assert message["ts"] == ts
    assert "$0.50" in str(message["blocks"])
    assert await channel.find(home, CHANNEL, "digest:2026-11-23", JUST_NOW) == ts
    assert await channel.find(home, CHANNEL, "digest:2026-11-22", JUST_NOW) is None


async def test_it_is_found_behind_a_busy_hour(
    slack: SlackWorkspace, channel: DigestChannel, home: UUID, digest: Digest
) -> None:
    ts = await channel.post(home, CHANNEL, digest, "k")
    for n in range(450):
        slack.state.add(CHANNEL, {"text": str(n), "user": "U0ADA"})

    assert await channel.find(home, CHANNEL, "k", JUST_NOW) == ts


async def test_a_lost_answer_leaves_it_unsure_and_standing(
    slack: SlackWorkspace, channel: DigestChannel, home: UUID, digest: Digest
) -> None:
    slack.faults.lose_response("chat.postMessage")

    with pytest.raises(Unsure):
        await channel.post(home, CHANNEL, digest, "k")

    assert await channel.find(home, CHANNEL, "k", JUST_NOW) is not None


@pytest.mark.parametrize(
    ("code", "becomes"), [("not_in_channel", Undeliverable), ("is_archived", Undeliverable), ("internal_error", Unsure)]
)
async def test_only_a_lasting_refusal_is_undeliverable(
    slack: SlackWorkspace, channel: DigestChannel, home: UUID, digest: Digest, code: str, becomes: type[Exception]
) -> None:
    slack.faults.error("chat.postMessage", code)

    with pytest.raises(becomes):
        await channel.post(home, CHANNEL, digest, "k")


async def test_telling_never_raises(slack: SlackWorkspace, channel: DigestChannel, home: UUID) -> None:
    slack.faults.error("chat.postMessage", "channel_not_found")

    await channel.tell(home, "U0ADA", "refused")
    await channel.tell(home, "U0ADA", "told")

    assert [sent["text"] for method, sent in slack.api.calls if method == "chat.postMessage"] == ["told"]
