"""`lucy db`: what operators do to the database itself."""

from __future__ import annotations

import typer

database = typer.Typer(help="What is done to the database itself.", rich_markup_mode=None, no_args_is_help=True)


@database.callback()
def about() -> None:
    """Show what can be done to the database itself."""


@database.command("distribute")
def distribute() -> None:
    """Spread the tables over a Citus cluster by workspace; run Lucy with LUCY_SHARDED=1 from then on."""
    import asyncio

    from bot.app import open_database
    from bot.config import load_settings
    from bot.db.distribution import placements

    async def go() -> None:
        async with open_database(load_settings()) as db:
            for placement in placements():
                async with db.operations() as operations:
                    moved = await operations.place(placement)
                where = "by workspace" if placement.spread else "on every node"
                typer.echo(f"  {placement.table:<16} {where}{'' if moved else ' already'}")

    asyncio.run(go())
