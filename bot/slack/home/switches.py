"""What admins switch on and off with one press: an entry here is a line in the Home, and its button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.db.database import Database
from bot.db.unit import Unit
from bot.slack.costs_words import Asker
from bot.slack.footer_form import FooterForm

Turn = Callable[[Database, Asker, bool], Awaitable[str]]
"""Switches it and says what holds then. Raises NotAllowed."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: its title, what it means when on and when off, how it is read and turned."""

    name: str
    title: str
    on: str
    off: str
    is_on: Callable[[Unit], Awaitable[bool]]
    turn: Turn


async def _shows_footer(unit: Unit) -> bool:
    return await unit.workspaces.shows_footer()


async def _turn_footer(db: Database, asker: Asker, on: bool) -> str:
    return await FooterForm(db).switch(asker, on=on)


SWITCHES = (
    Switch(
        "footer",
        "The line under each answer",
        "Model, tier, cost and time stand under each answer.",
        "Answers come without model, tier, cost and time.",
        _shows_footer,
        _turn_footer,
    ),
)
