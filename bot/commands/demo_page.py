"""The demo with its page: the sandbox's Slack to talk in, and the truth beside it."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Callable
from contextlib import AsyncExitStack

from bot.commands.demo_month import seed_month
from bot.commands.demo_world import demo_lucy
from bot.db.ids import workspace_id_of
from bot.errors import SettingError
from bot.routing.tiers import Tiers
from bot.sandbox.page.page import Page
from bot.sandbox.sandbox import Sandbox

_ANSWER_S = 0.7
"""Long enough to see her think."""

_PACE_S = 0.1
"""Slow enough to see her write."""


async def show_page(port: int, *, real: bool, open_browser: bool, say: Callable[[str], None]) -> None:
    """Serve the page until cancelled. Raises SettingError when the port is taken."""
    sandbox = Sandbox(port)
    page = page_of(sandbox, real=real)
    for vendor in sandbox.providers.values():
        vendor.answer_s, vendor.pace_s = _ANSWER_S, _PACE_S
    page.routes(sandbox.app)
    page.is_open = False
    async with AsyncExitStack() as stack:
        await _listen(stack, sandbox, port)
        say("Starting Lucy (the first time takes about ten seconds)…")
        running = await stack.enter_async_context(demo_lucy(sandbox, real=real, say=say, many=True))
        stack.push_async_callback(page.close)
        running.telemetry.subscribe(page.hear)
        page.on_install(f"{running.url}/slack/install")
        workspace_id = workspace_id_of(sandbox.slack.state.team_id)

        async def digest_now() -> None:
            await seed_month(running.db, workspace_id)
            await running.digests.post_now(workspace_id, "C0FINANCE")

        page.on_digest(digest_now)
        page.is_open = True
        say(f"\n  Lucy's demo: {sandbox.slack.origin}/\n  {_models(running.tiers, real)}\n\n  Ctrl-C ends it.")
        if open_browser:
            webbrowser.open(f"{sandbox.slack.origin}/")
        await running.until_stopped()


def page_of(sandbox: Sandbox, *, real: bool = False) -> Page:
    """The page, which knows Lucy's workspaces by their teams."""
    teams = (sandbox.slack.state.team_id, sandbox.globex.state.team_id)
    return Page(sandbox, real=real, workspaces={str(workspace_id_of(team_id)): team_id for team_id in teams})


async def _listen(stack: AsyncExitStack, sandbox: Sandbox, port: int) -> None:
    try:
        await stack.enter_async_context(sandbox)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise SettingError(f"--port: cannot listen on 127.0.0.1:{port}: {why}") from error


def _models(tiers: Tiers, real: bool) -> str:
    if not real:
        return "Her models are local and cost nothing. With provider keys set, `lucy demo --real` uses the real ones."
    names = ", ".join(candidate.deployment.model for spec in tiers.specs for candidate in spec.candidates)
    return f"Her models are real, and so is what they cost: {names}."
