"""Installing Lucy into a workspace: to Slack, back with a code, token stored encrypted."""

from __future__ import annotations

import hmac
import secrets
from typing import Any
from urllib.parse import urlencode, urljoin

import aiohttp
from aiohttp import web
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot import log
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.db.installations import Installation
from bot.db.retention import Retention
from bot.slack import landing
from bot.slack.client import TIMEOUT_S
from bot.slack.privacy import privacy

_log = log.get(__name__)
SCOPES = (
    "app_mentions:read", "assistant:write", "channels:history", "chat:write", "commands", "groups:history", "im:history",
    "mpim:history", "users:read",
)  # fmt: skip
OPTIONAL_SCOPES = ("files:read", "files:write")
"""Slack asks for these apart; whoever installs Lucy may leave them out."""
_COOKIE = "lucy_install"


class OAuthPages:
    """`/slack/install` and `/slack/oauth_redirect`."""

    def __init__(self, db: Database, base_url: str, kept: Retention, client_id: str, client_secret: str) -> None:
        """`kept` is told on the last page."""
        self._db, self._base_url, self._kept = db, base_url, kept
        self._client_id, self._client_secret = client_id, client_secret

    async def install(self, request: web.Request) -> web.StreamResponse:
        """Send the visitor to Slack with a state that is valid once, for ten minutes, in this browser."""
        state = secrets.token_urlsafe(24)
        async with self._db.operations() as operations:
            await operations.add_oauth_state(state)
        query = urlencode(
            {"client_id": self._client_id, "scope": ",".join((*SCOPES, *OPTIONAL_SCOPES)), "state": state}
        )
        slack = f"{urljoin(self._base_url, '/oauth/v2/authorize')}?{query}"
        answer = web.Response(status=302, headers={"Location": slack})
        answer.set_cookie(_COOKIE, state, max_age=600, httponly=True, secure=request.secure, samesite="Lax")
        return answer

    async def redirect(self, request: web.Request) -> web.StreamResponse:
        """Slack sends the visitor back: exchange the code, store the token, say what to do next."""
        if request.query.get("error"):
            return landing.declined()
        state = request.query.get("state", "")
        if not state or not hmac.compare_digest(request.cookies.get(_COOKIE, "").encode(), state.encode()):
            return landing.failed("This link belongs to another browser.", 400)
        async with self._db.operations() as operations:
            fresh = await operations.take_oauth_state(state)
        if not fresh:
            return landing.failed("This link was used or is too old.", 400)
        return await self._exchange(request.query.get("code", ""))

    async def _exchange(self, code: str) -> web.StreamResponse:
        try:
            granted = await self._web().oauth_v2_access(
                client_id=self._client_id, client_secret=self._client_secret, code=code
            )
            token = str(granted["access_token"])
            me = await self._web(token).auth_test()
        except (SlackApiError, SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
            _log.warning("install_failed", error=type(error).__name__)
            return landing.failed("Slack did not confirm the installation.", 502)
        team, enterprise = granted.get("team") or {}, granted.get("enterprise") or {}
        owner = enterprise if granted.get("is_enterprise_install") else team
        slack_id, name = str(owner["id"]), str(owner.get("name") or "")
        installation = _installation(granted, token, str(me.get("bot_id", "")))
        async with self._db.unit(workspace_id_of(slack_id)) as unit:
            await unit.workspaces.welcome(slack_id, name, installation.bot_user_id)
            await unit.installations.save(installation)
            workspace = await unit.workspaces.read()
        _log.info("installed", slack_id=slack_id, org=bool(granted.get("is_enterprise_install")))
        if workspace is None or not workspace.active:
            return landing.switched_off(name)
        lacking = sorted(set(OPTIONAL_SCOPES) - set(installation.scopes.split(",")))
        there = urlencode({"app": str(granted.get("app_id", "")), "team": slack_id})
        return landing.installed(
            name, f"{urljoin(self._base_url, '/app_redirect')}?{there}", lacking, privacy(self._kept)
        )

    def _web(self, token: str | None = None) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=self._base_url, timeout=TIMEOUT_S, retry_handlers=[])


def _installation(granted: Any, token: str, bot_id: str) -> Installation:
    """What is kept of Slack's grant; an app that rotates tokens gets one that expires, and what renews it."""
    team, enterprise = granted.get("team") or {}, granted.get("enterprise") or {}
    lasts_s = granted.get("expires_in")
    return Installation(
        token,
        bot_id,
        str(granted.get("bot_user_id", "")),
        team.get("id"),
        enterprise.get("id"),
        str(granted.get("scope", "")),
        str((granted.get("authed_user") or {}).get("id", "")),
        granted.get("refresh_token"),
        float(lasts_s) if lasts_s else None,
    )
