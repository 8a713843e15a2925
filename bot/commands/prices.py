"""`lucy prices`: what models cost, from when and who says so; `set` lays a price over the book, `check` doubts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from bot.commands.costs import AsJson

prices = typer.Typer(help="What models cost, from when on, and who says so.", rich_markup_mode=None)


@prices.callback(invoke_without_command=True)
def listed(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what the models in use cost, from when on, and who says so."""
    if context.invoked_subcommand:
        return
    import asyncio
    import json

    from bot.commands.price_list import lines_at, table
    from bot.config import load_settings

    lines = asyncio.run(lines_at(load_settings()))
    if as_json:
        typer.echo(json.dumps([line.as_json() for line in lines], indent=2))
        return
    table(lines)


@prices.command("set")
@dataclass(frozen=True)
class SetPrice:
    """Set a model's price from a day on; a running Lucy uses it within a minute."""

    model: Annotated[str, typer.Argument(help="A model id, or a deployment's name (id@api_base).")]
    input: Annotated[str, typer.Option(help="USD per million tokens")]
    output: Annotated[str, typer.Option(help="USD per million tokens")]
    cached_input: Annotated[str, typer.Option(help="USD per million tokens; as --input if left out")] = ""
    since: Annotated[str, typer.Option("--from", help="First day (UTC), YYYY-MM-DD; today if left out")] = ""
    currency: Annotated[str, typer.Option(help="Only USD")] = "USD"
    note: Annotated[str, typer.Option(help="Why")] = ""

    def __post_init__(self) -> None:
        import asyncio
        from datetime import UTC, datetime

        from bot.commands.price_list import remember
        from bot.config import load_settings
        from bot.costs.overlays import overlay

        rates = {"input": self.input, "cached-input": self.cached_input, "output": self.output}
        since = self.since or f"{datetime.now(UTC):%Y-%m-%d}"
        price = overlay(self.model, rates, since, self.currency, self.note)
        for line in asyncio.run(remember(load_settings(), price)):
            typer.echo(line)


@prices.command()
def check(
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 when the books disagree.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the book with an independent one and name every disagreement."""
    import json
    from datetime import UTC, datetime

    from bot.commands.price_list import as_json as json_of
    from bot.commands.price_list import show_comparison
    from bot.costs.price_book import load_price_book
    from bot.costs.second_book import compare

    comparison = compare(load_price_book(), datetime.now(UTC).date())
    if as_json:
        typer.echo(json.dumps(json_of(comparison), indent=2))
    else:
        show_comparison(comparison)
    raise typer.Exit(1 if strict and comparison.disagreements else 0)
