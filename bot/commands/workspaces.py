"""`lucy workspaces`: where Lucy is installed, and switching her off and on there."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.costs import AsJson

workspaces = typer.Typer(invoke_without_command=True, help="Where Lucy is installed; switch her off and on there.")
Team = Annotated[str, typer.Argument(help="Slack id of the team (T…) or organisation (E…).")]


@workspaces.callback()
def show(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the workspaces that ever installed Lucy, and how each stands."""
    if ctx.invoked_subcommand:
        return
    import asyncio
    import json

    from bot.commands.registry import roster, standing
    from bot.config import load_settings

    settings = load_settings()
    found = asyncio.run(roster(settings))
    if as_json:
        typer.echo(
            json.dumps(
                [
                    {"team": one.slack_id, "name": one.name, "standing": standing(one, settings.departed_days)}
                    for one in found
                ]
            )
        )
        return
    for one in found:
        typer.echo(
            f"{one.slack_id:<14} {standing(one, settings.departed_days):<48} since {one.created_at:%Y-%m-%d}  {one.name}"
        )
    if not found:
        typer.echo("Nobody has installed Lucy yet.")
    if any(one.left_at for one in found):
        typer.echo(
            f"What is stored of those who removed her is deleted {settings.departed_days} days later (LUCY_DEPARTED_DAYS), "
            "or at once by `lucy forget TEAM --yes`."
        )


@workspaces.command()
def disable(team: Team) -> None:
    """Stop serving a workspace, whoever installs Lucy there; its data and token stay."""
    _switch(team, on=False)


@workspaces.command()
def enable(team: Team) -> None:
    """Serve a workspace again."""
    _switch(team, on=True)


def _switch(team: str, *, on: bool) -> None:
    import asyncio

    from bot.commands.registry import switch
    from bot.config import load_settings

    asyncio.run(switch(load_settings(), team, on=on))
    typer.echo(
        f"{team} is served again."
        if on
        else f"{team} is not served any more; `lucy workspaces enable {team}` ends that."
    )
