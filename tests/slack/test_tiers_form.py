"""`/lucy-costs tiers`: admins bound which tiers may answer, everyone may look, and the trail tells."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest
from slack_bolt.async_app import AsyncRespond

from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.slack.costs_words import Asker, NotAllowed, NotUnderstood
from bot.slack.people import Person
from bot.slack.tiers_form import TiersForm

SCENES = {
    ("tiers floor 2",): "Everywhere: floor tier 2",
    ("tiers ceiling 2 <#C1|general>",): "<#C1>: ceiling tier 2",
    ("tiers floor 3", "tiers ceiling 2"): "Everywhere: floor tier 2, ceiling tier 2",
    ("tiers ceiling 1", "tiers floor 2"): "Everywhere: floor tier 2, ceiling tier 2",
    ("TIERS Floor 2", "tiers ceiling 2 <#C1|>"): "Everywhere: floor tier 2\n<#C1>: ceiling tier 2",
    ("tiers floor 2", "tiers off"): "Every tier may answer: no floor and no ceiling is set.",
    (): "Every tier may answer: no floor and no ceiling is set.",
}


@pytest.mark.parametrize("typed", SCENES)
async def test_what_an_admin_sets_is_what_everyone_sees(
    db: Database, workspace_id: UUID, typed: tuple[str, ...]
) -> None:
    for words in typed:
        await told(db, workspace_id, words)

    assert await told(db, workspace_id, "tiers", is_admin=False) == SCENES[typed]
    assert "no floor" in await told(db, workspace_id_of("T0OTHER"), "tiers")


async def test_a_member_sets_nothing(db: Database, workspace_id: UUID) -> None:
    with pytest.raises(NotAllowed):
        await told(db, workspace_id, "tiers ceiling 1", is_admin=False)

    assert "no floor" in await told(db, workspace_id, "tiers")


async def test_the_trail_tells_who_moved_a_bound_from_what_to_what(db: Database, workspace_id: UUID) -> None:
    await told(db, workspace_id, "tiers ceiling 2 <#C1|general>")

    async with db.unit(workspace_id) as unit:
        [change] = await unit.audit.newest()
    assert (change.actor, change.action, change.subject) == ("U1", "tiers_ceiling", "tiers C1")
    assert (change.before, change.after) == ({"floor": None, "ceiling": None}, {"floor": None, "ceiling": 2})


@pytest.mark.parametrize(
    "words",
    ["tiers floor", "tiers floor 4", "tiers off 2", "tiers ceiling 2 general", "tiers ceiling 2 #general", "tiers 2"],
)
async def test_anything_else_is_answered_with_what_is_possible(db: Database, workspace_id: UUID, words: str) -> None:
    with pytest.raises(NotUnderstood):
        await told(db, workspace_id, words)


async def told(db: Database, workspace_id: UUID, words: str, *, is_admin: bool = True) -> str:
    seen: list[str] = []

    async def respond(text: str, **_: Any) -> None:
        seen.append(text)

    asker = Asker(workspace_id, "U1", "C9", Person("Ada", is_admin=is_admin))
    await TiersForm(db).answer(cast(AsyncRespond, respond), words, asker)
    return seen[-1]
