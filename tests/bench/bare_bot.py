"""What a user would pick instead: a bot in the style of Slack's own Bolt templates, on litellm, that promises nothing.

No queue, no ledger, no second try: it acknowledges, shows that it works, asks one model and says the answer.
`python -m tests.bench.bare_bot`; its settings are in the environment.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.until_told import run_until_told
from bot.llm.environment import load_litellm


async def serve(port: int) -> None:
    """Listen until cancelled."""
    litellm = load_litellm()
    client = AsyncWebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    bolt = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])

    @bolt.event("app_mention")
    async def answer(event: dict[str, Any], client: AsyncWebClient, say: Any) -> None:
        thread = event.get("thread_ts") or event["ts"]
        await client.api_call(
            "assistant.threads.setStatus",
            json={"channel_id": event["channel"], "thread_ts": thread, "status": "is thinking…"},
        )
        said = await litellm.acompletion(
            model=os.environ["MODEL"],
            api_base=os.environ["MODEL_BASE"],
            api_key="none",
            messages=[
                {"role": "system", "content": "You are an assistant in Slack. Answer in Markdown."},
                {"role": "user", "content": event["text"]},
            ],
        )
        await say(said.choices[0].message.content, thread_ts=thread)

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
