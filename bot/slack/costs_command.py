"""`/lucy-costs`: acknowledged at once, answered only to the asker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, assert_never
from uuid import UUID

from slack_bolt.async_app import AsyncRespond

from bot.costs.explain import as_text, explain
from bot.costs.periods import period
from bot.costs.references import NoSuchCall
from bot.costs.reports import Reports, SpendReport, in_words
from bot.db.database import Database
from bot.errors import LucyError
from bot.slack.costs_words import HELP, DigestOff, Explain, Help, SetDigest, Show, understand
from bot.slack.people import People, Person
from bot.slack.report_blocks import plain, report_blocks

_MOST_EXPLAINED = 6
_ADMINS_ONLY = "Only Slack's admins and owners can do that."
_OWN_ONLY = "Only Slack's admins and owners see that; you can see your own with `by user` and `by model`."


def _now() -> datetime:
    return datetime.now(UTC)


class CostsCommand:
    """Understands the words, checks who may see what, answers."""

    def __init__(self, db: Database, reports: Reports, people: People, now: Callable[[], datetime] = _now) -> None:
        self._db, self._reports, self._people, self._now = db, reports, people, now

    async def answer(self, respond: AsyncRespond, command: dict[str, Any], workspace_id: UUID) -> None:
        """Answer one command of one person."""
        user_id = str(command.get("user_id", ""))
        try:
            wanted = understand(str(command.get("text", "")))
            person = await self._people.find(workspace_id, user_id)
            match wanted:
                case Help():
                    await _say(respond, HELP)
                case Show():
                    await self._show(respond, wanted, workspace_id, user_id, person)
                case Explain():
                    await _say(respond, await self._explain(wanted, workspace_id, None if person.is_admin else user_id))
                case SetDigest() | DigestOff():
                    await _say(respond, await self._digest(wanted, workspace_id, user_id, person))
                case _:
                    assert_never(wanted)
        except LucyError as error:
            await _say(respond, error.sentence)

    async def _show(
        self, respond: AsyncRespond, wanted: Show, workspace_id: UUID, user_id: str, person: Person
    ) -> None:
        zone = await self._zone(workspace_id)
        covered = period(wanted.period, self._now(), zone)
        if person.is_admin:
            report, note = await self._reports.spend(workspace_id, covered, wanted.by), ""
        elif wanted.by in {None, "user", "model"}:
            report = await self._reports.own(workspace_id, user_id, covered, wanted.by or "user")
            note = "You see the workspace's total and your own rows"
        else:
            await _say(respond, _OWN_ONLY)
            return
        names = await self._names(workspace_id, report)
        await respond(
            text=f"Lucy's costs: {in_words(report)}",
            blocks=report_blocks(report, note, names),
            response_type="ephemeral",
        )

    async def _explain(self, wanted: Explain, workspace_id: UUID, only_user: str | None) -> str:
        """The sum of each attempt that the reference names; members are shown their own."""
        async with self._db.unit(workspace_id) as unit:
            rows = await unit.past.find(wanted.reference)
        seen = [row for row in rows if only_user in {None, row.user_id}]
        if not seen:
            raise NoSuchCall(wanted.reference)
        return "\n".join(f"```{plain(as_text(explain(row)))}```" for row in seen[:_MOST_EXPLAINED])

    async def _digest(self, wanted: SetDigest | DigestOff, workspace_id: UUID, user_id: str, person: Person) -> str:
        if not person.is_admin:
            return _ADMINS_ONLY
        async with self._db.unit(workspace_id) as unit:
            if isinstance(wanted, DigestOff):
                await unit.digests.stop()
                return "No digest from now on."
            await unit.digests.want(wanted.channel, wanted.at, wanted.zone, user_id)
        return f"I'll post yesterday's spend to <#{wanted.channel}> every day at {wanted.at:%H:%M} ({wanted.zone})."

    async def _zone(self, workspace_id: UUID) -> str:
        async with self._db.unit(workspace_id) as unit:
            setting = await unit.digests.setting()
        return setting.zone if setting else "UTC"

    async def _names(self, workspace_id: UUID, report: SpendReport) -> dict[str, str]:
        if report.by != "user":
            return {}
        return await self._people.names(workspace_id, [row.key for row in report.rows[:15]])


async def _say(respond: AsyncRespond, text: str) -> None:
    await respond(text=text, response_type="ephemeral")
