"""`lucy rotate-keys`: what is stored encrypted moves to the newest key."""

from __future__ import annotations

import typer


def rotate_keys() -> None:
    """Encrypt what is stored with the first of LUCY_ENCRYPTION_KEYS, so that the others can go. Exit 1 if they can't yet."""
    import asyncio

    from bot.app import open_database
    from bot.config import load_settings
    from bot.costs.spool_files import spooled
    from bot.db.seals import Renewal

    settings = load_settings()

    async def go() -> Renewal:
        done = Renewal()
        async with open_database(settings) as db:
            async with db.operations() as operations:
                workspaces = await operations.workspaces()
            for workspace_id in workspaces:
                async with db.unit(workspace_id) as unit:
                    done += await unit.seals.renew()
        return done

    done, waiting = asyncio.run(go()), len(spooled(settings.home / "spool"))
    typer.echo(f"{done.renewed} texts and tokens were moved to the newest key.")
    if done.unreadable:
        typer.echo(f"{done.unreadable} are opened by none of the keys: add the key they were written with.")
    if waiting:
        typer.echo(
            f"{waiting} files in {settings.home / 'spool'} wait for the database: run this again when they are gone."
        )
    if done.unreadable or waiting:
        raise typer.Exit(1)
    typer.echo("The older keys are no longer needed.")
