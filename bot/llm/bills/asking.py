"""What each provider is asked for its bill of some days: where, with which key, in which words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never

from bot.llm.bills.bill import BillProvider

Query = list[tuple[str, str]]

KEY_NAMES = {
    BillProvider.OPENAI: "OPENAI_ADMIN_KEY",
    BillProvider.ANTHROPIC: "ANTHROPIC_ADMIN_KEY",
    BillProvider.OPENROUTER: "OPENROUTER_MANAGEMENT_KEY",
}
"""The variable with the key that may read a provider's bill; a key that may ask models may not."""


@dataclass(frozen=True, slots=True)
class Days:
    """Whole UTC days, both ends included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def start(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first instant after."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)


@dataclass(frozen=True, slots=True)
class Asking:
    """Requests to one provider, in order: headers for all, and a path with a query for each."""

    api_base: str
    headers: Mapping[str, str]
    calls: tuple[tuple[str, Query], ...]


def asking(provider: BillProvider, key: str, days: Days) -> Asking:
    """Costs first, then the tokens they are for; OpenRouter tells both at once, of its last 30 days."""
    by_day: Query = [("bucket_width", "1d"), ("limit", "31")]
    match provider:
        case BillProvider.OPENAI:
            unix = [("start_time", f"{days.start.timestamp():.0f}"), ("end_time", f"{days.end.timestamp():.0f}")]
            return Asking(
                "https://api.openai.com/v1",
                {"Authorization": f"Bearer {key}"},
                (
                    ("/organization/costs", [*unix, *by_day, ("group_by[]", "line_item")]),
                    ("/organization/usage/completions", [*unix, *by_day, ("group_by[]", "model")]),
                ),
            )
        case BillProvider.ANTHROPIC:
            rfc = [("starting_at", f"{days.start:%Y-%m-%dT%H:%M:%SZ}"), ("ending_at", f"{days.end:%Y-%m-%dT%H:%M:%SZ}")]
            return Asking(
                "https://api.anthropic.com/v1",
                {"x-api-key": key, "anthropic-version": "2023-06-01"},
                (
                    ("/organizations/cost_report", [*rfc, *by_day, ("group_by[]", "description")]),
                    ("/organizations/usage_report/messages", [*rfc, *by_day, ("group_by[]", "model")]),
                ),
            )
        case BillProvider.OPENROUTER:
            return Asking("https://openrouter.ai/api/v1", {"Authorization": f"Bearer {key}"}, (("/activity", []),))
        case _:
            assert_never(provider)
