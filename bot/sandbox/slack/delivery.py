"""How Slack reaches an app: signed requests with retries, or a socket."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.state import SlackState

TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try; `status` is 0 when nobody answered; `ms` is milliseconds; `reason` is why it counts as failed, `said` the answer's body."""

    kind: str
    retry: int
    status: int
    ms: float
    reason: str = ""
    said: str = ""


class Deliverer:
    """Sends events, commands and presses to the app, with Slack's retries."""

    def __init__(
        self, state: SlackState, sockets: Sockets, retry_delays_s: tuple[float, ...] = (0.0, 60.0, 300.0)
    ) -> None:
        self._state, self._sockets, self._delays = state, sockets, retry_delays_s
        self.log: list[Delivery] = []
        self._session: aiohttp.ClientSession | None = None

    @property
    def events_url(self) -> str | None:
        """Where the app wants to be told; one address for every team."""
        return self._state.app.events_url

    @events_url.setter
    def events_url(self, url: str | None) -> None:
        self._state.app.events_url = url

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    def envelope(self, event: dict[str, Any], event_id: str | None = None) -> dict[str, Any]:
        """An event as Slack wraps it."""
        state = self._state
        return {
            "token": "unused",
            "team_id": state.team_id,
            "api_app_id": state.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{secrets.token_hex(6).upper()}",
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": state.org["id"] if state.org else None,
                    "team_id": None if state.org else state.team_id,
                    "user_id": state.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": bool(state.org),
                }
            ],
            "is_ext_shared_channel": False,
        }

    async def event(self, event: dict[str, Any], event_id: str | None = None) -> int:
        """Deliver an event until it is acknowledged or the retries are used up; the last status."""
        body = self.envelope(event, event_id)
        if self._sockets.connected:
            return await self._sockets.send("events_api", body)
        raw = json.dumps(body)
        tried = Delivery("", 0, 0, 0)
        for retry, delay in enumerate((None, *self._delays)):
            if delay is not None:
                await asyncio.sleep(delay)
            headers = {"Content-Type": "application/json"}
            if retry:
                headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": tried.reason}
            tried = await self._try(raw, headers, str(event.get("type")), retry)
            if not tried.reason:
                break
        return tried.status

    async def form(self, fields: dict[str, str], kind: str) -> tuple[int, dict[str, Any]]:
        """Deliver a command or an interaction; Slack does not repeat those. The status, and what the acknowledgement says."""
        if self._sockets.connected:
            payload = fields if kind == "slash_commands" else json.loads(fields["payload"])
            acknowledged = await self._sockets.ask(kind, payload)
            return (0, {}) if acknowledged is None else (200, acknowledged)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        tried = await self._try(urlencode(fields), headers, kind)
        return tried.status, json.loads(tried.said) if tried.said.startswith("{") else {}

    async def send(
        self,
        raw: str,
        headers: dict[str, str],
        *,
        kind: str,
        stamp: int | None = None,
        secret: str | None = None,
    ) -> int:
        """One signed request; 0 when there was no answer within three seconds. `stamp` and `secret` forge it."""
        return (await self._try(raw, {**headers, **self.signature(raw, stamp, secret)}, kind)).status

    async def _try(self, raw: str, headers: dict[str, str], kind: str, retry: int = 0) -> Delivery:
        if self.events_url is None:
            return Delivery(kind, retry, 0, 0, "connection_failed")
        self._session = self._session or aiohttp.ClientSession()
        signed = {**self.signature(raw), **headers}
        began, said = time.perf_counter(), ""
        try:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            async with self._session.post(
                self.events_url, data=raw.encode(), headers=signed, timeout=timeout
            ) as answer:
                status, said = answer.status, await answer.text()
                reason = "" if 200 <= status < 300 else "http_error"
        except TimeoutError:
            status, reason = 0, "http_timeout"
        except aiohttp.ClientError:
            status, reason = 0, "connection_failed"
        tried = Delivery(kind, retry, status, (time.perf_counter() - began) * 1000, reason, said)
        self.log.append(tried)
        return tried

    def signature(self, raw: str, stamp: int | None = None, secret: str | None = None) -> dict[str, str]:
        """Slack's v0 signature of a body."""
        at = str(stamp if stamp is not None else int(time.time()))
        key = (secret or self._state.signing_secret).encode()
        digest = hmac.new(key, f"v0:{at}:{raw}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}
