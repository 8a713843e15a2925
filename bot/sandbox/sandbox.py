"""The outside world on loopback: a strict Slack and model providers, on one port."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Self

import aiohttp
from aiohttp import web

from bot.sandbox.providers import wire
from bot.sandbox.providers.bills import Bills
from bot.sandbox.providers.vendor import Vendor
from bot.sandbox.slack.cast import acme, globex
from bot.sandbox.slack.consent import Consent
from bot.sandbox.slack.front import Front
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.state import SlackState, new_app
from bot.sandbox.slack.workspace import SlackWorkspace

Wire = Callable[[Vendor, web.Request], Awaitable[web.StreamResponse]]

_ROUTES: dict[str, tuple[str, str, Wire]] = {
    "openai": ("/llm/openai/v1", "/chat/completions", wire.openai),
    "moonshot": ("/llm/moonshot/v1", "/chat/completions", wire.openai),
    "openrouter": ("/llm/openrouter/api/v1", "/chat/completions", wire.openai),
    "anthropic": ("/llm/anthropic", "/v1/messages", wire.anthropic),
    "gemini": ("/llm/gemini/v1beta", "/models/{model}", wire.gemini),
}


class Providers(dict[str, Vendor]):
    """The vendors by name."""

    def invoice_total(self) -> Decimal:
        """What all of them will charge, in USD."""
        return sum((line.amount_usd for vendor in self.values() for line in vendor.invoice), Decimal(0))


class Sandbox:
    """Everything outside Lucy, while the block runs."""

    def __init__(self, port: int = 0, retry_delays_s: tuple[float, ...] = (0.0, 60.0, 300.0)) -> None:
        """Listens on 127.0.0.1 alone; port 0 picks a free one."""
        app, sockets = new_app(), Sockets()
        self.slack = SlackWorkspace(SlackState(acme(), app), sockets, retry_delays_s)
        self.globex = SlackWorkspace(SlackState(globex(), app, installed=False), sockets, retry_delays_s)
        self.consent = Consent(app, (self.globex.state, "U1HANK"))
        self.consent.teams.append((self.slack.state, "U0ADA"))
        self.providers = Providers({name: Vendor(name) for name in _ROUTES})
        self.app = web.Application(client_max_size=32_000_000)
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        Front((self.slack, self.globex), self.consent).routes(self.app)
        for name, (base, path, speak) in _ROUTES.items():
            self.app.router.add_post(base + path, self._speaking(name, speak))
        Bills(*(self.providers[name] for name in ("openai", "anthropic", "openrouter"))).routes(self.app)
        self.app.router.add_get("/llm/openrouter/api/v1/generation", self._speaking("openrouter", wire.generation))
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.slack.origin = self.globex.origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        for name, (base, _, _) in _ROUTES.items():
            self.providers[name].api_base = self.slack.origin + base
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.slack.sockets.close()
        await self.slack.delivery.close()
        await self.globex.delivery.close()
        if self._runner:
            await self._runner.cleanup()

    async def install(self, lucy_url: str) -> None:
        """The first team's owner follows the app's install link, and says yes."""
        before, self.consent.visitor = self.consent.visitor, (self.slack.state, "U0ADA")
        asks, self.consent.asks = self.consent.asks, False
        cookies = aiohttp.CookieJar(unsafe=True)
        async with (
            aiohttp.ClientSession(cookie_jar=cookies) as browser,
            browser.get(f"{lucy_url}/slack/install") as page,
        ):
            page.raise_for_status()
        self.consent.visitor, self.consent.asks = before, asks

    def _speaking(self, name: str, speak: Wire) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await speak(self.providers[name], request)

        return handle
