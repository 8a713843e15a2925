"""What a provider really writes while it streams: litellm renames answers, guesses at their tokens and invents an end."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx

_NAMES = ("id", "model", "service_tier", "responseId", "modelVersion")
_LONGEST_LINE = 4_000_000

_listener: ContextVar[Books | None] = ContextVar("listener", default=None)


class Books:
    """The frames of one stream, as if they were one body; and the stream itself, so that it can be closed for certain."""

    def __init__(self) -> None:
        self.body: dict[str, Any] = {}
        self.finish: str | None = None
        self.frames = 0
        self.stream: httpx.AsyncByteStream | None = None
        self._rest = b""

    def feed(self, received: bytes) -> None:
        """Bytes as they arrive, cut anywhere."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            self._line(line)
        self._rest = self._rest[-_LONGEST_LINE:]

    async def close(self) -> None:
        """Hang up: the provider need not go on."""
        if self.stream is not None:
            await self.stream.aclose()

    def _line(self, line: bytes) -> None:
        if not line.startswith(b"data:"):
            return
        try:
            frame = json.loads(line[5:])
        except ValueError:
            return
        if isinstance(frame, dict):
            self.frames += 1
            self._frame(frame)

    def _frame(self, frame: dict[str, Any]) -> None:
        message = frame.get("message")
        told = message if isinstance(message, dict) else frame
        self.body |= {name: told[name] for name in _NAMES if told.get(name)}
        for name in ("usage", "usageMetadata"):
            if isinstance(told.get(name), dict):
                self.body[name] = self.body.get(name, {}) | told[name]
        self.finish = next(_ends(frame), self.finish)


@contextmanager
def overhearing(books: Books) -> Iterator[None]:
    """Requests that this task makes inside the block are written into `books`."""
    token = _listener.set(books)
    try:
        yield
    finally:
        _listener.reset(token)


def let_be_overheard() -> None:
    """Every transport that litellm makes from now on can be overheard. Once is enough; more often does no harm."""
    handler: Any = importlib.import_module("litellm.llms.custom_httpx.http_handler").AsyncHTTPHandler
    made: Callable[..., Any] = handler.create_async_transport
    if hasattr(made, "__wrapped__"):
        return

    @functools.wraps(made)
    def audible(*args: Any, **options: Any) -> Any:
        transport = made(*args, **options)
        if transport is not None:
            transport.handle_async_request = _telling(transport.handle_async_request)
        return transport

    handler.create_async_transport = staticmethod(audible)


def _telling(send: Callable[[httpx.Request], Any]) -> Callable[[httpx.Request], Any]:
    async def handle(request: httpx.Request) -> httpx.Response:
        books = _listener.get()
        if books is not None:
            request.headers["Accept-Encoding"] = "identity"
        response: httpx.Response = await send(request)
        if books is not None and isinstance(response.stream, httpx.AsyncByteStream):
            books.stream = response.stream
            response.stream = _Tee(response.stream, books)
        return response

    return handle


class _Tee(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, books: Books) -> None:
        self._stream, self._books = stream, books

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for received in self._stream:
            self._books.feed(received)
            yield received

    async def aclose(self) -> None:
        await self._stream.aclose()


def _ends(frame: dict[str, Any]) -> Iterator[str]:
    """Why the answer ended, if this frame says so: three wire formats."""
    for name, key in (("choices", "finish_reason"), ("candidates", "finishReason")):
        for choice in frame.get(name) or ():
            if isinstance(choice, dict) and choice.get(key):
                yield str(choice[key])
    delta = frame.get("delta")
    if isinstance(delta, dict) and delta.get("stop_reason"):
        yield str(delta["stop_reason"])
