"""What `lucy reprice` does in every workspace it was asked about."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.app import open_database
from bot.config import Settings
from bot.costs import overlays
from bot.costs.price_book import load_price_book
from bot.costs.reprice import Repriced, reprice
from bot.db.ids import workspace_id_of
from bot.errors import SettingError


async def reprice_at(settings: Settings, slack_id: str, since: datetime, dry_run: bool) -> list[Repriced]:
    """One workspace, by its Slack id, or all of them. Raises SettingError, DatabaseAway."""
    book = load_price_book()
    async with open_database(settings) as db:
        await overlays.refresh(db, book)
        async with db.operations() as operations:
            workspaces = [workspace_id_of(slack_id)] if slack_id else await operations.workspaces()
        return [await reprice(db, book, workspace, since, dry_run=dry_run) for workspace in workspaces]


def first_moment(day: str) -> datetime:
    """The start of a day (UTC), the start of all time when none is named. Raises SettingError."""
    try:
        return datetime.fromisoformat(day or "1970-01-01").replace(tzinfo=UTC)
    except ValueError as error:
        raise SettingError(f"--since: {day[:30]!r} is no day like 2026-11-24") from error
