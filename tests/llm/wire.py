"""A provider on this machine that answers whatever bytes a test wants, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.llm.model_client import Deployment

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]
Json = dict[str, Any]

OPENAI = "openai/gpt-6-luna"
ANTHROPIC = "anthropic/claude-sonnet-5-5"
GEMINI = "gemini/gemini-3.1-flash-lite"
OPENROUTER = "openrouter/openai/gpt-6-luna"
MOONSHOT = "moonshot/kimi-k2.6"
ROUTES = (OPENAI, ANTHROPIC, GEMINI, OPENROUTER, MOONSHOT)


@dataclass
class Wire:
    """`answers` decides the next replies; `asked` holds each request's path, headers
    and JSON body; `heard` and `closed` are set when one arrives and when its caller hangs up.
    """

    base: str
    reply: Reply
    asked: list[tuple[str, Mapping[str, str], Json]] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def answers(self, body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        text = body if isinstance(body, str) else json.dumps(body)

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(text=text, status=status, headers=headers, content_type="application/json")

        self.reply = answer

    def deployment(self, model: str, key: str | None = "secret") -> Deployment:
        return Deployment(model, self.base, key, "SOME_KEY")


@asynccontextmanager
async def listening() -> AsyncIterator[Wire]:
    """A wire on a free port."""
    wire = Wire("", hang)

    async def hear(request: web.Request) -> web.StreamResponse:
        wire.asked.append((request.path, request.headers, json.loads(await request.text())))
        wire.heard.set()
        try:
            return await wire.reply(request)
        except asyncio.CancelledError:
            wire.closed.set()
            raise

    application = web.Application()
    application.router.add_post("/{path:.*}", hear)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    wire.base = f"http://{host}:{port}"
    yield wire
    await runner.cleanup()


async def hang(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "500", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"id": "half')
    assert request.transport is not None
    request.transport.close()
    return response


def openai(text: str | None = "Hello!", finish: str = "stop", **more: Any) -> Json:
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
    return {
        "id": "cmpl-1",
        "object": "chat.completion",
        "model": "served",
        "choices": [choice],
        "usage": usage,
    } | more


def anthropic(text: str | None = "Hello!", finish: str = "end_turn", **more: Any) -> Json:
    content = [{"type": "text", "text": text}] if text else []
    usage = {"input_tokens": 100, "output_tokens": 20, "service_tier": "standard"}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "served"}
    return head | {"content": content, "stop_reason": finish, "usage": usage} | more


def gemini(text: str | None = "Hello!", finish: str = "STOP", **more: Any) -> Json:
    candidate = {"index": 0, "finishReason": finish, "content": {"role": "model", "parts": [{"text": text}]}}
    usage = {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120}
    return {
        "responseId": "g-1",
        "modelVersion": "served",
        "candidates": [candidate],
        "usageMetadata": usage,
    } | more


def good_answer(model: str, text: str = "Hello!") -> Json:
    return {ANTHROPIC: anthropic, GEMINI: gemini}.get(model, openai)(text)
