"""The sandbox's providers, with desks and invoices of their own for every scenario, at one address."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bot.sandbox.providers import wire
from bot.sandbox.providers.invoice import PRICES, InvoiceLine
from bot.sandbox.providers.vendor import Vendor
from bot.sandbox.sandbox import Wire

_SPEAK: Mapping[str, tuple[str, Wire]] = {
    "openai": ("/chat/completions", wire.openai),
    "moonshot": ("/chat/completions", wire.openai),
    "openrouter": ("/chat/completions", wire.openai),
    "anthropic": ("/v1/messages", wire.anthropic),
    "gemini": ("/models/{model}", wire.gemini),
}
_TIERS = (
    ("fast", ("gemini/gemini-3.1-flash-lite", "openai/gpt-6-luna")),
    ("standard", ("openrouter/openai/gpt-6-luna", "moonshot/kimi-k2.6")),
    ("frontier", ("anthropic/claude-sonnet-5-5", "openai/gpt-6.1-sol")),
)
_MARK = re.compile(r"\[s(\d+)\]")
_LEFT_S = 1.0


@dataclass(slots=True)
class Desks:
    """What one scenario sees of the providers; `arrived` is set by each request."""

    vendors: dict[str, Vendor] = field(default_factory=lambda: {name: Vendor(name, slow_s=0.05) for name in _SPEAK})
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    serving: set[asyncio.Task[web.StreamResponse]] = field(default_factory=set)

    @property
    def invoice(self) -> list[InvoiceLine]:
        return [line for vendor in self.vendors.values() for line in vendor.invoice]

    @property
    def requests(self) -> int:
        return sum(len(vendor.requests) for vendor in self.vendors.values())

    async def quiet(self) -> None:
        """Nothing is being made any more, but for answers that hang and are on the invoice already."""
        if self.serving:
            await asyncio.wait(set(self.serving), timeout=0.15)


class Providers:
    """All desks; a request goes to the one whose number stands in its prompt."""

    def __init__(self) -> None:
        self.desks: dict[int, Desks] = defaultdict(Desks)
        self.origin = ""
        self._makers: dict[str, Vendor] = {}

    def tiers_toml(self, timeout_s: float) -> str:
        """A tiers file for these providers, at their prices."""
        return "\n".join(
            f'[[tier]]\nname = "{name}"\ndeadline_s = 20\nmax_output_tokens = 1024\n'
            f"models = [{', '.join(self._model(model, timeout_s) for model in models)}]\n"
            for name, models in _TIERS
        )

    def _model(self, model: str, timeout_s: float) -> str:
        vendor, bare = model.partition("/")[0], model.rpartition("/")[2]
        plain, cached, output = PRICES[bare]
        return (
            f'{{ id = "{model}", api_base = "{self.origin}/{vendor}", api_key_env = "SANDBOX_KEY", timeout_s = {timeout_s},'
            f' input_usd_per_mtok = "{plain}", cached_input_usd_per_mtok = "{cached}", output_usd_per_mtok = "{output}" }}'
        )

    async def hear(self, request: web.Request) -> web.StreamResponse:
        """One request, served to its end even when its sender leaves: providers do not stop for that."""
        mark = _MARK.search(await request.text())
        assert mark, "a request of no scenario"
        desks, name = self.desks[int(mark[1])], request.path.split("/", 2)[1]
        serving = asyncio.ensure_future(_SPEAK[name][1](desks.vendors[name], request))
        desks.serving.add(serving)
        serving.add_done_callback(desks.serving.discard)
        desks.arrived.set()
        try:
            return await asyncio.shield(serving)
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_later(_LEFT_S, serving.cancel)
            raise

    async def tell(self, request: web.Request) -> web.StreamResponse:
        """OpenRouter's look-up, at the desk that made the answer."""
        asked = request.query.get("id", "")
        if asked not in self._makers:
            vendors = (desks.vendors["openrouter"] for desks in self.desks.values())
            self._makers = {line.request_id: vendor for vendor in vendors for line in vendor.invoice}
        return await wire.generation(self._makers.get(asked, Vendor("openrouter")), request)


@asynccontextmanager
async def providers() -> AsyncIterator[Providers]:
    """The providers on a free port while the block runs."""
    world, app = Providers(), web.Application()
    for name, (path, _) in _SPEAK.items():
        app.router.add_post(f"/{name}{path}", world.hear)
    app.router.add_get("/openrouter/generation", world.tell)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield world
    finally:
        await runner.cleanup()
