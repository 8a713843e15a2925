"""Socket Mode: envelopes over a WebSocket, to one of the connected sockets, again until acknowledged."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from aiohttp import WSMsgType, web

_ACK_WITHIN_S = 3.0
_TRIES = 3


class Sockets:
    """The open sockets of the app."""

    def __init__(self) -> None:
        self._open: list[web.WebSocketResponse] = []
        self._dead: set[web.WebSocketResponse] = set()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    @property
    def connected(self) -> bool:
        """True when an app listens over Socket Mode."""
        return bool(self._open)

    @property
    def alive(self) -> int:
        """How many sockets are open and answered."""
        return len([socket for socket in self._open if socket not in self._dead])

    def die_silently(self) -> None:
        """Every open socket stays open and is never answered again, as when a router forgot the connection."""
        self._dead.update(self._open)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One socket, from hello to close."""
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await socket.send_json(
            {"type": "hello", "num_connections": len(self._open) + 1, "connection_info": {"app_id": "A0LUCY"}}
        )
        self._open.append(socket)
        try:
            async for message in socket:
                if socket in self._dead:
                    continue
                if message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(message.json())
        finally:
            self._open.remove(socket)
            self._dead.discard(socket)
        return socket

    async def send(self, kind: str, payload: dict[str, Any]) -> int:
        """Send an envelope until it is acknowledged: 200, or 0 when nobody did."""
        return 0 if await self.ask(kind, payload) is None else 200

    async def ask(self, kind: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """The same; what the acknowledgement says, None when there was none."""
        envelope_id = secrets.token_hex(16)
        for retry in range(_TRIES):
            if not self._open:
                return None
            acknowledged = self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
            socket = self._open[retry % len(self._open)]
            if socket in self._dead:
                await asyncio.sleep(_ACK_WITHIN_S)
                continue
            await socket.send_json(
                {
                    "envelope_id": envelope_id,
                    "type": kind,
                    "payload": payload,
                    "accepts_response_payload": kind != "events_api",
                    "retry_attempt": retry,
                }
            )
            try:
                return await asyncio.wait_for(acknowledged, _ACK_WITHIN_S)
            except TimeoutError:
                continue
        return None

    async def ask_to_refresh(self, most: int = 10) -> None:
        """Tell every socket, or so many, to reconnect, as Slack does about hourly."""
        for socket in self._open[:most]:
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
            await socket.close()

    async def close(self) -> None:
        """Close every socket."""
        for socket in list(self._open):
            await socket.close()

    def _acknowledged(self, message: dict[str, Any]) -> None:
        waiting = self._waiting.pop(str(message.get("envelope_id")), None)
        if waiting and not waiting.done():
            waiting.set_result(message.get("payload") or {})
