"""`lucy costs`: the same numbers as `/lucy-costs`, for operators."""

from __future__ import annotations

from typing import Annotated

import typer

Workspace = Annotated[str, typer.Option(help="Slack team id (T…); the only workspace if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Exact figures for machines.")]


def costs(
    period: Annotated[str, typer.Argument(help="today, yesterday, week, month, DAY..DAY, or explain")] = "today",
    reference: Annotated[str, typer.Argument(help="With explain: a call's id, or a reference")] = "",
    by: Annotated[str, typer.Option(help="model, tier, user, channel or purpose")] = "model",
    zone: Annotated[str, typer.Option(help="Whose days, e.g. Europe/Berlin")] = "UTC",
    workspace: Workspace = "",
    as_json: AsJson = False,
) -> None:
    """Show what a workspace spent; `lucy costs explain ID` shows one call's sum line by line."""
    import asyncio
    import json
    from datetime import UTC, datetime

    from bot.commands.reading import reports_at
    from bot.config import load_settings
    from bot.costs.money import show
    from bot.costs.periods import period as period_of
    from bot.costs.reports import DIMENSIONS, SpendReport, in_words
    from bot.errors import SettingError

    if period == "explain":
        _explain(workspace, reference, as_json)
        return
    if reference:
        raise SettingError(f"{reference!r}: only explain takes an id")
    if by not in DIMENSIONS:
        raise SettingError(f"--by: one of {', '.join(DIMENSIONS)}")
    covered = period_of(period, datetime.now(UTC), zone)

    async def go() -> SpendReport:
        async with reports_at(load_settings(), workspace) as (reports, workspace_id):
            return await reports.spend(workspace_id, covered, by)

    report = asyncio.run(go())
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
        return
    typer.echo(in_words(report).replace("*", ""))
    for row in report.rows:
        typer.echo(f"  {row.key:<40} {show(row.cost_usd):>12} {row.calls:>8,} calls")


def _explain(workspace: str, reference: str, as_json: bool) -> None:
    import asyncio

    from bot.commands.reading import explained_at
    from bot.config import load_settings

    for told in asyncio.run(explained_at(load_settings(), workspace, reference, as_json)):
        typer.echo(told)
