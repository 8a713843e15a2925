"""Two workspaces in one Lucy: whatever one of them sends, with the other's ids in it, it gets nothing of the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from bot.app import Lucy
from bot.db.budget_notices import Place
from bot.db.digests import Kind
from bot.db.ids import workspace_id_of
from bot.db.ledger import Window
from bot.sandbox.sandbox import Sandbox
from bot.slack.budget_blocks import APPROVE_ACTION
from bot.slack.fetching import GONE
from tests.costs.budgeting import WORKSPACE, limit
from tests.onlooker import until
from tests.slack.test_install import GLOBEX, browser, open_to_all, visit
from tests.test_main_job import answered, done

__all__ = ["browser", "open_to_all"]

ACME = workspace_id_of("T0ACME")
SECRET = "bluebird"
BERLIN = ZoneInfo("Europe/Berlin")  # an hour and more ahead of UTC: late in the evening, the ask is of its next day
EVER = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Both:
    """Both teams have Lucy; Acme has asked, and has a budget, a request to raise it, a digest, a dial and an admin."""

    lucy: Lucy
    sandbox: Sandbox
    thread: str
    attempt: UUID
    request: UUID

    async def typed(self, text: str, *, in_acme: bool = False) -> str:
        """What Globex's owner is told, or Acme's."""
        slack, who, where = self.sandbox.globex, "U1HANK", "C1LOBBY"
        if in_acme:
            slack, who, where = self.sandbox.slack, "U0ADA", "C0GENERAL"
        told = await slack.command("/lucy-costs", text, who, where)
        await until(lambda: bool(told))
        return str(told)

    async def home(self, *, in_acme: bool = False) -> str:
        """What Globex's owner sees in their Home, or Acme's: somebody who asked there, named an admin."""
        slack, who = (self.sandbox.slack, "U0BEN") if in_acme else (self.sandbox.globex, "U1HANK")
        if in_acme:
            async with self.lucy.db.unit(ACME) as unit:
                await unit.admins.name(who, "U0ADA")
        await slack.open_home(who)
        await until(lambda: who in slack.state.homes)
        return str(slack.state.homes[who])

    async def acmes(self) -> dict[str, int]:
        async with self.lucy.db.unit(ACME) as unit:
            return await unit.workspaces.rows()


@pytest.fixture
async def both(open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession) -> Both:
    for visitor in ((sandbox.globex.state, "U1HANK"), (sandbox.slack.state, "U0ADA")):
        sandbox.consent.visitor = visitor
        await visit(browser, f"{open_to_all.url}/slack/install")
    thread = await sandbox.slack.say("U0BEN", "C0GENERAL", f"<@U0LUCY> hello, the merger is called {SECRET}")
    await answered(sandbox.slack, "C0GENERAL", thread)
    await done(open_to_all)
    await limit(open_to_all.db, ACME, WORKSPACE, "77")
    async with open_to_all.db.unit(ACME) as unit:
        standing = await unit.budgets.standing(WORKSPACE)
        assert standing
        request, _ = await unit.budget_notices.request(standing, Decimal(99), Place("U0BEN", "C0GENERAL", thread))
        await unit.digests.want(Kind.DAILY, "C0FINANCE", time(9), BERLIN.key, "U0ADA")
        await unit.dials.turn("workspace", "", "quality", "U0ADA")
        await unit.admins.name("U0DEV", "U0ADA")
        rows = await unit.ledger.page(EVER)
    return Both(open_to_all, sandbox, thread, rows[0].id, request.id)


async def test_an_event_that_names_the_others_team_channel_and_thread_belongs_to_its_authorization(
    both: Both,
) -> None:
    before, globex = await both.acmes(), both.sandbox.globex
    event = {
        "type": "app_mention", "team": "T0ACME", "user": "U0BEN", "channel": "C0GENERAL", "thread_ts": both.thread,
        "ts": "1700000000.000001", "event_ts": "1700000000.000001", "text": "<@U1LUCY> what was the merger called?",
    }  # fmt: skip
    heard = len(prompts(both.sandbox))

    await globex.delivery.event(event, "Ev0MIXED")
    await done(both.lucy)

    assert await both.acmes() == before
    assert len(both.sandbox.slack.answers("C0GENERAL", both.thread)) == 1
    async with both.lucy.db.unit(GLOBEX) as unit:
        assert (await unit.workspaces.rows())["inbox"] == 1
    assert [prompt for prompt in prompts(both.sandbox)[heard:] if SECRET in prompt] == []


async def test_a_file_of_the_others_is_not_to_be_had_by_its_id(both: Both) -> None:
    file = both.sandbox.slack.attach("U0BEN", "merger.csv", f"name\n{SECRET} inc\n".encode())
    mine = both.sandbox.globex.attach("U1HANK", "plan.csv", b"name\nplan\n")
    told = [{"id": file, "name": "merger.csv", "url_private": both.sandbox.slack.api.files.kept[file]["url_private"]}]
    ts = await both.sandbox.globex.say("U1HANK", "C1LOBBY", "<@U1LUCY> what is it?", files=[mine])
    event = {
        "type": "app_mention", "user": "U1HANK", "channel": "C1LOBBY", "thread_ts": ts, "ts": "1700000000.000002",
        "event_ts": "1700000000.000002", "text": "<@U1LUCY> what was the merger called?", "files": told,
    }  # fmt: skip
    heard = len(prompts(both.sandbox))

    await both.sandbox.globex.delivery.event(event)
    await done(both.lucy)

    asked = prompts(both.sandbox)[heard:]
    assert any("name\nplan" in prompt for prompt in asked)
    assert [prompt for prompt in asked if SECRET in prompt] == []
    assert f"`merger.csv` ({GONE})" in both.sandbox.globex.answers("C1LOBBY", ts)[-1]


async def test_the_same_words_are_no_cached_answer_of_the_others(both: Both) -> None:
    asked = f"<@U1LUCY> hello, the merger is called {SECRET}"
    heard, before = len(prompts(both.sandbox)), await both.acmes()

    ts = await both.sandbox.globex.say("U1IDA", "C1LOBBY", asked)
    await answered(both.sandbox.globex, "C1LOBBY", ts)
    await done(both.lucy)

    assert len(prompts(both.sandbox)) > heard
    assert await both.acmes() == before
    async with both.lucy.db.unit(GLOBEX) as unit:
        assert {row.user_id for row in await unit.ledger.page(EVER)} == {"U1IDA"}


async def test_a_button_with_the_others_request_decides_nothing(both: Both) -> None:
    seen: list[str] = []
    both.sandbox.globex.subscribe(
        lambda told: seen.append(told["message"]["text"]) if told["event"] == "ephemeral" else None
    )

    ts = (
        both.sandbox.globex.state.messages["C1LOBBY"][0]["ts"] if both.sandbox.globex.state.messages["C1LOBBY"] else "1"
    )
    await both.sandbox.globex.press(APPROVE_ACTION, str(both.request), "U1HANK", "C1LOBBY", ts)
    await until(lambda: bool(seen))

    assert "no longer set" in seen[0]
    async with both.lucy.db.unit(ACME) as unit:
        asked, standing = await unit.budget_notices.read_request(both.request), await unit.budgets.standing(WORKSPACE)
    assert asked
    assert standing
    assert (asked.decided_by, standing.budget.limit_usd) == (None, Decimal(77))


@pytest.mark.parametrize(
    "text", ["month", "month by user", "month by channel", "month by thread", "budget", "dial", "admins", "explain"]
)
async def test_a_form_of_the_command_shows_ones_own_and_nothing_of_the_others(both: Both, text: str) -> None:
    words = f"explain {both.attempt}" if text == "explain" else text

    theirs, ours = await both.typed(words, in_acme=True), await both.typed(words)

    told = {
        word
        for word in ("1 model call", "$77", "Ben Ito", "U0DEV", "C0GENERAL", "quality*", "gemini")
        if word in theirs
    }
    assert told
    assert {word for word in told if word in ours} == set()


async def test_a_digest_is_told_to_its_own_workspace_only(both: Both) -> None:
    before = json.dumps(both.sandbox.globex.state.messages)
    tomorrow_noon = (datetime.now(BERLIN) + timedelta(days=1)).replace(hour=12)

    posted = await both.lucy.digests.tick(tomorrow_noon)

    assert posted == 1
    assert "gemini" in str(both.sandbox.slack.messages("C0FINANCE")[-1])
    assert json.dumps(both.sandbox.globex.state.messages) == before


def prompts(sandbox: Sandbox) -> list[str]:
    """All that any model was ever told."""
    return [asked.system + asked.prompt for vendor in sandbox.providers.values() for asked in vendor.requests]
