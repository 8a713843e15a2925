"""Everything `lucy check` looks at, in the order of its table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import BaseModel

from bot.app import at_database
from bot.commands import findings
from bot.commands.findings import Finding, State
from bot.config import Settings
from bot.costs.price_book import load_price_book
from bot.db.clock import FAR_S
from bot.db.migrate import clock_ahead_s, current, is_newer, newest, second_lock, server_version
from bot.db.roles import ACROSS, TENANT
from bot.db.row_security import SecondLock
from bot.errors import DatabaseAway, SettingError
from bot.routing.tiers import Tiers, read_tiers
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.grants import grants_of
from bot.slack.oauth import SCOPES
from bot.slack.socket import try_app_token

NEWEST_TRIED = 18


class _Scopes(BaseModel):
    bot: list[str]


class _OAuth(BaseModel):
    scopes: _Scopes


class _Manifest(BaseModel):
    oauth_config: _OAuth


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
        *manifests(Path()),
        *[finding async for finding in slack(settings)],
    ]


async def database(settings: Settings) -> AsyncIterator[Finding]:
    """Whether PostgreSQL answers (the embedded one is started for that), its version, migrations, locks and clock."""
    where = "DATABASE_URL" if settings.database_url else f"embedded, in {settings.home}"
    try:
        async with at_database(settings) as url:
            version = await server_version(url)
            revision = await current(url)
            lock = await second_lock(url)
            ahead_s = await clock_ahead_s(url)
    except SettingError as error:
        yield Finding("Database", State.SETTING, str(error))
        return
    except DatabaseAway as error:
        yield Finding("Database", State.FAULT, f"{where}: {error}")
        return
    yield of_version(version, where)
    yield of_revision(revision, newest(), settings)
    if revision == newest():
        yield of_lock(lock)
    yield of_clock(ahead_s)


def of_version(version: str, where: str) -> Finding:
    """Lucy is tried on PostgreSQL 15 to 18; older ones are refused before this."""
    tried = int(version.split(".")[0]) <= NEWEST_TRIED
    detail = f"{where}: PostgreSQL {version}" + ("" if tried else f", newer than the {NEWEST_TRIED} Lucy is tried on")
    return Finding("Database", State.OK if tried else State.WARNING, detail)


def of_revision(revision: str, head: str, settings: Settings) -> Finding:
    """Behind is fine when Lucy may migrate by herself."""
    if revision == head:
        return Finding("Migrations", State.OK, f"at the newest, {head}")
    if is_newer(revision):
        return Finding("Migrations", State.OK, f"at {revision}, of a newer Lucy than this one ({head})")
    present = f"at {revision or 'none'}, the newest is {head}"
    if settings.migrate == "off":
        return Finding("Migrations", State.FAULT, f"{present}: run `lucy migrate` (LUCY_MIGRATE is off)")
    return Finding("Migrations", State.WARNING, f"{present}: `lucy run` migrates before it is ready")


def of_lock(lock: SecondLock) -> Finding:
    """Row-level security is a second lock: without it every query still names its workspace itself."""
    if lock.others and lock.may:
        whom = ", ".join(lock.others)
        detail = f"{whom} may step into Lucy's roles too: revoke CONNECT on this database, or the roles, from them"
        return Finding("Second lock", State.WARNING, detail)
    if not lock.may:
        detail = (
            f"off: this user may not make the roles; let an administrator CREATE ROLE {TENANT}, CREATE ROLE {ACROSS} "
            "and GRANT both to it, then run `lucy migrate`"
        )
        return Finding("Second lock", State.WARNING, detail)
    if lock.bare:
        return Finding("Second lock", State.WARNING, f"off: {', '.join(lock.bare)} not covered: run `lucy migrate`")
    return Finding("Second lock", State.OK, "PostgreSQL itself keeps every workspace's rows apart")


def of_clock(ahead_s: float) -> Finding:
    """Replicas go by the database's clock; Slack's deliveries are checked against the machine's own."""
    apart = f"{abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} the database's"
    if abs(ahead_s) > FAR_S:
        detail = f"{apart}: set it (NTP); from 300 s on Slack's deliveries over HTTP are refused"
        return Finding("Clock", State.WARNING, detail)
    return Finding("Clock", State.OK, apart)


def manifests(folder: Path) -> Iterator[Finding]:
    """Whether the manifests in a folder, if there are any, ask Slack for the scopes this Lucy needs."""
    for file in sorted(folder.glob("manifest*.yml")):
        try:
            asked = _Manifest.model_validate(yaml.safe_load(file.read_text("utf-8"))).oauth_config.scopes.bot
        except (OSError, ValueError, yaml.YAMLError) as error:
            yield Finding("Manifest", State.FAULT, f"{file.name} cannot be read: {type(error).__name__}")
            continue
        lacking = sorted(set(SCOPES) - set(asked))
        if lacking:
            yield Finding("Manifest", State.FAULT, f"{file.name} does not ask for {', '.join(lacking)}")
        else:
            yield Finding("Manifest", State.OK, f"{file.name} asks for every scope Lucy needs")


async def slack(settings: Settings) -> AsyncIterator[Finding]:
    """Whether Slack takes the tokens, and what the bot's was not granted."""
    if settings.slack_bot_token:
        async for finding in _bot_token(settings.slack_bot_token.get_secret_value(), settings.slack_api_url):
            yield finding
    if settings.slack_app_token:
        yield await _app_token(settings.slack_app_token.get_secret_value(), settings.slack_api_url)


async def _bot_token(token: str, base_url: str) -> AsyncIterator[Finding]:
    try:
        grants = await grants_of(token, base_url)
    except SlackRefused as error:
        yield Finding("Slack", State.FAULT, f"SLACK_BOT_TOKEN is refused: {error.code}")
        return
    except SlackUnsure as error:
        yield Finding("Slack", State.FAULT, f"{base_url} does not answer ({error})")
        return
    yield Finding("Slack", State.OK, f"the token speaks for {grants.user} in {grants.team}")
    if grants.lacking:
        yield Finding("Slack", State.WARNING, f"the token lacks {', '.join(grants.lacking)}: reinstall the app")


async def _app_token(token: str, base_url: str) -> Finding:
    try:
        await try_app_token(token, base_url)
    except SlackRefused as error:
        return Finding("Socket Mode", State.FAULT, f"SLACK_APP_TOKEN is refused: {error.code}")
    except SlackUnsure as error:
        return Finding("Socket Mode", State.FAULT, f"{base_url} does not answer ({error})")
    return Finding("Socket Mode", State.OK, "a connection may be opened with SLACK_APP_TOKEN")
