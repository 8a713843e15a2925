"""The whole of `lucy reconcile`: a real ledger beside the bill of those who served it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr
from rich.console import Console

from bot.app import Lucy
from bot.commands.reconciling import Bill, as_rows, as_table, days_between, provider_named, reconciled
from bot.config import Settings
from bot.costs.reconcile import GapName
from bot.db.bills import BillCheck
from bot.errors import SettingError
from bot.llm.bills.asking import Days
from bot.llm.bills.bill import BillProvider
from bot.sandbox.providers.bills import ADMIN_KEY
from bot.sandbox.providers.invoice import InvoiceLine
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from tests.test_main_job import done

TODAY = datetime.now(UTC).date()
WEEK = Days(TODAY - timedelta(days=6), TODAY)


async def test_what_lucy_spent_agrees_with_the_bill_and_what_others_spent_is_named(
    running: Lucy, sandbox: Sandbox, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ADMIN_KEY", ADMIN_KEY)
    sandbox.providers["gemini"].mode = Mode.ERROR
    await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello there, what is our zip code?")
    await done(running)
    openai = sandbox.providers["openai"]
    bill = Bill(BillProvider.OPENAI, WEEK, None, openai.api_base)
    settings = Settings(database_url=SecretStr(database_url))

    [served] = await reconciled(settings, bill)
    openai.invoice.append(InvoiceLine("openai", "gpt-6.1-sol", "req_of_others", 10, 0, 10, Decimal("0.02"), TODAY))
    outside, again = await reconciled(settings, bill)
    async with running.db.operations() as operations:
        checks = await operations.bill_checks(WEEK.first)

    assert (served.name, served.model) == (GapName.NONE, "openai/gpt-6-luna")
    assert served.theirs_usd == sandbox.providers.invoice_total() - Decimal("0.02")
    assert (outside.name, outside.gap_usd, again) == (GapName.OUTSIDE, Decimal("0.02"), served)
    assert checks == [BillCheck("openai", TODAY, served.ours_usd, served.theirs_usd + Decimal("0.02"))]


async def test_both_sides_are_shown_with_every_digit_to_machines_and_in_a_table_to_people(
    running: Lucy, sandbox: Sandbox, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ADMIN_KEY", ADMIN_KEY)
    openai = sandbox.providers["openai"]
    openai.invoice.append(InvoiceLine("openai", "gpt-6-luna", "req_1", 10, 0, 10, Decimal("0.000012345678"), TODAY))
    bill = Bill(BillProvider.OPENAI, WEEK, None, openai.api_base)

    found = await reconciled(Settings(database_url=SecretStr(database_url)), bill)
    console = Console(width=120)
    with console.capture() as shown:
        console.print(as_table(bill, found))

    assert as_rows(found) == [
        {
            "day": str(TODAY),
            "model": "gpt-6-luna",
            "ours_usd": "0",
            "theirs_usd": "0.000012345678",
            "gap_usd": "0.000012345678",
            "gap": "outside Lucy",
        }
    ]
    assert "outside Lucy" in shown.get()
    assert "100.00 % of the bill" in shown.get()


async def test_without_the_right_key_the_variable_is_named(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_ADMIN_KEY", raising=False)

    with pytest.raises(SettingError, match="ANTHROPIC_ADMIN_KEY is not set"):
        await reconciled(Settings(database_url=SecretStr(database_url)), Bill(BillProvider.ANTHROPIC, WEEK, None, None))


@pytest.mark.parametrize(("since", "until"), [("soon", ""), ("2026-11-20", "2026-11-19")])
def test_days_that_are_none_are_refused(since: str, until: str) -> None:
    with pytest.raises(SettingError, match="--since"):
        days_between(since, until)


def test_a_provider_whose_bill_cannot_be_read_is_refused() -> None:
    with pytest.raises(SettingError, match="openai, anthropic, openrouter"):
        provider_named("gemini")
