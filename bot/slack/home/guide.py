"""What a Home shows until somebody asked something, and the prompts that Slack offers beside Lucy's messages."""

from __future__ import annotations

from typing import Any

from bot.slack.budget_blocks import context, section

PROMPTS = (
    {"title": "What can you do?", "message": "What can you do?"},
    {"title": "Summarise a text", "message": "Summarise the following text in five sentences."},
    {"title": "Explain an error", "message": "Why does this crash, and how do I fix it?"},
    {"title": "What did you cost this month?", "message": "What did you cost this month?"},
)
"""At most four; the last one is answered from the ledger, without a model."""

_STEPS = (
    "*1. Invite me to a channel*\n`/invite @Lucy`, then mention me with a question. I answer in the thread.",
    "*2. Or ask me alone*\nIn the *Messages* tab above, where only you read the answer.",
    "*3. Say so when it matters*\nI take the cheapest model that can do the job. “tier 3: …” or “use your best model …” takes the strongest.",
    "*4. See what it cost*\nUnder each answer, here, and with `/lucy-costs month by model`.",
)
_FOR_ADMINS = (
    "*5. Set a limit and a digest*\nYou are an admin here: a budget and a daily digest are one press away, below."
)
_MANNERS = (
    "Models can be wrong: check what matters. What you write is sent to the provider of the model that answers, and wiped "
    "here once it has; what stays is what it cost."
)


def guide_blocks(*, for_admin: bool) -> list[dict[str, Any]]:
    """The first steps."""
    steps = [*_STEPS, _FOR_ADMINS] if for_admin else _STEPS
    return [
        {"type": "header", "text": {"type": "plain_text", "text": "Welcome! Nobody has asked me anything yet."}},
        *(section(step) for step in steps),
        context(_MANNERS),
    ]
