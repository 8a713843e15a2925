"""`/lucy-costs` with every form it knows."""

from __future__ import annotations

from bot.costs.reports import Reports
from bot.db.database import Database
from bot.db.retention import Retention
from bot.slack.admin_form import AdminForm
from bot.slack.budget_form import BudgetForm
from bot.slack.costs_command import CostsCommand
from bot.slack.dial_form import DialForm
from bot.slack.digest_form import DigestForm
from bot.slack.explain_form import ExplainForm
from bot.slack.export_form import ExportForm
from bot.slack.installations import Clients
from bot.slack.people import People
from bot.slack.permalinks import Permalinks
from bot.slack.privacy import PrivacyForm
from bot.slack.spend_form import Naming, SpendForm
from bot.slack.switch_form import SwitchForm
from bot.slack.tiers_form import TiersForm
from bot.slack.uploads import Uploads
from bot.slack.zone_form import ZoneForm


def costs_command(db: Database, clients: Clients, people: People, reports: Reports, kept: Retention) -> CostsCommand:
    """The command; its help lists the forms in this order."""
    return CostsCommand(
        people,
        SpendForm(db, reports, Naming(people, Permalinks(clients))),
        ExplainForm(db),
        ExportForm(db, Uploads(clients)),
        BudgetForm(db, people),
        DialForm(db),
        TiersForm(db),
        DigestForm(db),
        ZoneForm(db),
        AdminForm(db, people),
        SwitchForm(db),
        PrivacyForm(kept),
    )
