"""`lucy whatif`: what the choices of the last days would have cost at another dial."""

from __future__ import annotations

from typing import Annotated

import typer


def whatif(
    dial: Annotated[str, typer.Option(help="eco, balanced or quality")] = "eco",
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back.")] = 30,
    workspace: Annotated[str, typer.Option(help="Slack team id (T…); the only workspace if left out.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Exact figures for machines.")] = False,
) -> None:
    """Replay stored choices at another dial: cost and expected failures against today's."""
    import asyncio
    import json
    from dataclasses import asdict
    from decimal import Decimal

    from bot.commands.reading import replay_at
    from bot.config import load_settings
    from bot.costs.money import show
    from bot.routing.stakes import dial_of
    from bot.routing.whatif import ASSUMES, Outcome

    replay = asyncio.run(replay_at(load_settings(), workspace, dial_of(dial), days))
    if as_json:
        typer.echo(json.dumps({**asdict(replay), "dial": dial, "days": days, "assumes": ASSUMES}))
        return

    def line(name: str, outcome: Outcome) -> str:
        asks = " / ".join(str(count) for count in outcome.asks.values())
        return f"{name:<10} {asks:>18}  {show(Decimal(f'{outcome.usd:.12f}')):>12}  {outcome.failures:>8.1f}"

    typer.echo(f"{'':<10} {'asks on tier 1/2/3':>18}  {'cost':>12}  {'failures':>8}")
    typer.echo(line("as it was", replay.before))
    typer.echo(line(dial, replay.after))
    typer.echo(f"Really billed: {show(Decimal(f'{replay.billed_usd:.12f}'))}; {replay.unscored} asks were not scored.")
    typer.echo(ASSUMES)
