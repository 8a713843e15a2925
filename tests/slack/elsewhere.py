"""A host that is not Slack's, and remembers which tokens it was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web


@asynccontextmanager
async def elsewhere() -> AsyncIterator[tuple[str, list[str]]]:
    """Another host: its address, and the tokens it was sent."""
    sent: list[str] = []

    async def take(request: web.Request) -> web.StreamResponse:
        sent.append(request.headers.get("Authorization", ""))
        if request.path.endswith("/endless"):
            return await endless(request)
        return web.Response(text="secrets of another host")

    app = web.Application()
    app.router.add_get("/{any:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/file", sent
    finally:
        await runner.cleanup()


async def endless(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await stream.prepare(request)
    with suppress(ConnectionError):
        while True:
            await stream.write(b"more " * 1000)
    return stream
