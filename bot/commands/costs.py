"""`lucy costs`: the same numbers as `/lucy-costs`, for operators."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

Workspace = Annotated[str, typer.Option(help="Slack team id (T…); the only workspace if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Exact figures for machines.")]
Zone = Annotated[str, typer.Option(help="Whose days, e.g. Europe/Berlin")]
_PERIODS = "today, yesterday, week, month, last-month, 7d, 30d or DAY..DAY"


class _ShowUnlessNamed(TyperGroup):
    """`lucy costs month` is `lucy costs show month`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """`ctx` is of click, or of the one that newer typers bring along."""
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["show", *args])


costs = typer.Typer(cls=_ShowUnlessNamed, rich_markup_mode=None)


@costs.callback()
def group() -> None:
    """Show what a workspace spent: `lucy costs [PERIOD] [--by …]`, the same as `lucy costs show`."""


@costs.command()
def show(
    period: Annotated[str, typer.Argument(help=_PERIODS)] = "today",
    by: Annotated[str, typer.Option(help="model, tier, user, channel, purpose or thread")] = "model",
    zone: Zone = "UTC",
    workspace: Workspace = "",
    as_json: AsJson = False,
) -> None:
    """Show what a workspace spent in a period, broken down."""
    import asyncio
    import json
    from datetime import UTC, datetime

    from bot.commands.cost_tables import print_report
    from bot.commands.reading import report_at
    from bot.config import load_settings
    from bot.costs.periods import period as period_of
    from bot.costs.reports import DIMENSIONS
    from bot.errors import SettingError

    if by not in DIMENSIONS:
        raise SettingError(f"--by: one of {', '.join(DIMENSIONS)}")
    report = asyncio.run(report_at(load_settings(), workspace, period_of(period, datetime.now(UTC), zone), by))
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        print_report(report)


@costs.command()
def explain(
    reference: Annotated[str, typer.Argument(help="A call's id, or a reference")],
    workspace: Workspace = "",
    as_json: AsJson = False,
) -> None:
    """Show one call's sum line by line."""
    import asyncio

    from bot.commands.reading import explained_at
    from bot.config import load_settings

    for told in asyncio.run(explained_at(load_settings(), workspace, reference, as_json)):
        typer.echo(told)


@costs.command()
def export(
    kind: Annotated[str, typer.Argument(help="csv: one line per attempt; focus: FOCUS 1.2")],
    period: Annotated[str, typer.Option(help=_PERIODS)] = "month",
    output: Annotated[str, typer.Option(help="A file; standard output if left out.")] = "-",
    zone: Zone = "UTC",
    workspace: Workspace = "",
) -> None:
    """Write the ledger's rows, exactly, as CSV or as FOCUS 1.2."""
    import asyncio
    from datetime import UTC, datetime

    from bot.commands.exporting import export_to
    from bot.config import load_settings
    from bot.costs.periods import period as period_of
    from bot.errors import SettingError

    if kind not in {"csv", "focus"}:
        raise SettingError(f"{kind!r}: export csv or focus")
    covered = period_of(period, datetime.now(UTC), zone)
    told = asyncio.run(export_to(load_settings(), workspace, kind, covered, output))
    typer.echo(told, err=True)
