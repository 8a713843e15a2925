"""Slack's side of an install: the page that asks for consent, and the code that is exchanged for a token, once."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

from aiohttp import web

from bot.sandbox.slack.consent_page import asking
from bot.sandbox.slack.rotation import issue, refreshed
from bot.sandbox.slack.rules import Rejected
from bot.sandbox.slack.state import SCOPES, App, SlackState

_OPTIONAL = frozenset({"channels:join", "channels:read", "chat:write.public", "im:write", "reactions:write"})
_CODE_LIVES_S = 600.0


@dataclass(slots=True)
class _Grant:
    state: SlackState
    user: str
    scopes: set[str]
    redirect_uri: str
    made: float
    used: bool = False


class Consent:
    """`visitor` is who sits at the browser and in which team; `declines` is what they say to Lucy.

    Where it `asks`, the visitor says so on a page, for one of the `teams`, instead of being taken to have said it.

    `leaves_out` are the optional scopes they untick; `org` is the organisation for all of which they install her.
    """

    def __init__(self, app: App, visitor: tuple[SlackState, str]) -> None:
        self._app, self.visitor = app, visitor
        self.declines, self.asks = False, False
        self.teams = [visitor]
        self.leaves_out: frozenset[str] = frozenset()
        self.org: dict[str, str] | None = None
        self._grants: dict[str, _Grant] = {}

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """GET /oauth/v2/authorize: back to the app with a code, or with `access_denied`; a page when the link is wrong."""
        asked = request.query
        scopes = set(filter(None, asked.get("scope", "").split(",")))
        own = urljoin(self._app.events_url or "", "/slack/oauth_redirect") if self._app.events_url else ""
        back = asked.get("redirect_uri", own)
        if asked.get("client_id") != self._app.client_id:
            return web.Response(status=400, text="invalid_client_id")
        if not scopes or not scopes <= SCOPES | _OPTIONAL:
            return web.Response(status=400, text="invalid_scope")
        if not own or back != own:
            return web.Response(status=400, text="bad_redirect_uri")
        if self.asks and "answer" not in asked:
            return asking(asked, [state for state, _ in self.teams], self.visitor[0], scopes)
        if self.asks:
            self._heed(asked)
        if self.declines:
            said = {"error": "access_denied"}
        else:
            said = {"code": secrets.token_urlsafe(16)}
            state, user = self.visitor
            grant = _Grant(state, user, scopes - self.leaves_out, asked.get("redirect_uri", ""), time.monotonic())
            self._grants[said["code"]] = grant
        said["state"] = asked.get("state", "")
        return web.Response(status=302, headers={"Location": f"{back}?{urlencode(said)}"})

    def _heed(self, asked: Mapping[str, str]) -> None:
        """What the visitor said on the page, and for which team."""
        self.declines = asked["answer"] != "allow"
        self.visitor = next((one for one in self.teams if one[0].team_id == asked.get("team")), self.visitor)

    def exchange(self, sent: dict[str, Any], authorization: str) -> dict[str, Any]:
        """oauth.v2.access. Raises Rejected."""
        client_id, secret = _basic(authorization) or (sent.get("client_id"), sent.get("client_secret"))
        if client_id != self._app.client_id:
            raise Rejected("invalid_client_id")
        if secret != self._app.client_secret:
            raise Rejected("bad_client_secret")
        if sent.get("grant_type") == "refresh_token":
            return refreshed((grant.state for grant in self._grants.values()), sent.get("refresh_token"))
        grant = self._grants.get(str(sent.get("code")))
        if grant is None:
            raise Rejected("invalid_code")
        if grant.used:
            raise Rejected("code_already_used")
        if time.monotonic() - grant.made > _CODE_LIVES_S:
            raise Rejected("code_expired")
        if str(sent.get("redirect_uri") or "") != grant.redirect_uri:
            raise Rejected("bad_redirect_uri")
        grant.used = True
        grant.state.org = self.org
        return _installed(grant)


def _installed(grant: _Grant) -> dict[str, Any]:
    state = grant.state
    state.installed, state.scopes = True, set(grant.scopes)
    state.revoked.discard(state.bot_token)
    return {
        "access_token": state.bot_token, "token_type": "bot", "scope": ",".join(sorted(grant.scopes)),
        "bot_user_id": state.bot_user_id, "app_id": state.app_id, "authed_user": {"id": grant.user}, **state.owner(),
        **(issue(state) if state.app.rotates else {}),
    }  # fmt: skip


def _basic(authorization: str) -> tuple[str, str] | None:
    kind, _, coded = authorization.partition(" ")
    if kind != "Basic":
        return None
    name, _, secret = base64.b64decode(coded).decode().partition(":")
    return name, secret
