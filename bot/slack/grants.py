"""Who a bot token speaks for, and which of the scopes Lucy asks for it lacks."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.oauth import SCOPES


@dataclass(frozen=True, slots=True)
class Grants:
    """A token's workspace and Lucy's name there; `lacking` are the scopes it was not given."""

    team: str
    user: str
    lacking: tuple[str, ...]


async def grants_of(token: str, base_url: str) -> Grants:
    """One `auth.test`; Slack lists a token's scopes in a header. Raises SlackRefused or SlackUnsure."""
    try:
        me = await AsyncWebClient(token=token, base_url=base_url, timeout=5, retry_handlers=[]).auth_test()
    except SlackApiError as error:
        raise SlackRefused(str(error.response.get("error", "unknown")), "auth.test") from error
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise SlackUnsure(f"auth.test: {type(error).__name__}") from error
    headers = {name.lower(): value for name, value in me.headers.items()}
    given = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()}
    lacking = tuple(scope for scope in SCOPES if scope not in given) if given else ()
    return Grants(str(me.get("team", "")), str(me.get("user", "")), lacking)
