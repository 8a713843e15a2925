"""Lucy over HTTP: Slack's deliveries, installs, health."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.errors import SettingError

MAX_BODY = 1_000_000
"""Bytes; Slack's own deliveries stay far below."""

Missing = Callable[[], Awaitable[list[str]]]
"""What is not ready yet, in words; empty when Lucy can serve."""

Exposition = Callable[[], Awaitable[bytes]]
"""The metrics as Prometheus reads them."""


class Installer(Protocol):
    """The OAuth pages, where installs into many workspaces are set up."""

    async def install(self, request: web.Request) -> web.StreamResponse:
        """Send the visitor to Slack."""
        ...

    async def redirect(self, request: web.Request) -> web.StreamResponse:
        """Slack sends the visitor back."""
        ...


def web_app(bolt: AsyncApp | None, missing: Missing, installer: Installer | None = None) -> web.Application:
    """The routes. Without `bolt` (Socket Mode) there is only health."""
    app = web.Application(client_max_size=MAX_BODY)

    async def events(request: web.Request) -> web.StreamResponse:
        if (request.content_length or 0) > MAX_BODY:
            return web.Response(status=413, text="too large")
        assert bolt is not None
        raw = await request.read()
        try:
            delivery = AsyncBoltRequest(
                body=raw.decode("utf-8", "replace"), query=request.query_string, headers=dict(request.headers)
            )
        except (ValueError, RecursionError):
            return web.Response(status=400, text="not a delivery of Slack's")
        answer = await bolt.async_dispatch(delivery)
        return await to_aiohttp_response(answer)

    async def live(_: web.Request) -> web.StreamResponse:
        return web.json_response({"status": "live"})

    async def ready(_: web.Request) -> web.StreamResponse:
        lacking = await missing()
        return web.json_response(
            {"status": "ready" if not lacking else "not ready", "missing": lacking},
            status=503 if lacking else 200,
        )

    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    if bolt:
        app.router.add_post("/slack/events", events)
    if installer:
        app.router.add_get("/slack/install", installer.install)
        app.router.add_get("/slack/oauth_redirect", installer.redirect)
    return app


def metrics_app(exposition: Exposition) -> web.Application:
    """`/metrics`, on an address of its own."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=await exposition(), content_type="text/plain", charset="utf-8")

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app


@asynccontextmanager
async def serving_metrics(exposition: Exposition, address: str) -> AsyncIterator[str | None]:
    """`/metrics` on `host:port` while the block runs, and its URL; None when that is `off`. Raises SettingError."""
    if address == "off":
        yield None
        return
    host, _, port = address.rpartition(":")
    async with listening(metrics_app(exposition), host, int(port)) as url:
        yield f"{url}/metrics"


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve while the block runs; the URL. Raises SettingError when the address cannot be had."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise SettingError(f"HOST, PORT: cannot listen on {host}:{port}: {error.strerror}") from error
    try:
        bound = runner.addresses[0][1]
        yield f"http://{host}:{bound}"
    finally:
        await runner.cleanup()
