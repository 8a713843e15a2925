"""What stands in the name of Acme, a tenant, in every table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from bot.costs.periods import Period
from bot.db.audit import Change
from bot.db.budget_notices import Notice, Request
from bot.db.budgets import Budget, Mode
from bot.db.choices import StoredChoice
from bot.db.costs import OpenAttempt
from bot.db.digests import DigestRun
from bot.db.inbox import Lease, NewAsk
from bot.db.installations import Installation, Renewal
from bot.db.operator_inbox import SeenAsk
from bot.db.opinions import StoredOpinion
from bot.db.past_costs import LatePrice
from bot.db.routing_weights import RoutingWeights
from bot.db.slack_buckets import Bucket
from bot.db.thread_floors import ThreadFloor
from tests.costs.budgeting import WORKSPACE

ASK = NewAsk("Ev1", "C1", "channel", "1.0", "1.0", "U1", "words of Acme")
LATER = replace(ASK, event_id="Ev2", thread_ts="2.0", ts="2.0")
TOKEN = Installation("xoxb-acme", "B1", "U0LUCY", "T0ACME", None, "chat:write", "U1", "xoxe-acme", 0)
OPINION = StoredOpinion("code", 3, 0.9, "gemini/fast")
CHANGE = Change("U1", "digest_set", "digest", None, {"channel": "C1"})
DAY = date(2026, 11, 1)
BUCKET = Bucket("chat.update", 1.2, 10)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
RENEWAL = Renewal("xoxe-acme", EVER[0])
EVER_UTC = Period("ever", *EVER, "UTC")


@dataclass(frozen=True, slots=True)
class Acme:
    """What stands in Acme's name, with every key a careless caller could carry elsewhere."""

    lease: Lease
    run: DigestRun
    attempt: OpenAttempt
    unpriced: OpenAttempt
    request: Request
    counters: tuple[str, ...]

    @property
    def seen(self) -> SeenAsk:
        return SeenAsk(self.lease.task_id, "new", 0, 0, 1, None, "C1", "U1", None)

    @property
    def choice(self) -> StoredChoice:
        return StoredChoice(
            self.lease.task_id, "C1", "1.0", "U1", 3, "code", 0.9, 0.4, "rule", "because", 1.0, 0.8, 0.7
        )

    @property
    def floor(self) -> ThreadFloor:
        return ThreadFloor(3, "answer", self.lease.task_id)

    @property
    def late_price(self) -> LatePrice:
        row = self.unpriced
        return LatePrice(row.created_at, row.id, Decimal(1), None, Decimal(0), "list", {"input": "1"}, "test")

    @property
    def settled_again(self) -> dict[str, object]:
        """What the ledger would tell of a row that stands on Acme's counters."""
        return {"held": self.counters, "released_usd": "1", "spent_usd": "1", "overshot_usd": "1"}


WEIGHTS = RoutingWeights(b"learned", 200, 0.5, 0.6)
BUDGET = Budget(WORKSPACE, Decimal(5), Mode.SOFT, "U1")
DUE, TOLD = Notice("due:1", "outcome", {"request": "none"}), Notice("told:1", "outcome", {"request": "none"})
