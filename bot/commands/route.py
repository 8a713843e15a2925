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
) -> None:
    """Show which tier a text would get, why, and what its answer would cost at most."""
    import json

    from bot.config import load_settings
    from bot.costs.money import exact, show
    from bot.costs.price_book import load_price_book
    from bot.routing.choice import Question, Tier
    from bot.routing.explain import as_dict, parsed_line
    from bot.routing.tiers import dearest_answer

    if lines:
        for line in sys.stdin.buffer:
            typer.echo(json.dumps(parsed_line(line.decode("utf-8", "replace")), ensure_ascii=False))
        return
    told = as_dict(Question(text))
    most = dearest_answer(load_settings().tiers, Tier(told["tier"]), len(text.encode()), load_price_book())
    if as_json:
        told["estimated_usd"] = None if most is None else exact(most)
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"tier {told['tier']} ({told['tier_name']})  ·  {told['intent']}  ·  {told['reason']}")
    typer.echo(f"decided by {told['rule']} in {told['micros']} µs, confidence {told['confidence']}")
    if told["would_ask"]:
        typer.echo("near a border: a fast model would be asked for its opinion (64 tokens at most)")
    typer.echo("its model has no price" if most is None else f"an answer costs at most about {show(most)}")
