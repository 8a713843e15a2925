"""`lucy route`: which tier a text would get, and why. No key, database or network."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def route(
    text: Annotated[str, typer.Argument(help="What someone would ask.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    lines: Annotated[
        bool, typer.Option("--jsonl", help='Read {"text": …, "thread": […]} lines from standard input.')
    ] = False,
    dial: Annotated[str, typer.Option(help="eco, balanced or quality")] = "balanced",
) -> None:
    """Show which tier a text would get, why, what each tier would cost, and what would change it."""
    import json

    from bot.config import load_settings
    from bot.costs.money import exact, show
    from bot.costs.price_book import load_price_book
    from bot.routing.choice import Question, Tier
    from bot.routing.explain import as_dict, in_words, parsed_line
    from bot.routing.stakes import Stakes, dial_of, prices_in, reachable
    from bot.routing.tiers import dearest_answer

    source, book = load_settings().tiers, load_price_book()
    stakes = Stakes(prices_in(reachable(source, book)), dial_of(dial))
    if lines:
        for line in sys.stdin.buffer:
            typer.echo(json.dumps(parsed_line(line.decode("utf-8", "replace"), stakes), ensure_ascii=False))
        return
    told = as_dict(Question(text), stakes)
    most = dearest_answer(source, Tier(told["tier"]), len(text.encode()), book)
    if as_json:
        told["estimated_usd"] = None if most is None else exact(most)
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for said in in_words(Question(text), stakes):
        typer.echo(said)
    typer.echo("its model has no price" if most is None else f"an answer costs at most about {show(most)}")
