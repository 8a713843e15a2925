"""Tokens that expire, for an app that rotates them: a refresh token is taken once, and at most two tokens are alive."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from typing import Any

from bot.sandbox.slack.rules import Rejected
from bot.sandbox.slack.state import SlackState

LIFETIME_S = 43_200
_ALIVE = 2


def issue(state: SlackState) -> dict[str, Any]:
    """A new token and what renews it, once."""
    state.bot_token = f"xoxe.xoxb-1-{secrets.token_hex(16)}"
    state.refresh_token = f"xoxe-1-{secrets.token_hex(16)}"
    state.expires[state.bot_token] = time.time() + LIFETIME_S
    for oldest in list(state.expires)[:-_ALIVE]:
        del state.expires[oldest]
    return {"access_token": state.bot_token, "refresh_token": state.refresh_token, "expires_in": LIFETIME_S}


def refreshed(teams: Iterable[SlackState], refresh_token: object) -> dict[str, Any]:
    """oauth.v2.access with a refresh token. Raises Rejected."""
    state = next((state for state in teams if state.installed and state.refresh_token == refresh_token), None)
    if state is None or not refresh_token:
        raise Rejected("invalid_refresh_token")
    told = {"token_type": "bot", "scope": ",".join(sorted(state.scopes)), "bot_user_id": state.bot_user_id}
    return {**issue(state), **told, "app_id": state.app_id, **state.owner()}


def check_token(state: SlackState, token: str) -> None:
    """A token of this team, neither revoked nor run out. Raises Rejected."""
    if not state.knows(token) or not state.installed:
        raise Rejected("invalid_auth")
    if token in state.revoked:
        raise Rejected("token_revoked")
    if state.expires.get(token, time.time() + 1) <= time.time():
        raise Rejected("token_expired")
