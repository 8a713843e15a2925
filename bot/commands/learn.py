"""`lucy learn`: what people did with the answers, tried on top of the shipped weights."""

from __future__ import annotations

from typing import Annotated

import typer


def learn(
    workspace: Annotated[str, typer.Option(help="Slack team id (T…); every workspace if left out.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try it and tell, but change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON per workspace.")] = False,
) -> None:
    """Refit the scores of each workspace from its labels; only what ranks unseen answers better is used."""
    import asyncio
    import json
    from dataclasses import asdict

    from bot.app import open_database
    from bot.config import load_settings
    from bot.db.ids import workspace_id_of
    from bot.routing.learn import learn as refit
    from bot.routing.learn import told

    async def go() -> None:
        async with open_database(load_settings()) as db:
            if workspace:
                names = [workspace_id_of(workspace)]
            else:
                async with db.operations() as operations:
                    names = await operations.workspaces()
            for name in names:
                found = await refit(db, name, ship=not dry_run)
                facts = {"workspace_id": str(name), **asdict(found)}
                typer.echo(json.dumps(facts) if as_json else f"{workspace or name}: {told(found)}")

    asyncio.run(go())
