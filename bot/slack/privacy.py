"""What is stored, for how long, and who sees it: `/lucy-costs privacy`, and the page after an install."""

from __future__ import annotations

from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.db.retention import CONTEXT_HOURS, DEAD_DAYS, FEATURES_DAYS, SUMMARY_DAYS, Retention
from bot.slack.costs_words import Asker, say


def privacy(kept: Retention) -> list[str]:
    """One sentence or two about each thing; the figures are those that upkeep deletes by."""
    after = "; sums by day and model stay, without a name" if kept.departed_sums else ""
    return [
        (
            f"What you ask, and what I answer, is encrypted in my database until the answer stands in Slack, and wiped then. "
            f"The words of a question I failed at are wiped {DEAD_DAYS} days later."
        ),
        (
            f"Of a long thread I keep a summary of its older part, encrypted, for {SUMMARY_DAYS} days. Questions and answers I keep, "
            f"encrypted, for {CONTEXT_HOURS} hours only where an admin wants it: `/lucy-costs keep-context`."
        ),
        (
            "To answer I send your question, and the thread it stands in, to the providers of the models I ask; the line under "
            "an answer names who gave it. Files on them are read for that, and not kept. AI can be wrong."
        ),
        f"What stays of a question are statistics and hashed features, for {FEATURES_DAYS} days, to choose models better.",
        (
            f"Of every model call its price, tokens, model and time stay, with who asked in which thread: {_months(kept.ledger_months)}. "
            "Their sums stay."
        ),
        f"Changes of budgets and settings stay in a log: {_months(kept.audit_months)}.",
        (
            "You see your own calls and the workspace's total. Slack's admins and owners, and whom they named, see everyone's. "
            "Whoever runs me sees figures and ids of all workspaces; no command shows them a word you wrote."
        ),
        f"When I am removed, my access is deleted at once, and all else {kept.departed_days} days later{after}.",
    ]


class PrivacyForm:
    """Answers anybody."""

    begins: ClassVar[frozenset[str]] = frozenset({"privacy"})
    help: ClassVar[tuple[str, ...]] = ("`/lucy-costs privacy` says what I keep, for how long, and who sees it",)

    def __init__(self, kept: Retention) -> None:
        self._kept = kept

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """The same words for everybody."""
        await say(
            respond, "\n".join(["*What I keep, and who sees it*", *(f"• {line}" for line in privacy(self._kept))])
        )


def _months(limit: int | None) -> str:
    return "until whoever runs me deletes them" if limit is None else f"for {limit} months"
