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

    from bot.routing.choice import Question
    from bot.routing.explain import as_dict, dearest_answer, parsed_line

    if lines:
        for line in sys.stdin.buffer:
            typer.echo(json.dumps(parsed_line(line.decode("utf-8", "replace")), ensure_ascii=False))
        return
    told = as_dict(Question(text))
    told["estimated_usd"] = dearest_answer(text, int(str(told["tier"])))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"tier {told['tier']} ({told['tier_name']})  ·  {told['intent']}  ·  {told['reason']}")
    typer.echo(f"decided by {told['rule']} in {told['micros']} µs, confidence {told['confidence']}")
    if told["would_ask"]:
        typer.echo("near a border: a fast model would be asked for its opinion (64 tokens at most)")
    typer.echo(f"an answer costs at most about {told['estimated_usd']}")
