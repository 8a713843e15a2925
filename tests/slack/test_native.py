"""Native blocks are offered again after an hour, and other refusals are nobody's fault but theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import pytest

from bot.db.database import Database
from bot.sandbox.sandbox import Sandbox
from bot.slack.client import SlackRefused
from bot.slack.installations import Clients, OneToken, introduce
from bot.slack.native import Blocks, NativeBlocks
from bot.slack.permalinks import Permalinks

ACME, OTHER = UUID(int=1), UUID(int=2)
NATIVE, PLAIN = [{"type": "data_table"}], [{"type": "section"}]


@dataclass(slots=True)
class Post:
    """Refuses native blocks with a code."""

    code: str = "invalid_blocks"
    seen: list[str] = field(default_factory=list)

    async def __call__(self, blocks: Blocks) -> str:
        self.seen.append(blocks[0]["type"])
        if blocks[0]["type"] == "data_table":
            raise SlackRefused(self.code, "chat.postMessage")
        return "1.0"


async def test_a_refusal_is_remembered_for_an_hour_and_for_one_workspace() -> None:
    now, post = [0.0], Post()
    native = NativeBlocks(lambda: now[0])

    for workspace_id, at in ((ACME, 0.0), (ACME, 3599.0), (OTHER, 3599.0), (ACME, 3600.0)):
        now[0] = at
        assert await native.show(workspace_id, post, NATIVE, PLAIN) == "1.0"

    assert post.seen == ["data_table", "section", "section", "data_table", "section", "data_table", "section"]


async def test_any_other_refusal_is_passed_on() -> None:
    with pytest.raises(SlackRefused, match="channel_not_found"):
        await NativeBlocks().show(ACME, Post("channel_not_found"), NATIVE, PLAIN)


async def test_threads_that_slack_shows_have_links_and_direct_messages_none(db: Database, sandbox: Sandbox) -> None:
    access = await introduce(sandbox.slack.state.bot_token, sandbox.slack.api_url, db)
    links = Permalinks(Clients(OneToken(access), sandbox.slack.api_url))
    ts = sandbox.slack.messages("C0ENG")[0]["ts"]
    acme = (await one_workspace(db))[0]

    found = await links.of(acme, [f"C0ENG|{ts}", "C0ENG|1.0", f"D0LUCY|{ts}", "C0GONE|1.0"])

    assert found == {f"C0ENG|{ts}": f"https://acme.example/archives/C0ENG/p{ts.replace('.', '')}"}
    assert await links.of(OTHER, [f"C0ENG|{ts}"]) == {}


async def one_workspace(db: Database) -> list[UUID]:
    async with db.operations() as operations:
        return await operations.workspaces()
