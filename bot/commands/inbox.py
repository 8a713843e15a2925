"""`lucy inbox`: what waits, what is in work, what died; and an end or a new beginning for one of them."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.costs import AsJson, Workspace

Task = Annotated[str, typer.Argument(help="The ask's id, or the reference in Lucy's sentence")]

inbox = typer.Typer(rich_markup_mode=None)


@inbox.callback(invoke_without_command=True)
def listed(
    ctx: typer.Context,
    workspace: Annotated[str, typer.Option(help="Slack team id (T…); every workspace if left out.")] = "",
    state: Annotated[str, typer.Option(help="Only waiting, in-work, dead or done; all but done if left out.")] = "",
    limit: Annotated[int, typer.Option(help="How many of each workspace, the oldest first.", min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the asks that are not done: state, age, tries, outcome; never what anyone wrote."""
    if ctx.invoked_subcommand:
        return
    import asyncio
    import json

    from bot.commands.inbox_table import as_plain, print_inboxes
    from bot.commands.tending import inboxes, states_of
    from bot.config import load_settings

    found = asyncio.run(inboxes(load_settings(), workspace, states_of(state), limit))
    if as_json:
        typer.echo(json.dumps(as_plain(found), indent=2))
    else:
        print_inboxes(found)


@inbox.command()
def retry(task: Task, workspace: Workspace = "") -> None:
    """Take up an ask now: one that waits for its next try, or one that died less than seven days ago."""
    import asyncio

    from bot.commands.tending import retried
    from bot.config import load_settings

    typer.echo(f"It is taken up again, as {asyncio.run(retried(load_settings(), workspace, task))}.")


@inbox.command()
def drop(task: Task, workspace: Workspace = "") -> None:
    """Be done with an ask: its text is wiped, nothing more is said about it in Slack."""
    import asyncio

    from bot.commands.tending import dropped
    from bot.config import load_settings

    typer.echo(f"{asyncio.run(dropped(load_settings(), workspace, task))} is dropped.")
