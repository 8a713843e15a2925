"""`/lucy-costs [period] [by …]`: what was spent. Members see the workspace's total and their own rows, admins all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from slack_bolt.async_app import AsyncRespond

from bot.costs.periods import period
from bot.costs.reports import DIMENSIONS, Reports, SpendReport, in_words
from bot.db.database import Database
from bot.db.ledger import REST
from bot.slack.costs_words import Asker, NotUnderstood
from bot.slack.native import NativeBlocks, ephemeral
from bot.slack.people import People
from bot.slack.permalinks import Permalinks
from bot.slack.report_blocks import native_blocks, text_blocks
from bot.slack.report_names import Names

_SHOW = re.compile(r"(?P<period>last month|\S+)?(?:\s*\bby\s+(?P<by>\w+))?", re.IGNORECASE)
_NAMED = 15


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
        "`/lucy-costs today` · `yesterday` · `week` · `month` · `last month` · `7d` · `30d` · `2026-11-01..2026-11-15`",
        "`/lucy-costs month by model` · `tier` · `user` · `channel` · `purpose` · `thread`",
    )

    def __init__(self, db: Database, reports: Reports, naming: Naming, now: Callable[[], datetime] = _now) -> None:
        self._db, self._reports, self._naming, self._now = db, reports, naming, now
        self._native = NativeBlocks()

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood, UnknownPeriod, TooMuch."""
        wanted = understand(words)
        covered = period(wanted.period, self._now(), await zone_of(self._db, asker.workspace_id))
        if asker.person.is_admin:
            report, note = await self._reports.spend(asker.workspace_id, covered, wanted.by), ""
        else:
            report = await self._reports.own(asker.workspace_id, asker.user_id, covered, wanted.by or "user")
            note = "You see the workspace's total and your own rows"
        names = await self._naming.of(asker.workspace_id, report)
        await self._native.show(
            asker.workspace_id,
            ephemeral(respond, f"Lucy's costs: {in_words(report)}"),
            native_blocks(report, names, note),
            text_blocks(report, names, note),
        )


class Naming:
    """Looks up what the keys of a report are called."""

    def __init__(self, people: People, permalinks: Permalinks) -> None:
        self._people, self._permalinks = people, permalinks

    async def of(self, workspace_id: UUID, report: SpendReport) -> Names:
        """People by name, for the rows that are seen first; threads by a link."""
        keys = [row.key for row in report.rows if row.key != REST]
        people = await self._people.names(workspace_id, keys[:_NAMED]) if report.by == "user" else {}
        links = await self._permalinks.of(workspace_id, keys) if report.by == "thread" else {}
        return Names(report.by or "", report.period.zone, people, links)


async def zone_of(db: Database, workspace_id: UUID) -> str:
    """Whose days are meant."""
    async with db.unit(workspace_id) as unit:
        return await unit.workspaces.zone()
