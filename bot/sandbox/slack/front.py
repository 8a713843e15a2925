"""slack.com as all teams share it: the token of a call tells whose it is."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from bot.sandbox.slack.consent import Consent
from bot.sandbox.slack.rules import Rejected
from bot.sandbox.slack.web_api import arguments, token_of
from bot.sandbox.slack.workspace import SlackWorkspace


class Front:
    """The doors of the local Slack, with every team behind them."""

    def __init__(self, teams: Sequence[SlackWorkspace], consent: Consent) -> None:
        """Calls whose token nobody knows go to the first team, which refuses them."""
        self._teams, self._consent = teams, consent

    def routes(self, app: web.Application) -> None:
        """Add the Web API, the consent page, sockets and response URLs."""
        app.router.add_post("/api/oauth.v2.access", self._exchange)
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_get("/oauth/v2/authorize", self._consent.authorize)
        app.router.add_get("/socket", self._teams[0].sockets.handle)
        for team in self._teams:
            team.routes(app)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        token = token_of(request, await arguments(request))
        team = next((team for team in self._teams if team.state.knows(token)), self._teams[0])
        return await team.api.handle(request)

    async def _exchange(self, request: web.Request) -> web.Response:
        try:
            told = self._consent.exchange(await arguments(request), request.headers.get("Authorization", ""))
        except Rejected as no:
            return web.json_response({"ok": False, "error": no.code, **no.more})
        return web.json_response({"ok": True, **told})
