"""The demo with its page: the sandbox's Slack to talk in, and the truth beside it."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable

from bot.commands.demo_month import seed_month
from bot.commands.demo_world import demo_lucy
from bot.db.ids import workspace_id_of
from bot.sandbox.page.page import Page
from bot.sandbox.sandbox import Sandbox

_ANSWER_S = 0.7
"""Long enough to see her think."""


async def show_page(port: int, *, real: bool, open_browser: bool, say: Callable[[str], None]) -> None:
    """Serve the page until cancelled."""
    sandbox = Sandbox(port)
    page = Page(sandbox, real=real)
    for vendor in sandbox.providers.values():
        vendor.answer_s = _ANSWER_S
    page.routes(sandbox.app)
    async with sandbox:
        say("Starting Lucy (the first time takes about ten seconds)…")
        async with demo_lucy(sandbox, real=real, say=say) as running:
            running.telemetry.subscribe(page.hear)
            workspace_id = workspace_id_of(sandbox.slack.state.team_id)

            async def digest_now() -> None:
                await seed_month(running.db, workspace_id)
                await running.digests.post_now(workspace_id, "C0FINANCE")

            page.on_digest(digest_now)
            say(f"\n  Lucy's demo: {sandbox.slack.origin}/\n\n  Ctrl-C ends it.")
            if open_browser:
                webbrowser.open(f"{sandbox.slack.origin}/")
            await running.until_stopped()
