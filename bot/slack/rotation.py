"""Tokens that expire: each is exchanged for the next one in time, by one replica alone."""

from __future__ import annotations

from uuid import UUID

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot import log
from bot.db.database import Database
from bot.db.installations import Renewal
from bot.slack.client import TIMEOUT_S

_log = log.get(__name__)


_FOR_EVER = frozenset({"account_inactive", "invalid_refresh_token", "token_expired", "token_revoked"})


class _Refused(Exception):
    """Slack takes this refresh token no more."""


class Rotation:
    """Renews what expires within two hours. The right to renew is a lease in the database: Slack takes each refresh token once."""

    def __init__(self, db: Database, base_url: str, client_id: str, client_secret: str) -> None:
        self._db, self._base_url = db, base_url
        self._client_id, self._client_secret = client_id, client_secret

    async def tick(self) -> None:
        """Renew every token that is due."""
        async with self._db.operations() as operations:
            due = await operations.renewals_due()
        for workspace_id in due:
            await self.renew(workspace_id)

    async def renew(self, workspace_id: UUID) -> None:
        """Renew one workspace's token, unless it lasts or somebody else is at it. What fails is tried again in a minute; what is
        refused for good marks the workspace, and is asked about again with its token.
        """
        async with self._db.unit(workspace_id) as unit:
            renewal = await unit.installations.renew()
        if renewal is None:
            return
        try:
            granted = await self._exchange(renewal)
        except _Refused:
            async with self._db.unit(workspace_id) as unit:
                await unit.workspaces.lose()
            return
        if granted is None:
            return
        async with self._db.unit(workspace_id) as unit:
            kept = await unit.installations.renewed(renewal, *granted)
        _log.info("token_renewed", workspace_id=str(workspace_id), kept=kept)

    async def _exchange(self, renewal: Renewal) -> tuple[str, str, float] | None:
        slack = AsyncWebClient(base_url=self._base_url, timeout=TIMEOUT_S, retry_handlers=[])
        try:
            granted = await slack.oauth_v2_access(
                client_id=self._client_id,
                client_secret=self._client_secret,
                grant_type="refresh_token",
                refresh_token=renewal.refresh_token,
            )
        except SlackApiError as error:
            _log.error("token_not_renewed", code=str(error.response.get("error", "unknown")))
            if error.response.status_code == 200 and error.response.get("error") in _FOR_EVER:
                raise _Refused from error
            return None
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            _log.warning("token_not_renewed", error=type(error).__name__)
            return None
        return str(granted["access_token"]), str(granted["refresh_token"]), float(granted["expires_in"])
