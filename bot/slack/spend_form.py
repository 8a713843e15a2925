"""`/lucy-costs [period] [by …]`: what was spent. Members see the workspace's total and their own rows, admins all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.costs.periods import period
from bot.costs.reports import DIMENSIONS, Reports, SpendReport, in_words
from bot.db.database import Database
from bot.slack.costs_words import Asker, NotUnderstood, say
from bot.slack.people import People
from bot.slack.report_blocks import report_blocks

_SHOW = re.compile(r"(?P<period>\S+)?(?:\s*\bby\s+(?P<by>\w+))?", re.IGNORECASE)
_OWN_ONLY = "Only Slack's admins and owners see that; you can see your own with `by user` and `by model`."


@dataclass(frozen=True, slots=True)
class Show:
    """Show a period, perhaps broken down."""

    period: str
    by: str | None


def understand(words: str) -> Show:
    """What is to be shown. Raises NotUnderstood."""
    lower = words.lower().strip()
    found = _SHOW.fullmatch(f"today {lower}" if lower.startswith("by ") else lower)
    if not found or (found["by"] and found["by"] not in DIMENSIONS):
        raise NotUnderstood(words)
    return Show(found["period"] or "today", found["by"])


def _now() -> datetime:
    return datetime.now(UTC)


class SpendForm:
    """Answers with a report."""

    begins: ClassVar[frozenset[str]] = frozenset()
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs today` · `yesterday` · `week` · `month` · `2026-11-01..2026-11-15`",
        "`/lucy-costs month by model` · `tier` · `user` · `channel` · `purpose`",
    )

    def __init__(self, db: Database, reports: Reports, people: People, now: Callable[[], datetime] = _now) -> None:
        self._db, self._reports, self._people, self._now = db, reports, people, now

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood, UnknownPeriod."""
        wanted = understand(words)
        covered = period(wanted.period, self._now(), await self._zone(asker))
        if asker.person.is_admin:
            report, note = await self._reports.spend(asker.workspace_id, covered, wanted.by), ""
        elif wanted.by in {None, "user", "model"}:
            report = await self._reports.own(asker.workspace_id, asker.user_id, covered, wanted.by or "user")
            note = "You see the workspace's total and your own rows"
        else:
            await say(respond, _OWN_ONLY)
            return
        await respond(
            text=f"Lucy's costs: {in_words(report)}",
            blocks=report_blocks(report, note, await self._names(asker, report)),
            response_type="ephemeral",
        )

    async def _zone(self, asker: Asker) -> str:
        async with self._db.unit(asker.workspace_id) as unit:
            setting = await unit.digests.setting()
        return setting.zone if setting else "UTC"

    async def _names(self, asker: Asker, report: SpendReport) -> dict[str, str]:
        if report.by != "user":
            return {}
        return await self._people.names(asker.workspace_id, [row.key for row in report.rows[:15]])
