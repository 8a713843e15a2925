"""Calls to Slack's Web API under our own retry policy: 429 is obeyed, a post is never blindly repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.db.database import inside_unit
from bot.errors import DatabaseAway, LucyError
from bot.slack.leave import Leave, at_the_last_moment, under
from bot.slack.limits import Share, Unlimited
from bot.slack.manners import mannerly

TIMEOUT_S = 10
_LONGEST_WAIT_S = 60.0
_TRIES = 4
_PERHAPS = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"})
"""Errors after which, as Slack says, some of the call may have happened."""
DEAD = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
"""Errors of a token that Slack takes no more."""
_READS = ("auth.test", "users.", "conversations.", "team.", "chat.getPermalink", "files.info")
_NO_JSON = ("files.",)
_HAS_A_CHOICE = ("chat.startStream", "chat.appendStream")
"""Whose caller took a token before, and does something else when Slack refuses; the other calls wait for theirs."""

Doubt = Callable[[], Awaitable[None]]
"""Told that a call was refused as if the token were dead."""

Permit = Callable[[], Awaitable[Leave]]
"""Asked right before a call leaves, for a leave that is fresh; raises when it may not."""


class SlackRefused(LucyError):
    """Slack said no: the call certainly had no effect. `code` is Slack's own error code.

    `retry_after_s`: in how many seconds it may be tried again, where Slack says so.
    """

    def __init__(self, code: str, method: str, retry_after_s: float = 0.0) -> None:
        super().__init__(f"{method}: {code}")
        self.code, self.retry_after_s = code, retry_after_s


class SlackUnsure(LucyError):
    """No answer from Slack: the call may have had its effect."""


def connected() -> aiohttp.ClientSession:
    """Connections to Slack that are kept while nobody speaks, for up to 15 s; closed at the end of the block.

    A call whose leave is no longer fresh when its bytes would be written is not sent.
    """
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), trace_configs=[at_the_last_moment()])


class SlackClient:
    """One workspace's Web API."""

    def __init__(
        self, token: str, base_url: str, share: Share | None = None, connections: aiohttp.ClientSession | None = None,
        doubt: Doubt | None = None,
    ) -> None:  # fmt: skip
        """`base_url` ends with `/api/`; without a `share` only Slack's own refusals hold calls back.

        Without `connections` each call makes one of its own.
        """
        self._share, self._doubt = share or Unlimited(), doubt
        self._web = AsyncWebClient(
            token=token, base_url=base_url, timeout=TIMEOUT_S, retry_handlers=[], session=connections
        )

    async def call(self, method: str, permit: Permit | None = None, /, **arguments: Any) -> dict[str, Any]:
        """Call a method, when it is its turn. Only reads are repeated when unsure.

        Raises SlackRefused, SlackUnsure, DatabaseAway.
        """
        assert not inside_unit(), "no call to Slack inside a unit of work"
        for attempt in range(1, _TRIES + 1):
            await self._turn(method, str(arguments.get("channel", "")))
            try:
                return await self._permitted(method, arguments, permit)
            except _RateLimited as limited:
                await self._share.obey(method, limited.seconds)
                if attempt == _TRIES or method in _HAS_A_CHOICE:
                    raise SlackRefused("ratelimited", method) from limited
                await asyncio.sleep(min(limited.seconds, _LONGEST_WAIT_S))
            except SlackUnsure:
                if attempt == _TRIES or not method.startswith(_READS):
                    raise
                await asyncio.sleep(0.2 * 2**attempt)
        raise AssertionError("the loop above returns or raises")

    async def try_once(self, method: str, permit: Permit | None = None, /, **arguments: Any) -> dict[str, Any]:
        """Call a method and wait for nothing: a 429 is a refusal too. Raises SlackRefused, SlackUnsure, DatabaseAway."""
        assert not inside_unit(), "no call to Slack inside a unit of work"
        try:
            return await self._permitted(method, arguments, permit)
        except _RateLimited as limited:
            await self._share.obey(method, limited.seconds)
            raise SlackRefused("ratelimited", method, limited.seconds) from limited

    async def room_for(self, method: str, channel_id: str) -> float:
        """0 and the call is counted, or the seconds until it may be made: for callers who can do something else meanwhile."""
        return await self._share.take(method, channel_id)

    async def _turn(self, method: str, channel_id: str) -> None:
        """Wait for a token. Raises SlackRefused when the wait is long: whoever called comes back later."""
        if method in _HAS_A_CHOICE:
            return
        while wait_s := await self.room_for(method, channel_id):
            if wait_s > _LONGEST_WAIT_S:
                raise SlackRefused("ratelimited", method)
            await asyncio.sleep(wait_s)

    async def _permitted(self, method: str, arguments: dict[str, Any], permit: Permit | None) -> dict[str, Any]:
        """Ask for leave, and again where it was no longer fresh when the call should have left."""
        if permit is None:
            return await self._once(method, arguments)
        for _ in range(_TRIES):
            given = await permit()
            with under(given):
                answer = await self._unless_late(given, method, arguments)
            if answer is not None:
                return answer
        raise DatabaseAway(f"{method}: leave came too late, again and again")

    async def _unless_late(self, given: Leave, method: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
        if not given.is_fresh:
            return None
        try:
            return await self._once(method, arguments)
        except SlackUnsure:
            if given.withheld:
                return None
            raise

    async def _once(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        said = mannerly(method, arguments)
        sent = {"params": said} if method.startswith((*_READS, *_NO_JSON)) else {"json": said}
        verb = "GET" if method.startswith(_READS) else "POST"
        try:
            answer = await self._web.api_call(method, http_verb=verb, **sent)
        except SlackApiError as error:
            refusal = _refusal(error, method)
            if self._doubt and isinstance(refusal, SlackRefused) and refusal.code in DEAD:
                await self._doubt()
            raise refusal from error
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise SlackUnsure(f"{method}: {type(error).__name__}") from error
        data = answer.data
        return dict(data) if isinstance(data, dict) else {}


class _RateLimited(Exception):
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def _refusal(error: SlackApiError, method: str) -> Exception:
    response: Any = error.response
    status = getattr(response, "status_code", 200)
    if status == 429:
        return _RateLimited(_seconds(response.headers.get("Retry-After")))
    data = getattr(response, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status >= 500 or not code or code in _PERHAPS:
        return SlackUnsure(f"{method}: {code or status}")
    return SlackRefused(code, method)


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.replace(".", "", 1).isdigit() else 1.0
