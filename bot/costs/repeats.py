"""Providers that give two answers one id."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from bot.costs.settlement import Terms
from bot.db.costs import Outcome

_REMEMBERED = 10_000


class Repeats:
    """Remembers the newest response ids of this process; a repeated id is told, never merged: both answers are billed."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], UUID] = OrderedDict()

    def of(self, attempt_id: UUID, terms: Terms, outcome: Outcome) -> tuple[str, ...]:
        """A flag when another attempt at this deployment was given the same id."""
        if not outcome.provider_response_id:
            return ()
        first = self._seen.setdefault((terms.deployment.name, outcome.provider_response_id), attempt_id)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return () if first == attempt_id else ("response_id_repeated",)
