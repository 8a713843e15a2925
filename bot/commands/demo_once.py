"""`lucy demo --once`: one mention, a broken primary, the fallback's answer, and what every attempt cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bot.commands.demo_world import demo_lucy
from bot.costs.money import exact
from bot.errors import LucyError
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox

_PATIENCE_S = 30


async def show_once(say: Callable[[str], None]) -> None:
    """Raises LucyError when there is no answer, or when the ledger and the providers' invoice differ."""
    heard: list[dict[str, Any]] = []
    async with Sandbox() as sandbox:
        sandbox.providers["gemini"].mode = Mode.ERROR
        say("Starting Lucy with the primary of the fast tier broken…")
        async with demo_lucy(sandbox, say=say) as running:
            running.telemetry.subscribe(heard.append)
            say("Ben in #general: @Lucy hello there, what is our zip code?")
            ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello there, what is our zip code?")
            await _answered(heard)
            answers = sandbox.slack.answers("C0GENERAL", ts)
        invoice = sandbox.providers.invoice_total()
    for event in heard:
        line = _told(event)
        if line:
            say(line)
    say(f"Lucy in the thread:\n  {answers[0] if answers else 'nothing'}")
    booked = sum(
        (Decimal(event["cost_usd"] or 0) for event in heard if event["event"] == "attempt_settled"),
        Decimal(0),
    )
    say(f"ledger ${exact(booked)}  ·  providers' invoice ${exact(invoice)}")
    if len(answers) != 1 or booked != invoice:
        raise LucyError("the demo did not end as it should: one answer, and a ledger equal to the invoice")


async def _answered(heard: list[dict[str, Any]]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not any(event["event"] == "ask_done" for event in heard):
            await asyncio.sleep(0.02)


def _told(event: dict[str, Any]) -> str | None:
    match event["event"]:
        case "choice":
            return f"choice   tier {event['tier']} ({event['tier_name']}), {event['decided_by']}: {event['reason']}, {event['micros']:.0f} µs"
        case "attempt_settled":
            error = f" {event['error_class']}" if event["error_class"] else ""
            tokens = f"{event['input_tokens']} in, {event['output_tokens']} out"
            return f"attempt {event['attempt']}  {event['model']:<32} {event['state']}{error}, {tokens}, ${event['cost_usd']}, {event['latency_ms']} ms"
        case _:
            return None
