"""Everything `lucy check` looks at, in the order of its table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

from bot.app import at_database
from bot.commands import findings
from bot.commands.findings import Finding, State
from bot.config import Settings
from bot.costs.price_book import load_price_book
from bot.db.migrate import current, newest, server_version
from bot.errors import DatabaseAway, SettingError
from bot.routing.tiers import Tiers, read_tiers

NEWEST_TRIED = 18


async def inspect(settings: Settings, keys: Mapping[str, str]) -> list[Finding]:
    """Every finding. Raises SettingError when the tiers file cannot be read at all."""
    book = load_price_book()
    tiers = read_tiers(settings.tiers, keys, book)
    if not tiers.usable() and settings.tiers == "default" and keys.get("OPENROUTER_API_KEY"):
        tiers = Tiers.load(settings.tiers, keys, book)
    return [
        findings.slack_settings(settings),
        findings.encryption(settings),
        *findings.models(tiers),
        findings.prices(tiers, book),
        *findings.retired(tiers, book, datetime.now(UTC).date()),
        *[finding async for finding in database(settings)],
    ]


async def database(settings: Settings) -> AsyncIterator[Finding]:
    """Whether PostgreSQL answers (the embedded one is started for that), its version, and its migrations."""
    where = "DATABASE_URL" if settings.database_url else f"embedded, in {settings.home}"
    try:
        async with at_database(settings) as url:
            version = await server_version(url)
            revision = await current(url)
    except SettingError as error:
        yield Finding("Database", State.SETTING, str(error))
        return
    except DatabaseAway as error:
        yield Finding("Database", State.FAULT, f"{where}: {error}")
        return
    yield of_version(version, where)
    yield of_revision(revision, newest(), settings)


def of_version(version: str, where: str) -> Finding:
    """Lucy is tried on PostgreSQL 15 to 18; older ones are refused before this."""
    tried = int(version.split(".")[0]) <= NEWEST_TRIED
    detail = f"{where}: PostgreSQL {version}" + (
        "" if tried else f", newer than the {NEWEST_TRIED} Lucy is tried on"
    )
    return Finding("Database", State.OK if tried else State.WARNING, detail)


def of_revision(revision: str, head: str, settings: Settings) -> Finding:
    """Behind is fine when Lucy may migrate by herself."""
    if revision == head:
        return Finding("Migrations", State.OK, f"at the newest, {head}")
    present = f"at {revision or 'none'}, the newest is {head}"
    if settings.migrate == "off":
        return Finding("Migrations", State.FAULT, f"{present}: run `lucy migrate` (LUCY_MIGRATE is off)")
    return Finding("Migrations", State.WARNING, f"{present}: `lucy run` migrates before it is ready")
