"""Through Slack's door: where a cheap answer will not do the next tier is asked once, and both are paid and told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.app import Lucy
from bot.db.cost_tables import CostRow
from bot.db.ids import workspace_id_of
from bot.sandbox.providers.vendor import Mode, Vendor
from bot.sandbox.sandbox import Sandbox
from tests.costs.ledger import rows
from tests.test_main_job import answered, done

ACME = workspace_id_of("T0ACME")
ASK = "what is our zip code?"
REFUSAL = "I'm sorry, but as an AI language model I can't help with that."


async def test_below_a_doubted_answer_comes_one_of_the_next_tier_and_both_are_paid_and_told(
    running: Lucy, sandbox: Sandbox
) -> None:
    sandbox.providers["gemini"].answers(REFUSAL)
    sandbox.providers["moonshot"].answers("94107.")

    said = await asked(running, sandbox)

    assert said == [f"{REFUSAL}\n\n_Asked again one tier up: the first model declined._\n\n94107."]
    assert footer(sandbox).endswith("asked again one tier up: the first model declined")
    assert [(row.tier, row.state) for row in await replies(running)] == [(1, "settled"), (2, "settled")]
    async with running.db.unit(ACME) as unit:
        assert await unit.costs.total() == sandbox.providers.invoice_total() > Decimal(0)


@pytest.mark.parametrize("vendor", ["gemini", "openai"])
async def test_a_model_that_calls_for_a_stronger_one_is_heard_in_its_wire_format(
    running: Lucy, sandbox: Sandbox, vendor: str
) -> None:
    if vendor == "openai":
        sandbox.providers["gemini"].mode = Mode.ERROR
    sandbox.providers[vendor].calls("escalate", reason="this needs care")
    sandbox.providers["moonshot"].answers("94107.")

    said = await asked(running, sandbox)

    assert said == ["94107."]
    assert footer(sandbox).endswith("asked again one tier up: the first model asked for a stronger one")
    assert await paid(running) == sandbox.providers.invoice_total()


async def test_the_first_answer_stands_where_the_stronger_model_fails(running: Lucy, sandbox: Sandbox) -> None:
    sandbox.providers["gemini"].answers(REFUSAL)
    for vendor in ("moonshot", "openai"):
        sandbox.providers[vendor].mode = Mode.ERROR

    said = await asked(running, sandbox)

    assert said == [REFUSAL]
    assert "in vain" in footer(sandbox)


async def test_who_called_for_a_stronger_model_in_vain_is_asked_again_without_that_way_out(
    running: Lucy, sandbox: Sandbox
) -> None:
    fast = sandbox.providers["gemini"]
    fast.calls("escalate", reason="this needs care")
    fast.answers("94107, I think.")
    for vendor in ("moonshot", "openai"):
        sandbox.providers[vendor].mode = Mode.ERROR

    said = await asked(running, sandbox)

    assert said == ["94107, I think."]
    assert [offered(fast, n) for n in (0, 1)] == [("escalate",), ()]


async def test_a_tier_without_a_higher_one_is_offered_no_way_out_and_never_doubted(
    running: Lucy, sandbox: Sandbox
) -> None:
    sandbox.providers["anthropic"].answers(REFUSAL)

    said = await asked(running, sandbox, f"tier 3: {ASK}")

    assert said == [REFUSAL]
    assert offered(sandbox.providers["anthropic"], 0) == ()


async def test_an_answer_that_nobody_doubts_is_asked_for_once_and_has_a_plain_footer(
    running: Lucy, sandbox: Sandbox
) -> None:
    sandbox.providers["gemini"].answers("94107.")

    await asked(running, sandbox)

    assert "asked again" not in footer(sandbox)
    assert len(await replies(running)) == 1


async def asked(running: Lucy, sandbox: Sandbox, text: str = ASK) -> list[str]:
    """Ask, and what Lucy said in the thread once all is done."""
    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", f"<@U0LUCY> {text}")
    await answered(sandbox.slack, "C0GENERAL", ts)
    await done(running)
    return sandbox.slack.answers("C0GENERAL", ts)


def footer(sandbox: Sandbox) -> str:
    blocks = sandbox.slack.messages("C0GENERAL")[-1]["blocks"]
    return next(str(block["elements"][0]["text"]) for block in blocks if block["type"] == "context")


def offered(vendor: Vendor, n: int) -> tuple[str, ...]:
    return vendor.requests[n].tools


async def replies(running: Lucy) -> list[CostRow]:
    return [row for row in await rows(running.db, ACME) if row.purpose == "reply"]


async def paid(running: Lucy) -> Decimal:
    async with running.db.unit(ACME) as unit:
        return await unit.costs.total()
