"""`lucy migrate`: bring the database to the newest migration."""

from __future__ import annotations

import typer


def migrate() -> None:
    """Bring the database to the newest migration, under an advisory lock."""
    import asyncio

    from bot.app import at_database
    from bot.config import load_settings
    from bot.db.migrate import migrate as to_head

    async def go() -> str:
        async with at_database(load_settings()) as url:
            return await to_head(url)

    typer.echo(f"The database is at {asyncio.run(go())}.")
