"""The demo page's server: what the page shows, what it may do, and a stream of what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from functools import partial
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.page.deeds import DEEDS
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.cast import Channel
from bot.sandbox.slack.files import SESSION
from bot.sandbox.slack.state import shown
from bot.sandbox.slack.workspace import SlackWorkspace

_STATIC = {
    "index.html": "text/html",
    "starting.html": "text/html",
    "style.css": "text/css",
    "app.js": "text/javascript",
    "composer.js": "text/javascript",
    "render.js": "text/javascript",
    "truth.js": "text/javascript",
    "dialogs.js": "text/javascript",
    "figures.js": "text/javascript",
    "rail.js": "text/javascript",
    "rail.css": "text/css",
    "forms.js": "text/javascript",
}
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
_REMEMBERED = 200
_UNSEEN = frozenset({"ask_taken", "choosing", "delivering", "ask_left", "swept"})
_BODY, _FILE = 64_000, 4_000_000
_LOOPBACK = ("127.0.0.1", "localhost")


class Page:
    """Serves the page on the sandbox's own port; `real` when the models are not the sandbox's."""

    def __init__(self, sandbox: Sandbox, *, real: bool = False, workspaces: Mapping[str, str] | None = None) -> None:
        """`workspaces` says by Lucy's own id of a workspace which team it is."""
        self._sandbox, self._real = sandbox, real
        self._teams = {team.state.team_id: team for team in (sandbox.slack, sandbox.globex)}
        self._workspaces, self._whose = workspaces or {}, dict[str, str]()
        self._install_url: str | None = None
        self.is_open = True
        sandbox.globex.state.session = sandbox.slack.state.session
        self._told = 0
        self._listeners: set[asyncio.Queue[dict[str, Any]]] = set()
        self._truth: list[dict[str, Any]] = []
        self._ledger_usd: dict[str, Decimal] = {}
        self._digest: Callable[[], Awaitable[None]] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        for team_id, team in self._teams.items():
            team.subscribe(partial(self._see, team_id))

    def routes(self, app: web.Application) -> None:
        """Add the page to a web application."""
        app.router.add_get("/", self._index)
        app.router.add_get("/app_redirect", self._into_slack)
        app.router.add_get("/page/static/{name}", self._static)
        app.router.add_get("/page/state", self._state)
        app.router.add_get("/page/events", self._events)
        app.router.add_post("/page/attach", self._attach)
        app.router.add_post("/page/{action}", self._act)

    def on_digest(self, action: Callable[[], Awaitable[None]]) -> None:
        """What the page's digest button does."""
        self._digest = action

    def on_install(self, url: str) -> None:
        """Where a team that has no Lucy finds her."""
        self._install_url, self._sandbox.consent.asks = url, True

    async def close(self) -> None:
        """Give up what was asked for on the page and is not done yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hear(self, event: dict[str, Any]) -> None:
        """Lucy tells of a choice, an attempt, an answer."""
        first, task = self._sandbox.slack.state.team_id, str(event.get("task_id"))
        if event["event"] == "ask_taken":
            self._whose[task] = self._workspaces.get(str(event.get("workspace_id")), first)
        team = self._whose.get(task, first)
        if event["event"] == "ask_left":
            self._whose.pop(task, None)
        if event["event"] in _UNSEEN:
            return
        if event["event"] == "attempt_settled":
            self._ledger_usd[team] = self._ledger_usd.get(team, Decimal(0)) + Decimal(event["cost_usd"] or 0)
        told = {**event, "team": team, **self._books()}
        self._truth = [*self._truth[-_REMEMBERED:], told]
        self._spread(told)

    def _books(self) -> dict[str, Any]:
        """What the ledger and the providers say, and the ledger's part of each team."""
        parts = {self._teams[team].state.team: format(usd, "f") for team, usd in self._ledger_usd.items()}
        ledger_usd, invoice_usd = sum(self._ledger_usd.values(), Decimal(0)), self._sandbox.providers.invoice_total()
        return {"ledger_usd": format(ledger_usd, "f"), "invoice_usd": format(invoice_usd, "f"), "parts": parts}

    def _see(self, team_id: str, event: dict[str, Any]) -> None:
        """Something changed in a team's Slack."""
        self._spread({**event, "team": team_id})

    def _spread(self, event: dict[str, Any]) -> None:
        """To every open page, numbered, so that a page can tell what its snapshot holds already."""
        self._told += 1
        numbered = {**event, "seq": self._told}
        for queue in self._listeners:
            queue.put_nowait(numbered)

    async def _index(self, _: web.Request) -> web.Response:
        """Who comes before Lucy is there waits for her: Slack would tell her of an early mention a minute later only."""
        if not self.is_open:
            return _file("starting.html")
        index, session = _file("index.html"), self._sandbox.slack.state.session
        index.set_cookie(SESSION, session, httponly=True, samesite="Strict")
        return index

    async def _static(self, request: web.Request) -> web.Response:
        return _file(request.match_info["name"])

    async def _into_slack(self, request: web.Request) -> web.Response:
        """Where an app's own page sends people after an install."""
        raise web.HTTPFound("/?" + urlencode({"team": request.query.get("team", "")}))

    async def _state(self, request: web.Request) -> web.Response:
        """Of the team asked for, or of the first."""
        slack, providers = self._team(request.query).state, self._sandbox.providers
        return web.json_response(
            {
                "seq": self._told,
                "real": self._real,
                "team": slack.team,
                "team_id": slack.team_id,
                "teams": {team_id: team.state.team for team_id, team in self._teams.items()},
                "installed": slack.installed,
                "install_url": self._install_url,
                "digests": slack is self._sandbox.slack.state,
                "me": slack.bot_user_id,
                "people": {
                    p.id: {"name": p.name, "title": p.title, "admin": p.is_admin, "bot": p.is_bot}
                    for p in slack.people.values()
                },
                "channels": [
                    _channel(c, slack.installed and slack.bot_user_id in c.members) for c in slack.channels.values()
                ],
                "homes": slack.homes,
                "messages": {channel: [shown(m) for m in messages] for channel, messages in slack.messages.items()},
                "providers": {name: vendor.mode for name, vendor in providers.items() if name != "openrouter"},
                "modes": [mode.value for mode in Mode],
                "truth": [told for told in self._truth if told["team"] == slack.team_id],
                "books": self._books(),
            }
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            await stream.write(b": from here on nothing is missed\n\n")
            while True:
                event = await queue.get()
                await stream.write(f"data: {json.dumps(event, default=str)}\n\n".encode())
        except (ConnectionResetError, asyncio.CancelledError):
            return stream
        finally:
            self._listeners.discard(queue)

    async def _act(self, request: web.Request) -> web.Response:
        """What someone did on the page; only the page itself may ask."""
        _only_from_the_page(request, _BODY)
        action = request.match_info["action"]
        try:
            sent = await request.json()
            if action == "submit":
                return web.json_response(await self._team(sent).submit(sent["view_id"], sent["values"], sent["user"]))
            self._do(action, sent)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text="not something this page sends") from error
        return web.json_response({"ok": True})

    async def _attach(self, request: web.Request) -> web.Response:
        """Somebody brings a file along for what they are about to say."""
        _only_from_the_page(request, _FILE)
        slack, user, name = self._team(request.query), request.query.get("user"), request.query.get("name")
        if user not in slack.state.people or not name:
            raise web.HTTPBadRequest(text="not something this page sends")
        return web.json_response({"file": slack.attach(user, name, await request.read())})

    def _team(self, sent: Mapping[str, Any]) -> SlackWorkspace:
        return self._teams.get(sent.get("team", ""), self._sandbox.slack)

    def _do(self, action: str, sent: dict[str, Any]) -> None:
        match action:
            case "provider":
                self._sandbox.providers[sent["name"]].mode = Mode(sent["mode"])
            case "digest" if self._digest:
                self._later(self._digest())
            case deed if deed in DEEDS:
                self._later(DEEDS[deed](self._team(sent), sent))
            case _:
                raise web.HTTPNotFound

    def _later(self, work: Any) -> None:
        """Slack does not make people wait for an app's acknowledgement."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _channel(channel: Channel, lucy: bool) -> dict[str, Any]:
    """A channel as the page shows it; `lucy` is whether she is a member."""
    shown = {"id": channel.id, "name": channel.name, "topic": channel.topic, "kind": channel.kind}
    return {**shown, "archived": channel.archived, "lucy": lucy}


def _only_from_the_page(request: web.Request, most: int) -> None:
    """Neither another web page nor a name that was pointed at this machine may drive the demo."""
    here = f"http://{request.host}"
    if request.url.host not in _LOOPBACK or request.headers.get("Origin", here) != here:
        raise web.HTTPForbidden
    if request.content_length is None or request.content_length > most:
        raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=request.content_length or 0)


def _file(name: str) -> web.Response:
    if name not in _STATIC:
        raise web.HTTPNotFound
    text = files("bot.sandbox.page").joinpath(name).read_text("utf-8")
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return web.Response(text=text, content_type=_STATIC[name], headers=headers)
