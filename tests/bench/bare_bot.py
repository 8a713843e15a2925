"""What a user would pick instead: a bot in the style of Slack's own Bolt templates, on litellm, that promises nothing.

No queue, no ledger, no second try: it acknowledges, shows that it works, asks one model, and says the answer, whole or as
it comes. `python -m tests.bench.bare_bot`; its settings are in the environment.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import time
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.until_told import run_until_told

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # no network
EVERY_S = float(os.environ.get("LUCY_STREAM_EVERY_S", "0"))
"""Seconds between two calls of a stream; 0 says answers when they are whole."""


async def answer(event: dict[str, Any], client: AsyncWebClient, litellm: Any) -> None:
    """Ask the model and say what it says, in the thread."""
    channel, thread = event["channel"], event.get("thread_ts") or event["ts"]
    session = {"channel_id": channel, "thread_ts": thread, "initiator_user_id": event["user"]}
    await client.api_call("agents.sessions.setStatus", json={**session, "status": "processing"})
    asked = {
        "model": os.environ["MODEL"],
        "api_base": os.environ["MODEL_BASE"],
        "api_key": "none",
        "messages": [
            {"role": "system", "content": "You are an assistant in Slack. Answer in Markdown."},
            {"role": "user", "content": event["text"]},
        ],
    }
    where = {"channel": channel, "thread_ts": thread}
    if EVERY_S:
        readers = {"recipient_user_id": event["user"], "recipient_team_id": event.get("team", "T0ACME")}
        await stream(client, {**where, **readers}, await litellm.acompletion(**asked, stream=True))
    else:
        said = (await litellm.acompletion(**asked)).choices[0].message.content
        await client.api_call("chat.postMessage", json={**where, "text": said})
    await client.api_call("agents.sessions.setStatus", json={**session, "status": "active"})


async def stream(client: AsyncWebClient, where: dict[str, str], chunks: Any) -> None:
    """The first words at once, what came since once every so often, and the rest."""
    ts, words, next_at = "", "", 0.0
    async for chunk in chunks:
        words += chunk.choices[0].delta.content or ""
        if not words or time.monotonic() < next_at:
            continue
        if ts:
            await client.api_call(
                "chat.appendStream", json={"channel": where["channel"], "ts": ts, "markdown_text": words}
            )
        else:
            ts = (await client.api_call("chat.startStream", json={**where, "markdown_text": words}))["ts"]
        words, next_at = "", time.monotonic() + EVERY_S
    rest = {"markdown_text": words} if words else {}
    await client.api_call("chat.stopStream", json={"channel": where["channel"], "ts": ts, **rest})


async def serve(port: int) -> None:
    """Listen until cancelled."""
    litellm: Any = importlib.import_module("litellm")
    client = AsyncWebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    bolt = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])

    @bolt.event("app_mention")
    async def mentioned(event: dict[str, Any], client: AsyncWebClient) -> None:
        await answer(event, client, litellm)

    @bolt.event("message")
    async def ignore() -> None:
        """What nobody mentions it in."""

    async def events(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    async def ready(_: web.Request) -> web.Response:
        return web.Response(text="ready")

    app = web.Application()
    app.router.add_post("/slack/events", events)
    app.router.add_get("/health/ready", ready)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    run_until_told(lambda: serve(int(os.environ["PORT"])))
