"""The digest in a strict Slack: posted, found again, refused, and drawn in the best way it takes."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from bot.db.database import Database
from bot.db.digests import Kind
from bot.db.ids import workspace_id_of
from bot.digests.compose import Composer
from bot.digests.digest import Digest
from bot.digests.run import Unsure
from bot.digests.spans import Span
from bot.digests.words import as_lines
from bot.errors import Undeliverable
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.workspace import SlackWorkspace
from bot.slack.digest_blocks import Called, digest_blocks, digest_text
from bot.slack.digest_channel import DigestChannel
from bot.slack.digest_chart import native
from bot.slack.installations import Access, Clients, OneToken
from bot.slack.people import People
from tests.costs.spending import Spent, spend

CHANNEL = "C0FINANCE"
DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
YESTERDAY = Span(Kind.DAILY, DAY, DAY)
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
    for tier in (1, 2, 3):
        await spend(db, home, NOON, Spent("0.5", user="U0ADA", channel="C0GENERAL", tier=tier))
    return await Composer(db, "big/model").compose(home, YESTERDAY, "UTC")


async def test_slack_takes_the_digest_with_its_own_chart_and_it_is_found_by_its_key(
    slack: SlackWorkspace, channel: DigestChannel, home: UUID, digest: Digest
) -> None:
    ts = await channel.post(home, CHANNEL, digest, "digest:2026-11-23")

    message = slack.messages(CHANNEL)[-1]
    assert message["ts"] == ts
    assert "$1.50" in str(message["blocks"])
    assert "Ada Okafor" in str(message["blocks"])
    assert "data_visualization" in types_of(message)
    assert await channel.find(home, CHANNEL, "digest:2026-11-23", JUST_NOW) == ts
    assert await channel.find(home, CHANNEL, "digest:2026-11-22", JUST_NOW) is None


async def test_where_native_charts_are_refused_it_is_a_picture_with_words(
    slack: SlackWorkspace, channel: DigestChannel, home: UUID, digest: Digest
) -> None:
    slack.state.refused_blocks = {"data_visualization"}

    await channel.post(home, CHANNEL, digest, "k")

    message = slack.messages(CHANNEL)[-1]
    [picture] = [block for block in message["blocks"] if block["type"] == "image"]
    assert slack.api.files.stored[picture["slack_file"]["id"]].startswith(b"\x89PNG")
    assert "23 Nov $1.50" in picture["alt_text"]
    assert len([one for one in slack.messages(CHANNEL) if one.get("metadata")]) == 1


async def test_without_the_scope_for_files_it_is_little_bars(
    slack: SlackWorkspace, channel: DigestChannel, home: UUID, digest: Digest
) -> None:
    slack.state.refused_blocks = {"data_visualization"}
    slack.state.scopes -= {"files:write"}

    await channel.post(home, CHANNEL, digest, "k")

    message = slack.messages(CHANNEL)[-1]
    assert not {"image", "data_visualization"} & types_of(message)
    assert "█" in str(message["blocks"])


async def test_where_all_blocks_are_refused_the_same_words_stand_there(
    slack: SlackWorkspace, channel: DigestChannel, home: UUID, digest: Digest
) -> None:
    slack.state.refused_blocks = {"section"}
    slack.state.scopes -= {"files:write"}

    await channel.post(home, CHANNEL, digest, "k")

    message = slack.messages(CHANNEL)[-1]
    assert "blocks" not in message
    assert "$1.50" in message["text"]


async def test_the_picture_is_drawn_by_another_process(
    slack: SlackWorkspace, channel: DigestChannel, home: UUID, digest: Digest
) -> None:
    slack.state.refused_blocks = {"data_visualization"}

    await channel.post(home, CHANNEL, digest, "k")

    assert "image" in types_of(slack.messages(CHANNEL)[-1])
    assert "matplotlib" not in sys.modules


async def test_a_crash_between_the_upload_and_the_post_leaves_one_digest(
    slack: SlackWorkspace, channel: DigestChannel, home: UUID, digest: Digest
) -> None:
    slack.state.refused_blocks = {"data_visualization"}
    held = slack.faults.hold("chat.postMessage", skip=1)
    first = asyncio.create_task(channel.post(home, CHANNEL, digest, "k"))
    await held.arrived()
    first.cancel()
    held.lose()
    await asyncio.gather(first, return_exceptions=True)

    assert await channel.find(home, CHANNEL, "k", JUST_NOW) is None
    await channel.post(home, CHANNEL, digest, "k")

    assert len([one for one in slack.messages(CHANNEL) if one.get("metadata")]) == 1


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


async def test_forty_long_names_stay_within_slacks_limits(
    slack: SlackWorkspace, channel: DigestChannel, db: Database, home: UUID
) -> None:
    for n in range(40):
        long = f"{n}" + "W" * 200
        spent = Spent("1", user=f"U{long}", channel=f"C{long}", model=f"m/{long}", thread=f"{n}.1")
        await spend(db, home, NOON, spent)
    digest = await Composer(db, "big/model").compose(home, YESTERDAY, "UTC")

    await channel.post(home, CHANNEL, digest, "k")

    message = slack.messages(CHANNEL)[-1]
    assert len(message["blocks"]) <= 50
    assert len(message["text"]) <= 4000
    assert "3 of 40" in str(message["blocks"])


async def test_every_amount_of_the_blocks_stands_in_the_text_for_screen_readers(digest: Digest) -> None:
    called = Called({}, {}, digest)

    blocks, text = str(digest_blocks(digest, called)), digest_text(digest, called)

    figures = re.compile(r"\$[\d.,]+\d|\d+ %")
    assert set(figures.findall(blocks)) == set(figures.findall(text))
    assert set(figures.findall(text)) == set(figures.findall("\n".join(as_lines(digest))))


async def test_a_name_cannot_ping_or_break_out(digest: Digest) -> None:
    called = Called({"U0ADA": "<!channel> `*"}, {}, digest)

    assert "<!channel>" not in str(digest_blocks(digest, called)) + digest_text(digest, called)


async def test_layers_of_the_native_chart_lie_on_each_other(digest: Digest) -> None:
    series = native(digest.chart)["chart"]["series"]

    assert [one["name"] for one in series] == ["all tiers", "fast + standard", "fast"]
    assert [one["data"][-1]["value"] for one in series] == [1.5, 1.0, 0.5]


def types_of(message: dict[str, object]) -> set[str]:
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    return {block["type"] for block in blocks}
