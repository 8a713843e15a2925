"""Who sees what of `/lucy-costs`, and who may set the digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any, cast
from uuid import UUID

import pytest
from slack_bolt.async_app import AsyncRespond
from slack_sdk.webhook import WebhookResponse

from bot.costs.reports import DIMENSIONS, Reports
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.sandbox.slack.cast import acme
from bot.sandbox.slack.figures import FIGURES
from bot.sandbox.slack.rules import Rejected, check_content
from bot.sandbox.slack.state import SlackState, new_app
from bot.slack.costs_command import CostsCommand
from bot.slack.digest_form import DigestForm
from bot.slack.explain_form import ExplainForm
from bot.slack.people import People, Person
from bot.slack.permalinks import Permalinks
from bot.slack.spend_form import Naming, SpendForm
from tests.costs.ledger import rows
from tests.costs.spending import Spent, spend

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@dataclass(slots=True)
class Asked:
    """Asks as a person, keeps what they see."""

    command: CostsCommand
    workspace_id: UUID
    slack: SlackState = field(default_factory=lambda: SlackState(acme(), new_app()))
    tried: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, user_id: str, text: str) -> str:
        async def respond(**answer: Any) -> WebhookResponse:
            self.tried += 1
            try:
                check_content(self.slack, answer)
            except Rejected as no:
                return WebhookResponse(url="", status_code=400, body=no.code, headers={})
            self.seen.append(answer)
            return WebhookResponse(url="", status_code=200, body="ok", headers={})

        await self.command.answer(cast(AsyncRespond, respond), {"user_id": user_id, "text": text}, self.workspace_id)
        return str(self.seen[-1])


class Directory:
    """Everyone is called Name-of-id; UBOSS alone is an admin."""

    async def find(self, workspace_id: UUID, user_id: str) -> Person:
        return Person(f"Name-of-{user_id}", is_admin=user_id == "UBOSS")

    async def names(self, workspace_id: UUID, user_ids: list[str]) -> dict[str, str]:
        return {user_id: f"Name-of-{user_id} ```<!channel>" for user_id in user_ids}


class OneLink(Permalinks):
    """A Slack that links one thread."""

    def __init__(self) -> None:
        pass

    async def of(self, workspace_id: UUID, keys: Sequence[str]) -> dict[str, str]:
        return {"C1|1": "https://acme.example/archives/C1/p1"}


@pytest.fixture
async def ask(db: Database, workspace_id: UUID) -> Asked:
    await spend(db, workspace_id, NOW, Spent("1.11", model="cheap", user="UADA"))
    await spend(db, workspace_id, NOW, Spent("2.22", model="dear", user="UBEN"))
    people = cast(People, Directory())
    spend_form = SpendForm(db, Reports(db, "big/model"), Naming(people, OneLink()), lambda: NOW)
    return Asked(CostsCommand(people, spend_form, DigestForm(db), ExplainForm(db)), workspace_id)


async def test_an_admin_sees_every_row(ask: Asked) -> None:
    told = await ask("UBOSS", "today by model")

    assert all(part in told for part in ("$3.33", "cheap", "dear", "$1.11", "$2.22"))
    assert ask.seen[-1]["response_type"] == "ephemeral"


@pytest.mark.parametrize("typed", ["", "by user", "by model"])
async def test_a_member_sees_the_total_and_nothing_of_others(ask: Asked, typed: str) -> None:
    told = await ask("UADA", typed)

    assert "$3.33" in told
    assert "$1.11" in told
    assert not any(part in told for part in ("dear", "UBEN", "$2.22"))


@pytest.mark.parametrize("typed", ["by channel", "by tier", "by purpose", "by thread"])
async def test_a_member_sees_their_own_share_of_every_breakdown(ask: Asked, typed: str) -> None:
    told = await ask("UADA", typed)

    assert "'text': '$1.11'" in told
    assert "$2.22" not in told


async def test_a_workspace_sees_nothing_of_another_at_any_door(db: Database, ask: Asked) -> None:
    other = workspace_id_of("T0OTHER")
    theirs = Asked(ask.command, other)

    told = [await theirs(user, f"month by {by}") for user in ("UBOSS", "UADA") for by in DIMENSIONS]

    assert all("Nothing was spent" in each and "$" not in each for each in told)


async def test_a_name_cannot_ping_or_end_the_table(ask: Asked) -> None:
    ask.slack.refused_blocks |= FIGURES

    told = await ask("UBOSS", "by user")

    assert "<!channel>" not in told
    assert told.count("```") == 2


async def test_a_report_is_a_table_and_of_several_days_a_chart_too(ask: Asked) -> None:
    await ask("UBOSS", "today by channel")
    await ask("UBOSS", "week by thread")

    assert [kinds(seen) for seen in ask.seen] == [["data_table"], ["data_visualization", "data_table"]]
    assert "https://acme.example/archives/C1/p1" in str(ask.seen[-1])


async def test_where_slack_refuses_native_blocks_words_come_instead_and_it_is_not_asked_again(ask: Asked) -> None:
    ask.slack.refused_blocks |= FIGURES

    told = await ask("UBOSS", "week by channel")
    await ask("UBOSS", "week by model")

    assert [kinds(seen) for seen in ask.seen] == [[], []]
    assert "• <#C1>: *$3.33* (100 %) · 2 calls, $1.66 each" in told
    assert ask.tried == 3


def kinds(seen: dict[str, Any]) -> list[str]:
    return [block["type"] for block in seen["blocks"] if block["type"] in FIGURES]


async def test_only_an_admin_sets_and_ends_the_digest(db: Database, ask: Asked) -> None:
    refused = await ask("UADA", "digest <#C1|finance> 09:00 Europe/Berlin")
    async with db.unit(ask.workspace_id) as unit:
        before = await unit.digests.setting()
    told = await ask("UBOSS", "digest <#C1|finance> 09:00 Europe/Berlin")
    async with db.unit(ask.workspace_id) as unit:
        setting = await unit.digests.setting()
    await ask("UBOSS", "digest off")
    async with db.unit(ask.workspace_id) as unit:
        after = await unit.digests.setting()

    assert ("admins" in refused, before, after) == (True, None, None)
    assert "<#C1>" in told
    assert setting is not None
    assert (setting.channel_id, setting.at, setting.zone, setting.set_by) == ("C1", time(9), "Europe/Berlin", "UBOSS")


async def test_nonsense_gets_a_sentence(ask: Asked) -> None:
    assert "`yesterday`" in await ask("UADA", "fortnight")
    assert "/lucy-costs help" in await ask("UADA", "week by colour")


async def test_help_shows_every_form(ask: Asked) -> None:
    told = await ask("UADA", " HELP ")

    assert all(form in told for form in ("month by model", "digest off", "/lucy-costs help"))


async def test_an_admin_is_shown_the_sum_of_anybodys_call_and_a_member_only_their_own(db: Database, ask: Asked) -> None:
    mine, theirs = (str(row.task_id)[-8:] for row in await rows(db, ask.workspace_id))

    assert "cost: $1.11" in await ask("UADA", f"explain {mine}")
    assert "cost: $2.22" in await ask("UBOSS", f"explain `{theirs.upper()}`")
    refused = await ask("UADA", f"explain {theirs}")
    assert "I find no call" in refused
    assert "2.22" not in refused


async def test_another_workspace_is_shown_nothing(db: Database, ask: Asked) -> None:
    mine = str((await rows(db, ask.workspace_id))[0].task_id)
    stranger = replace(ask, workspace_id=workspace_id_of("T0OTHER"))

    assert "I find no call" in await stranger("UBOSS", f"explain {mine}")


@pytest.mark.parametrize("typed", ["explain", "explain me", "explain 12345"])
async def test_what_names_no_call_gets_a_sentence(ask: Asked, typed: str) -> None:
    assert "I find no call" in await ask("UADA", typed)
