"""The composition root: the only place that knows concrete classes. Lifetimes are the order of the lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bot import log
from bot.config import Settings, provider_keys
from bot.conversation.answer import Answerer, Means
from bot.conversation.choosing import Chooser
from bot.conversation.desk import Pace
from bot.conversation.shadow import shadowing
from bot.conversation.summaries import Summaries
from bot.costs import overlays
from bot.costs.folding import fold
from bot.costs.inquiry import Inquiry
from bot.costs.price_book import PriceBook, load_price_book
from bot.costs.reports import Reports
from bot.costs.spool import FileSpool
from bot.costs.tracker import Tracker
from bot.db.crowds import Most
from bot.db.database import Database
from bot.db.encryption import Cipher, cipher_of
from bot.db.local_postgres import LocalPostgres
from bot.db.migrate import migrate, require_head
from bot.db.operations import Operations
from bot.db.retention import Retention
from bot.db.upkeep import drop_old
from bot.db.watch import clock, exposition, sweep
from bot.digests.compose import Composer
from bot.digests.run import DigestRunner
from bot.llm.generations import generations
from bot.llm.litellm_client import LitellmClient
from bot.routing import scorer
from bot.routing.breaker import Breakers
from bot.routing.cascade import Cascade
from bot.routing.classifier import Classifier
from bot.routing.learn import learn_everywhere
from bot.routing.recalibrate import recalibrate
from bot.routing.router import Router
from bot.routing.tiers import Tiers
from bot.schedule import Jobs, across, schedule
from bot.slack.attachments import Attachments
from bot.slack.bolt import build_app
from bot.slack.budget_notices import BudgetNotices
from bot.slack.client import connected
from bot.slack.commands import Wiring, commands_of
from bot.slack.delivery import Delivery
from bot.slack.digest_channel import DigestChannel
from bot.slack.ingest import Ingest
from bot.slack.installations import Clients, OneToken, StoredTokens, Tokens, introduce
from bot.slack.limits import Limits
from bot.slack.oauth import OAuthPages
from bot.slack.pen import Rhythm
from bot.slack.people import People
from bot.slack.pulse import Pulse
from bot.slack.readiness import readiness
from bot.slack.rotation import Rotation
from bot.slack.socket import socket_mode
from bot.slack.stops import Stops
from bot.slack.thread import Streaming, Threads
from bot.slack.under import Under
from bot.slack.web import listening, serving_metrics, web_app
from bot.telemetry import Telemetry, tracing, watching_the_loop
from bot.worker import Worker

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Lucy:
    """A running Lucy."""

    url: str
    metrics_url: str | None
    db: Database
    telemetry: Telemetry
    digests: DigestRunner
    reports: Reports
    tiers: Tiers
    ended: asyncio.Task[None]

    async def until_stopped(self) -> None:
        """Returns when cancelled; raises what ended the worker otherwise."""
        await asyncio.shield(self.ended)


@asynccontextmanager
async def at_database(settings: Settings, say: Callable[[str], None] | None = None) -> AsyncIterator[str]:
    """The URL of the database: the one set, or our own while the block runs."""
    if settings.database_url:
        yield settings.database_url.get_secret_value()
        return
    async with LocalPostgres(settings.home, say=say).watched() as url:
        yield url


@asynccontextmanager
async def open_database(settings: Settings, say: Callable[[str], None] | None = None) -> AsyncIterator[Database]:
    """Lucy's database at the newest migration. Raises SettingError, DatabaseAway."""
    async with at_database(settings, say) as url:
        await (require_head(url) if settings.migrate == "off" else migrate(url))
        db = Database.open(url, _cipher(settings), pool_size=10, sharded=settings.sharded)
        try:
            yield db
        finally:
            await db.close()


@asynccontextmanager
async def lucy(
    settings: Settings, keys: Mapping[str, str] | None = None, say: Callable[[str], None] | None = None
) -> AsyncIterator[Lucy]:
    """A Lucy that serves Slack while the block runs. `keys` are the provider keys, by default the environment's."""
    book = load_price_book()
    tiers = Tiers.load(settings.tiers, keys or provider_keys(), book)
    for skipped in tiers.skipped:
        _log.info("model_skipped", model=skipped.model, missing=" or ".join(skipped.missing))
    client = LitellmClient()
    async with AsyncExitStack() as stack:
        loading = asyncio.create_task(client.load())
        db = await stack.enter_async_context(open_database(settings, say))
        ingest_db = Database.open(db.url, _cipher(settings), pool_size=4, statement_timeout_s=1.5)
        stack.push_async_callback(ingest_db.close)
        telemetry = Telemetry()
        spool = FileSpool(settings.home / "spool", _cipher(settings))
        await stack.enter_async_context(tracing(telemetry, settings.otlp_endpoint))
        telemetry.follow_spool(lambda: spool.depth)
        await spool.settle(db)
        tracker = Tracker(db, book, tiers.baseline, telemetry, spool=spool)
        breakers = Breakers()
        telemetry.follow_breakers(tiers.deployments, breakers.level)
        router = Router(tiers, client, tracker, breakers)
        inquiry = Inquiry(db, tiers.deployments, tiers.baseline[1], generations)
        reports, composer = Reports(db, tiers.baseline[0]), Composer(db, tiers.baseline[0])
        chooser, cascade = Chooser(db, Classifier(router, tiers, db), tiers), Cascade(router, tiers, db)
        shadow = await stack.enter_async_context(shadowing(db, router, tiers, settings.shadow))
        means = Means(chooser, Summaries(db, router), cascade, shadow)
        answerer = Answerer(db, means, reports.answer, telemetry)
        parts = _Parts(db, ingest_db, telemetry, client, tiers, answerer, reports, composer, book, inquiry, spool)
        await overlays.refresh(db, book)
        scorer.shipped()
        await loading
        await client.warm_up()
        url, metrics_url, digests, ended = await _serve(stack, settings, parts)
        _log.info("ready", url=url, mode="socket" if settings.slack_app_token else "http")
        yield Lucy(url, metrics_url, db, telemetry, digests, parts.reports, tiers, ended)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What serving Slack is built from."""

    db: Database
    ingest_db: Database
    telemetry: Telemetry
    client: LitellmClient
    tiers: Tiers
    answerer: Answerer
    reports: Reports
    composer: Composer
    book: PriceBook
    inquiry: Inquiry
    spool: FileSpool


async def _serve(
    stack: AsyncExitStack, settings: Settings, parts: _Parts
) -> tuple[str, str | None, DigestRunner, asyncio.Task[None]]:
    """Listen, tick and work until the stack closes: intake ends first, then the worker drains."""
    db, base_url = parts.db, settings.slack_api_url
    rotation = Rotation(db, base_url, *_oauth(settings))
    connections = await stack.enter_async_context(connected())
    clients = Clients(await _tokens(settings, db, rotation), base_url, Limits(db, settings.slack_rate), connections)
    people = People(clients, db=db)
    digests = DigestRunner(db, parts.composer, DigestChannel(clients, people))
    delivery = Delivery(db, clients, Under(parts.tiers), parts.telemetry, settings.settle_s)
    streaming = Streaming(Stops(db, clients, people), pulse := Pulse(db, clients), Rhythm(settings.stream_every_s))
    threads = Threads(db, clients, people, delivery, streaming, Attachments(clients))
    pace = Pace(settings.concurrency, settings.lease_s, alone=settings.slack_bot_token is not None)
    worker = Worker(db, threads, parts.answerer, parts.telemetry, pace, lambda: ingest.crowded)
    secret = settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else None
    ingest = Ingest(parts.ingest_db, worker.wake, Most.of(settings.most_waiting))
    notices, kept = BudgetNotices(db, clients, people), Retention.of(settings)
    commands = commands_of(Wiring(db, clients, people, parts.reports, notices, kept, ingest))
    bolt = build_app(secret, base_url, clients.authorizer(), ingest, commands)
    pages = OAuthPages(db, base_url, kept, *_oauth(settings)) if settings.slack_client_id else None
    ended = await stack.enter_async_context(_working(worker))
    scrape = partial(exposition, db, parts.telemetry)
    metrics_url = await stack.enter_async_context(serving_metrics(scrape, settings.metrics_addr))
    await stack.enter_async_context(schedule(_jobs(digests, notices, (rotation, pulse), parts, kept)))
    app = web_app(bolt if secret else None, readiness(db, lambda: parts.client.warm), pages)
    await stack.enter_async_context(watching_the_loop(parts.telemetry))
    url = await stack.enter_async_context(listening(app, settings.host, settings.port))
    if settings.slack_app_token:
        await stack.enter_async_context(socket_mode(bolt, settings.slack_app_token.get_secret_value(), base_url))
    return url, metrics_url, digests, ended


@asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        await worker.stop()
        await task


def _jobs(
    digests: DigestRunner, notices: BudgetNotices, tokens: tuple[Rotation, Pulse], parts: _Parts, kept: Retention
) -> Jobs:
    db = parts.db
    return Jobs(
        digests=digests.tick,
        budget_notices=notices.tick,
        sweep_costs=partial(sweep, db, parts.telemetry),
        settle_spooled=partial(parts.spool.settle, db),
        ask_later=parts.inquiry.tick,
        clock=partial(clock, db),
        clean=across(db, Operations.clean),
        partitions=across(db, Operations.add_partitions),
        old=partial(drop_old, db, kept),
        fold=partial(fold, db),
        prices=partial(overlays.refresh, db, parts.book),
        recalibrate=partial(recalibrate, db),
        learn=partial(learn_everywhere, db),
        renew_tokens=tokens[0].tick,
        find_tokens=tokens[1].tick,
    )


async def _tokens(settings: Settings, db: Database, rotation: Rotation) -> Tokens:
    if settings.slack_bot_token is None:
        return StoredTokens(db, rotation.renew)
    return OneToken(await introduce(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, db))


def _oauth(settings: Settings) -> tuple[str, str]:
    secret = settings.slack_client_secret
    return settings.slack_client_id or "", secret.get_secret_value() if secret else ""


def _cipher(settings: Settings) -> Cipher:
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else None
    return cipher_of([key.get_secret_value() for key in settings.encryption_keys], token)
