"""`lucy forget TEAM`: a workspace leaves, and everything of it goes."""

from __future__ import annotations

from typing import Annotated

import typer


def forget(
    team: Annotated[str, typer.Argument(help="Slack id of the team (T…) or organisation (E…).")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without this, only what would go is shown.")] = False,
) -> None:
    """Remove a workspace from every table; what its models cost stays, by day, without its name."""
    import asyncio

    from bot.app import open_database
    from bot.config import load_settings
    from bot.db.ids import workspace_id_of

    async def go() -> dict[str, int]:
        async with open_database(load_settings()) as db, db.unit(workspace_id_of(team)) as unit:
            return await (unit.workspaces.forget() if yes else unit.workspaces.rows())

    rows = asyncio.run(go())
    for table, count in rows.items():
        typer.echo(f"  {table:<16} {count:>12,} rows")
    if not rows:
        typer.echo(f"Nothing is stored of {team}.")
    elif yes:
        typer.echo(f"{team} is forgotten: the rows above are gone, sums by day and model stay without its name.")
    else:
        typer.echo(f"This would go for ever. `lucy forget {team} --yes` removes it.")
