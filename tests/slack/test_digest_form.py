"""What may be typed after `/lucy-costs digest`, and what it sets."""

from __future__ import annotations

from datetime import time
from uuid import UUID

import pytest
from slack_bolt.async_app import AsyncRespond

from bot.costs.periods import UnknownZone
from bot.db.database import Database
from bot.db.digests import Kind, Quiet
from bot.slack.costs_words import Asker, NotAllowed, NotUnderstood
from bot.slack.digest_form import (
    DigestForm,
    DigestOff,
    DigestWish,
    QuietDays,
    SetDigest,
    ShowDigests,
    ShowPeople,
    understand,
)
from bot.slack.people import Person


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("digest", ShowDigests()),
        ("digest OFF", DigestOff()),
        ("digest Weekly off", DigestOff(Kind.WEEKLY)),
        ("digest <#C1|finance> 09:00 Europe/Berlin", SetDigest(Kind.DAILY, "C1", time(9), "Europe/Berlin")),
        ("digest daily <#C1|> 7:05 Asia/Kathmandu", SetDigest(Kind.DAILY, "C1", time(7, 5), "Asia/Kathmandu")),
        ("digest weekly <#C1> 09:00 UTC", SetDigest(Kind.WEEKLY, "C1", time(9), "UTC")),
        ("digest MONTHLY <#C1> 09:00 UTC", SetDigest(Kind.MONTHLY, "C1", time(9), "UTC")),
        ("digest people off", ShowPeople(named=False)),
        ("digest people ON", ShowPeople(named=True)),
        ("digest quiet silent", QuietDays(Quiet.SILENT)),
        ("digest quiet line", QuietDays(Quiet.LINE)),
    ],
)
def test_a_form_is_understood(typed: str, wanted: DigestWish) -> None:
    assert understand(typed) == wanted


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("digest yearly <#C1> 09:00 UTC", "09:00 Europe/Berlin"),
        ("digest people perhaps", "digest people off"),
        ("digest quiet loud", "digest quiet silent"),
        ("digest weekly", "weekly"),
        ("digest <#C1|finance> 25:00 UTC", "25:00 is no time of day"),
        ("digest #finance 09:00 UTC", "can't see a channel #finance"),
    ],
)
def test_anything_else_is_answered_with_what_is_possible(typed: str, said: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        understand(typed)

    assert said in refused.value.sentence


def test_an_unknown_zone_is_said_so() -> None:
    with pytest.raises(UnknownZone):
        understand("digest <#C1|finance> 09:00 Mars/Olympus")


class Told(AsyncRespond):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.words: list[str] = []

    async def __call__(self, text: str = "", **_: object) -> None:  # type: ignore[override]
        self.words.append(text)


async def test_only_admins_set_digests_and_everyone_is_told_what_happened(db: Database, workspace_id: UUID) -> None:
    told, form = Told(), DigestForm(db)
    boss = Asker(workspace_id, "UBOSS", "C1", Person("Boss", is_admin=True))
    member = Asker(workspace_id, "UADA", "C1", Person("Ada", is_admin=False))

    with pytest.raises(NotAllowed):
        await form.answer(told, "digest <#C9> 09:00 UTC", member)
    for words in (
        "digest people off",
        "digest weekly <#C1> 09:00 UTC",
        "digest people off",
        "digest quiet silent",
        "digest",
        "digest weekly off",
    ):
        await form.answer(told, words, boss)

    assert "There is no digest yet" in told.words[0]
    assert told.words[1:4] == [
        "I'll post last week's spend every Monday to <#C1> at 09:00 (UTC).",
        "Digests count people and name nobody.",
        "Nothing is posted when nothing was spent.",
    ]
    assert told.words[4] == "I post last week's spend every Monday to <#C1> at 09:00 (UTC); people are counted."
    async with db.unit(workspace_id) as unit:
        assert await unit.digests.setting(Kind.WEEKLY) is None
