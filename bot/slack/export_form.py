"""`/lucy-costs export csv|focus [period]`: a file to the asker alone. Members get their own rows, admins all."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.costs.export import csv_of_ledger
from bot.costs.focus import focus_csv, focus_of_ledger
from bot.costs.periods import Period, period
from bot.db.database import Database
from bot.db.ledger import Window
from bot.slack.costs_words import Asker, NotUnderstood, say
from bot.slack.installations import NotInstalled
from bot.slack.spend_form import zone_of
from bot.slack.uploads import Uploads, Written

_EXPORT = re.compile(r"export\s+(?P<kind>csv|focus)(?:\s+(?P<period>last month|\S+))?", re.IGNORECASE)
_HOW = "Say it like this: `/lucy-costs export csv month`, or `/lucy-costs export focus last month`."


@dataclass(frozen=True, slots=True)
class Export:
    """A file of a kind, `csv` or `focus`, about a period."""

    kind: str
    period: str


def understand(words: str) -> Export:
    """What is wanted. Raises NotUnderstood."""
    found = _EXPORT.fullmatch(words.strip())
    if not found:
        raise NotUnderstood(words, sentence=_HOW)
    return Export(found["kind"].lower(), (found["period"] or "month").lower())


def _now() -> datetime:
    return datetime.now(UTC)


class ExportForm:
    """Writes the file to disk page by page, then sends it."""

    begins: ClassVar[frozenset[str]] = frozenset({"export"})
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs export csv month` sends you a file with every call; `export focus last month` one for FinOps tools",
    )

    def __init__(self, db: Database, uploads: Uploads, now: Callable[[], datetime] = _now) -> None:
        self._db, self._uploads, self._now = db, uploads, now

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood, UnknownPeriod, NotAllowed, NoFileScope, TooLarge, SlackRefused, SlackUnsure."""
        wanted = understand(words)
        if wanted.kind == "focus":
            asker.must_be_admin()
        covered = period(wanted.period, self._now(), await zone_of(self._db, asker.workspace_id))
        with tempfile.TemporaryFile() as content:
            told = await self._write(content, wanted, asker, covered)
            size = content.tell()
            content.seek(0)
            name = f"lucy-{wanted.kind}-{covered.days()[0]}-{covered.days()[-1]}.csv"
            await self._uploads.send(asker.workspace_id, asker.user_id, Written(name, content, size), told)
        await say(respond, f"I sent you `{name}` as a direct message.")

    async def _write(self, content: IO[bytes], wanted: Export, asker: Asker, covered: Period) -> str:
        own = None if asker.person.is_admin else asker.user_id
        window = Window(covered.start, covered.end, own)
        if wanted.kind == "csv":
            await _save(content, csv_of_ledger(self._db, asker.workspace_id, window))
            return f"{'Your own calls' if own else 'Every call'}, {covered.label} (days in {covered.zone}):"
        async with self._db.unit(asker.workspace_id) as unit:
            workspace = await unit.workspaces.read()
        if workspace is None:
            raise NotInstalled("no such workspace")
        export = await focus_of_ledger(self._db, workspace, window)
        await asyncio.to_thread(content.write, focus_csv(export))
        left_out = f" {export.unpriced:,} calls without a price are not in it." if export.unpriced else ""
        return f"FOCUS 1.2, {covered.label} (charges per UTC day):{left_out}"


async def _save(content: IO[bytes], batches: AsyncIterator[bytes]) -> None:
    async for batch in batches:
        await asyncio.to_thread(content.write, batch)
