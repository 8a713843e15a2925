"""The inbox in a terminal, or exactly for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.commands.tending import Inbox
from bot.db.operator_inbox import SeenAsk

_WIDTH = 160
_HEAD = ("Ask", "State", "Age", "Tries", "Next", "Outcome", "Channel", "User")
_WORDS = {"new": "waiting", "leased": "in work"}
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def print_inboxes(inboxes: Sequence[Inbox]) -> None:
    """One table per workspace, and how much there is in all."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    for one in inboxes:
        totals = one.totals
        told = f"{one.slack_id}: {totals.waiting:,} waiting, {totals.in_work:,} in work, {totals.dead:,} dead"
        console.print(told, markup=False)
        table = Table(*_HEAD, box=None, pad_edge=False)
        for ask in one.asks:
            table.add_row(*_line(ask))
        if one.asks:
            console.print(table, markup=False)
    if not inboxes:
        console.print("Nothing waits, nothing is in work, nothing is dead.", markup=False)


def as_plain(inboxes: Sequence[Inbox]) -> list[dict[str, Any]]:
    """The same as JSON: seconds and ids."""
    return [
        {
            "workspace": one.slack_id,
            "waiting": one.totals.waiting,
            "in_work": one.totals.in_work,
            "dead": one.totals.dead,
            "asks": [_plain(ask) for ask in one.asks],
        }
        for one in inboxes
    ]


def _plain(ask: SeenAsk) -> dict[str, object]:
    told = {name: getattr(ask, name) for name in SeenAsk.__slots__}
    return {**told, "task_id": str(ask.task_id), "age_s": round(ask.age_s, 1), "due_s": round(ask.due_s, 1)}


def _line(ask: SeenAsk) -> list[str]:
    due = f"in {_span(ask.due_s)}" if ask.due_s > 0 else "now"
    living = ask.state in _WORDS
    state = _WORDS.get(ask.state, ask.state)
    return [
        str(ask.task_id),
        state,
        _span(ask.age_s),
        str(ask.attempts),
        due if living else "–",
        ask.outcome or "–",
        ask.channel_id,
        ask.user_id,
    ]


def _span(seconds: float) -> str:
    """The largest unit of which there are two."""
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
