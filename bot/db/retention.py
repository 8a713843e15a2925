"""How long what is kept, and the statements that drop what is older: each takes so many rows, and is repeated until none is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sqlalchemy import TextClause, text

DEAD_DAYS = 7
"""The words of an ask that failed, for operators; and who asked what was done with, without its words."""
FEATURES_DAYS = 30
"""Hashed features of an ask, for those who learn from its labels."""
BATCH = 5000
"""Rows of one transaction."""

SUMMARY_DAYS = 7
"""So long the summary of a long thread's older part is kept."""

CONTEXT_HOURS = 24
"""So long questions and answers are kept where a workspace wants it."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What operators decide. `ledger_months` and `audit_months` None: for ever; `departed_sums`: what a workspace that
    left has spent stays by day and model, without its name.
    """

    ledger_months: int | None = None
    reply_days: int = 14
    audit_months: int | None = None
    departed_days: int = 90
    departed_sums: bool = True

    @classmethod
    def of(cls, settings: object) -> Self:
        """From settings of the same names."""
        return cls(**{name: getattr(settings, name) for name in cls.__slots__})

    @property
    def limits(self) -> Mapping[str, int]:
        """By the name of a table, in its own unit, where there is a limit."""
        wanted = {"reply_part": self.reply_days, "audit_log": self.audit_months, "choice": self.ledger_months}
        return {table: limit for table, limit in wanted.items() if limit is not None}


def _dropping(table: str, key: str, older: str) -> TextClause:
    return text(f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {older} LIMIT :most)")


DROP_OLD = {
    "reply_part": _dropping(
        "reply_part", "workspace_id, task_id, part", "intent_at < now() - make_interval(days => :limit)"
    ),
    "audit_log": _dropping("audit_log", "workspace_id, id", "at < now() - make_interval(months => :limit)"),
    "choice": _dropping(
        "choice",
        "workspace_id, task_id",
        "created_at < date_trunc('month', now(), 'UTC') - make_interval(months => :limit)",
    ),
}
"""A choice goes with the calls that it chose for: with their month of the ledger, by UTC."""
