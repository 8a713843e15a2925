"""Everything Lucy says can be heard as well as seen, calls nobody together, and unfurls no link."""

from __future__ import annotations

from typing import Any

import pytest

from bot.app import Lucy
from bot.commands.demo_month import seed_month
from bot.costs.budget_words import REQUEST_ACTION
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from bot.slack.budget_blocks import APPROVE_ACTION
from bot.slack.manners import mannerly
from tests.costs.budgeting import WORKSPACE, limit
from tests.onlooker import until
from tests.polite import Politeness, faults
from tests.slack.test_presses import CHANNEL, answers, press
from tests.test_budgets import TOO_LITTLE
from tests.test_main_job import ACME, done

COMMANDS = (
    "help", "today by model", "month by user", "month by channel", "budget", "explain nothing", "nonsense", "export csv month",
    "digest #finance 09:00 UTC", "digest off", "dial eco", "tiers floor 1", "zone UTC", "admins add @ben", "footer on",
    "budget workspace 5 per day stop", "budget",
)  # fmt: skip


async def test_all_kinds_of_messages_are_said_aloud_too(running: Lucy, sandbox: Sandbox) -> None:
    politeness = Politeness(sandbox)
    whispers: list[dict[str, Any]] = []
    sandbox.slack.subscribe(lambda event: whispers.append(event) if event["event"] == "ephemeral" else None)

    await seed_month(running.db, ACME)
    await running.digests.post_now(ACME, "C0FINANCE")
    await answers_of_every_kind(running, sandbox)
    for words in COMMANDS:
        before = len(whispers)
        await sandbox.slack.command("/lucy-costs", words, "U0ADA", "C0FINANCE")
        await until(lambda before=before: len(whispers) > before)  # type: ignore[misc]
    await a_larger_budget(running, sandbox)

    said = [method for method, _ in sandbox.slack.api.calls if method.startswith("chat.")]
    assert {"chat.startStream", "chat.stopStream", "chat.postMessage", "chat.postEphemeral", "chat.update"} <= set(said)
    assert len(whispers) > len(COMMANDS)
    assert politeness.complaints == []


async def answers_of_every_kind(running: Lucy, sandbox: Sandbox) -> None:
    """Streamed, posted whole, stopped by somebody who may not, failed; and what its buttons answer."""
    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello")
    await done(running)
    for action, user in (("lucy_feedback", "U0BEN"), ("lucy_stronger", "U0EVA"), ("lucy_why", "U0BEN")):
        await press(sandbox, answers(sandbox)[-1], action, user)
    sandbox.slack.faults.error("chat.startStream", "not_allowed")
    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello again")
    await done(running)
    sandbox.providers["gemini"].answer_s = 1.0
    ts = await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello once more")
    await until(lambda: len(sandbox.providers["gemini"].requests) == 3)
    await sandbox.slack.stop("U0EVA", CHANNEL, ts)
    await until(lambda: "chat.postEphemeral" in [method for method, _ in sandbox.slack.api.calls])
    await done(running)
    for vendor in sandbox.providers.values():
        vendor.mode = Mode.ERROR
    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> are you there?")
    await done(running)


async def a_larger_budget(running: Lucy, sandbox: Sandbox) -> None:
    """Refused, asked for, granted, and told."""
    await limit(running.db, ACME, WORKSPACE, TOO_LITTLE)
    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> and now?")
    await done(running)
    refusal = answers(sandbox)[-1]
    await press(sandbox, refusal, REQUEST_ACTION)
    await until(lambda: bool(asked(sandbox)))
    await press_in(sandbox, asked(sandbox)[0], APPROVE_ACTION)
    await until(lambda: not asked(sandbox))
    await until(lambda: "raised" in answers(sandbox)[-1]["text"])


def asked(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [message for message in sandbox.slack.messages("D0LUCY") if APPROVE_ACTION in str(message.get("blocks"))]


async def press_in(sandbox: Sandbox, message: dict[str, Any], action: str) -> None:
    """An admin answers a request in her direct messages."""
    [value] = {one["value"] for block in message["blocks"] for one in block.get("elements", []) if "value" in one}
    await sandbox.slack.press(action, value, "U0ADA", "D0LUCY", message["ts"])


def test_a_post_leaves_without_previews_and_calls_nobody_together() -> None:
    blocks = [
        {"type": "markdown", "text": "<!here> and `<!here>`"},
        {"type": "section", "text": {"type": "mrkdwn", "text": "for <!subteam^S1> and <@U1>"}},
    ]

    said = mannerly(
        "chat.postMessage", {"channel": "C1", "text": "<!channel> hi", "blocks": blocks, "reply_broadcast": True}
    )

    assert said == {
        "channel": "C1",
        "text": "&lt;!channel> hi",
        "blocks": [
            {"type": "markdown", "text": "&lt;!here> and `<!here>`"},
            {"type": "section", "text": {"type": "mrkdwn", "text": "for &lt;!subteam^S1> and <@U1>"}},
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_what_only_reads_is_left_as_it_is() -> None:
    assert mannerly("conversations.replies", {"ts": "1.2", "parse": "x"}) == {"ts": "1.2", "parse": "x"}


SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*$5.20* spent, 80 %"}}
QUIET = {"unfurl_links": False, "unfurl_media": False}


@pytest.mark.parametrize(
    ("method", "sent", "wrong"),
    [
        ("chat.postMessage", {**QUIET, "text": "$5.20, 80 %", "blocks": [SECTION]}, ""),
        ("chat.postMessage", {**QUIET, "text": "$5.20", "blocks": [SECTION]}, "does not say"),
        ("chat.postMessage", {**QUIET, "text": " ", "blocks": []}, "says nothing aloud"),
        ("chat.postMessage", {"text": "https://a.example"}, "links would unfurl"),
        ("chat.postEphemeral", {"text": "oh, @here you are"}, "calls a whole channel"),
        ("chat.update", {"text": "hi", "reply_broadcast": True}, "louder"),
        ("response_url", {**QUIET, "text": "hi", "response_type": "in_channel"}, "everybody sees it"),
    ],
)
def test_the_rules_that_every_test_with_a_sandbox_ends_with_can_be_broken(
    method: str, sent: dict[str, Any], wrong: str
) -> None:
    found = "; ".join(faults(method, sent))

    assert bool(found) == bool(wrong)
    assert wrong in found
