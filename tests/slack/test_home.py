"""A person's Home: what it shows to whom, that it agrees with the reports, and what happens on bad days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from bot.app import Lucy
from bot.costs.money import show
from bot.costs.periods import period
from bot.costs.reports import Reports, in_words, savings
from bot.db.budgets import BudgetKey
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.tier_bounds import TierBound
from bot.routing.choice import Question
from bot.routing.decide import decide
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from bot.slack.home.guide import PROMPTS
from bot.slack.home.home import Home
from bot.slack.installations import Access, Clients, OneToken
from bot.slack.people import People
from tests.costs.budgeting import WORKSPACE, limit
from tests.costs.spending import Spent, spend
from tests.onlooker import until
from tests.test_main_job import ACME, done

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
GONE = "postgresql://lucy:lucy@127.0.0.1:9/lucy"


@dataclass(slots=True)
class Acme:
    """A Slack in which people open their Home, and the Home they see."""

    sandbox: Sandbox
    home: Home

    async def opens(self, user_id: str) -> str:
        await self.home.opened({"user": user_id, "tab": "home", "channel": "D0LUCY"}, ACME)
        return self.seen(user_id)

    def seen(self, user_id: str) -> str:
        return "\n".join(texts(self.sandbox.slack.state.homes[user_id]["blocks"]))


@pytest.fixture
def acme(db: Database, sandbox: Sandbox, workspace_id: UUID) -> Acme:
    return Acme(sandbox, home_on(db, sandbox))


def home_on(db: Database, sandbox: Sandbox) -> Home:
    access = Access("T0ACME", sandbox.slack.state.bot_token, "B0LUCY", "U0LUCY")
    clients = Clients(OneToken(access), sandbox.slack.api_url)
    return Home(db, clients, People(clients, db=db), Reports(db, "big/model"), lambda: NOW)


def texts(part: Any) -> list[str]:
    """Every word of blocks, from top to bottom."""
    if isinstance(part, list):
        return [text for each in part for text in texts(each)]
    if not isinstance(part, dict):
        return []
    own = [part["text"]] if isinstance(part.get("text"), str) else []
    return own + [text for value in part.values() if not isinstance(value, str) for text in texts(value)]


async def test_who_opens_the_home_of_a_new_workspace_is_shown_how_to_begin(acme: Acme) -> None:
    member, admin = await acme.opens("U0BEN"), await acme.opens("U0ADA")

    assert "Nobody has asked me anything yet" in member
    assert "/invite @Lucy" in member
    assert "You are an admin here" not in member
    assert "You are an admin here" in admin
    assert "What Lucy costs" not in admin


async def test_the_home_the_command_and_the_report_tell_the_same_sums(
    db: Database, workspace_id: UUID, acme: Acme
) -> None:
    for at, usd, user in ((NOW, "0.25", "U0BEN"), (NOW, "0.031", "U0ADA"), (NOW.replace(day=2), "1.5", "U0BEN")):
        await spend(db, workspace_id, at, Spent(usd, user=user, baseline="2"))

    seen = await acme.opens("U0BEN")

    for title, words in (("Today", "today"), ("Last 7 days", "week"), ("This month", "month")):
        report = await Reports(db, "big/model").own(workspace_id, "U0BEN", period(words, NOW))
        [own] = report.rows
        assert f"*{title}*\n*{show(report.total.cost_usd)}* · " in seen
        assert f"You: {show(own.cost_usd)} · " in seen
        assert f"*{show(report.total.cost_usd)}*" in in_words(report)
    assert f"*Saved this month*\n{savings(report.saved_usd, 'big/model')}" in seen


async def test_members_see_their_own_models_and_admins_the_tiers_of_all(
    db: Database, workspace_id: UUID, acme: Acme
) -> None:
    await spend(db, workspace_id, NOW, Spent("0.25", model="fast/one", user="U0BEN"))
    await spend(db, workspace_id, NOW, Spent("0.75", model="dear/one", user="U0EVA", tier=3))
    await limit(db, workspace_id, WORKSPACE, "50")
    await limit(db, workspace_id, BudgetKey("user", "U0EVA", "day"), "2")

    member, admin = await acme.opens("U0BEN"), await acme.opens("U0ADA")

    assert "fast/one" in member
    assert "dear/one" not in member
    assert "Eva" not in member
    assert "Eva Lindqvist" in admin
    assert "`█████░░░░░`  3 frontier · 50 % of calls · $0.75" in admin
    assert "$50.00 per month" in member


async def test_ones_own_budget_stands_beside_the_workspaces(db: Database, workspace_id: UUID, acme: Acme) -> None:
    await spend(db, workspace_id, NOW, Spent("0.25", user="U0BEN"))
    for key, usd in (
        (WORKSPACE, "50"),
        (BudgetKey("user", "U0BEN", "month"), "2"),
        (BudgetKey("channel", "C1", "day"), "3"),
    ):
        await limit(db, workspace_id, key, usd)

    seen = await acme.opens("U0BEN")

    assert [usd for usd in ("$50.00 per month", "$2.00 per month", "$3.00 per day") if usd in seen] == [
        "$50.00 per month",
        "$2.00 per month",
    ]


async def test_failures_are_told_to_whom_they_concern(db: Database, workspace_id: UUID, acme: Acme) -> None:
    await spend(db, workspace_id, NOW, Spent("0", state="failed", user="U0EVA", model="broken/one"))

    others, own, admin = [await acme.opens(user) for user in ("U0BEN", "U0EVA", "U0ADA")]

    assert "broken/one" not in others
    assert "Your calls that failed last" in own
    assert "Nov 24, 09:00 · `broken/one` · reply · no answer" in admin


async def test_what_was_asked_stands_there_with_the_price_of_its_footer_and_a_link(
    running: Lucy, sandbox: Sandbox
) -> None:
    sandbox.providers["gemini"].mode = Mode.ERROR
    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello there, what is our zip code?")
    await done(running)
    footer = sandbox.slack.messages("C0GENERAL")[-1]["blocks"][1]["elements"][0]["text"]

    await sandbox.slack.open_home("U0BEN")
    await until(lambda: "U0BEN" in sandbox.slack.state.homes)
    told = await sandbox.slack.command("/lucy-costs", "today", "U0BEN", "C0GENERAL")
    await until(lambda: bool(told))

    seen = "\n".join(texts(sandbox.slack.state.homes["U0BEN"]["blocks"]))
    [asked] = [line for line in seen.splitlines() if line.startswith("• <#C0GENERAL>")]
    price = next(part for part in footer.split(" · ") if part.startswith("$"))
    assert asked.endswith(f" · `openai/gpt-6-luna` · {price}")
    assert f"/archives/C0GENERAL/p{ts.replace('.', '')}|" in asked
    assert f"*{price}* · 2 calls\nYou: {price} · 2 calls" in seen
    assert f"*{price}* today · 2 model calls" in str(told)
    assert "reply · server error" in seen


async def test_a_home_within_slacks_limits_however_much_there_is(db: Database, workspace_id: UUID, acme: Acme) -> None:
    for number in range(12):
        await limit(db, workspace_id, BudgetKey("channel", f"C{number}", "day"), "2")
        await spend(db, workspace_id, NOW, Spent("0.1", model=f"a/model-{number}", user="U0ADA", tier=1 + number % 3))
    async with db.unit(workspace_id) as unit:
        for number in range(30):
            await unit.bounds.put(TierBound(f"C{number}", 1, 3), "U0ADA")

    seen = await acme.opens("U0ADA")

    assert "… and 4 more: `/lucy-costs budget`" in seen
    assert "… and 24 more: `/lucy-costs tiers`" in seen


@pytest.mark.parametrize("code", ["not_enabled", "invalid_arguments", "internal_error"])
async def test_a_home_that_slack_does_not_take_stays_as_it_was(acme: Acme, code: str) -> None:
    before = await acme.opens("U0BEN")
    acme.sandbox.slack.faults.error("views.publish", code)

    assert await acme.opens("U0BEN") == before


async def test_a_rate_limit_is_waited_for(acme: Acme) -> None:
    acme.sandbox.slack.faults.rate_limit("views.publish", 0.01, times=2)

    assert await acme.opens("U0BEN")


async def test_another_home_that_came_between_is_replaced_by_what_holds_now(
    db: Database, workspace_id: UUID, acme: Acme
) -> None:
    await acme.opens("U0BEN")
    await spend(db, workspace_id, NOW, Spent("0.25", user="U0BEN"))

    await acme.home.publish(workspace_id, "U0BEN", seen="another")

    assert "$0.25" in acme.seen("U0BEN")


async def test_without_a_database_the_home_says_so_and_is_there_again_afterwards(
    acme: Acme, sandbox: Sandbox, cipher: Cipher
) -> None:
    gone = Database.open(GONE, cipher)

    away = await Acme(sandbox, home_on(gone, sandbox)).opens("U0BEN")
    await gone.close()

    assert "I can't look into my books right now" in away
    assert "Nobody has asked me anything yet" in await acme.opens("U0BEN")


async def test_links_that_slack_does_not_say_in_time_are_left_out(running: Lucy, sandbox: Sandbox) -> None:
    await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await done(running)
    sandbox.slack.faults.delay("chat.getPermalink", 30)

    await sandbox.slack.open_home("U0BEN")
    await until(lambda: "U0BEN" in sandbox.slack.state.homes)

    seen = "\n".join(texts(sandbox.slack.state.homes["U0BEN"]["blocks"]))
    assert "• <#C0GENERAL> " in seen
    assert "archives" not in seen


async def test_who_looks_at_their_messages_is_offered_prompts(running: Lucy, sandbox: Sandbox) -> None:
    told: list[dict[str, Any]] = []
    sandbox.slack.subscribe(told.append)

    await sandbox.slack.open_home("U0ADA", "messages")
    await until(lambda: any(event["event"] == "prompts" for event in told))

    assert [event["prompts"] for event in told if event["event"] == "prompts"] == [list(PROMPTS)]
    assert sandbox.slack.state.homes == {}


def test_the_prompt_about_costs_asks_no_model() -> None:
    assert decide(Question(PROMPTS[-1]["message"])).choice.answer == "costs"
