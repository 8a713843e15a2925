"""`/lucy-costs dial`: who may turn which dial, and which one holds for an ask."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest
from slack_bolt.async_app import AsyncRespond

from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.slack.costs_words import Asker, NotAllowed, NotUnderstood
from bot.slack.dial_form import DialForm, understand
from bot.slack.people import Person


@pytest.mark.parametrize(
    ("words", "scope", "key"),
    [
        ("dial eco", "workspace", ""),
        ("dial Quality <#C1|legal>", "channel", "C1"),
        ("DIAL balanced me", "user", "UADA"),
        ("dial", "workspace", ""),
        ("dial <#C1>", "channel", "C1"),
    ],
)
def test_a_dial_is_turned_for_everyone_a_channel_or_oneself(words: str, scope: str, key: str) -> None:
    wanted = understand(words, "UADA")

    assert (wanted.scope, wanted.key) == (scope, key)


@pytest.mark.parametrize("words", ["dial cheap", "dial eco you", "dial eco #legal", "dial eco me please", "dialling"])
def test_other_words_are_not_understood(words: str) -> None:
    with pytest.raises(NotUnderstood):
        understand(words, "UADA")


async def test_the_most_personal_dial_holds(db: Database, workspace_id: UUID) -> None:
    await say(db, workspace_id, "dial eco", "UBOSS")
    await say(db, workspace_id, "dial balanced <#C1>", "UBOSS")
    await say(db, workspace_id, "dial quality me", "UADA")

    held = [await dial(db, workspace_id, *ask) for ask in (("C1", "UADA"), ("C1", "UBEN"), ("C2", "UBEN"))]

    assert held == ["quality", "balanced", "eco"]
    assert await dial(db, workspace_id_of("T0OTHER"), "C1", "UADA") is None


@pytest.mark.parametrize("words", ["dial eco", "dial quality <#C1>"])
async def test_a_member_turns_only_their_own(db: Database, workspace_id: UUID, words: str) -> None:
    with pytest.raises(NotAllowed):
        await say(db, workspace_id, words, "UADA")
    await say(db, workspace_id, "dial eco me", "UADA")

    assert await dial(db, workspace_id, "C1", "UADA") == "eco"
    assert await dial(db, workspace_id, "C1", "UBEN") is None


async def test_what_is_set_is_shown(db: Database, workspace_id: UUID) -> None:
    await say(db, workspace_id, "dial eco <#C1>", "UBOSS")

    shown = await say(db, workspace_id, "dial", "UADA")

    assert shown == "Workspace: *balanced*\n<#C1>: *eco*\nYou: *as the channel*"


async def say(db: Database, workspace_id: UUID, words: str, user_id: str) -> str:
    told: list[str] = []

    async def respond(**answer: Any) -> None:
        told.append(answer["text"])

    asker = Asker(workspace_id, user_id, "C1", Person(user_id, is_admin=user_id == "UBOSS"))
    await DialForm(db).answer(cast(AsyncRespond, respond), words, asker)
    return told[-1]


async def dial(db: Database, workspace_id: UUID, channel_id: str, user_id: str) -> str | None:
    async with db.unit(workspace_id) as unit:
        return (await unit.dials.leaning(channel_id, user_id)).dial
