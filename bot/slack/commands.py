"""Everything that answers people's commands, buttons, shortcuts and views, put together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.costs.reports import Reports
from bot.db.database import Database
from bot.db.retention import Retention
from bot.slack.ask_about import AskAbout
from bot.slack.bolt import Commands
from bot.slack.budget_notices import BudgetNotices
from bot.slack.budget_requests import BudgetRequests
from bot.slack.costs_forms import costs_command
from bot.slack.home.changes import Changes
from bot.slack.home.home import Home
from bot.slack.ingest import Ingest
from bot.slack.installations import Clients
from bot.slack.people import People
from bot.slack.presses import Presses


@dataclass(frozen=True, slots=True)
class Wiring:
    """What they work with."""

    db: Database
    clients: Clients
    people: People
    reports: Reports
    notices: BudgetNotices
    kept: Retention
    ingest: Ingest


def commands_of(wiring: Wiring) -> Commands:
    """One of each."""
    db, clients, people = wiring.db, wiring.clients, wiring.people
    home = Home(db, clients, people, wiring.reports)
    return Commands(
        costs_command(db, clients, people, wiring.reports, wiring.kept),
        BudgetRequests(db, people, wiring.notices),
        Presses(db, clients, people, wiring.ingest.wake),
        AskAbout(clients, wiring.ingest.store),
        home,
        Changes(db, clients, people, home),
    )
