"""`lucy demo`: the whole of Lucy against the sandbox, on one page; no keys, no Slack, no server."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    once: Annotated[bool, typer.Option("--once", help="One mention through a broken primary, then exit.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 picks a free one.")] = 8484,
    real: Annotated[
        bool, typer.Option("--real", help="Use the real models whose keys are in the environment or `.env`.")
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open a browser if there is one.")] = True,
) -> None:
    """Try Lucy: a local Slack, local models, a page that shows every choice, attempt and cost."""
    import asyncio

    from bot import log
    from bot.commands.demo_once import show_once
    from bot.commands.demo_page import show_page
    from bot.commands.until_told import run_until_told
    from bot.config import load_settings, provider_keys, secrets_of

    log.configure("WARNING", secrets=secrets_of(load_settings(), provider_keys()))
    if once:
        asyncio.run(show_once(typer.echo))
        return
    run_until_told(lambda: show_page(port, real=real, open_browser=browser, say=typer.echo))
