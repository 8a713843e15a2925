"""Three providers' pages, as their API references describe them, into bill lines. Pure.

OpenAI: `organization/costs` grouped by line item ("gpt-6-luna, cached input") and `organization/usage/completions`
grouped by model. Anthropic: `organizations/cost_report` grouped by description, amounts in cents, and
`organizations/usage_report/messages` grouped by model. OpenRouter: `activity`, one row per endpoint and day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

from bot.llm.bills.bill import BillLine, BillUnreadable, day_of, dollars, field, rows, tokens

_CENTS = Decimal(100)


def openai(page: object) -> Iterator[BillLine]:
    """A page of costs, or of usage."""
    for bucket in rows(field(page, "data")):
        day = _unix_day(field(bucket, "start_time"))
        for result in rows(field(bucket, "results")):
            if field(result, "object") == "organization.costs.result":
                amount = field(result, "amount")
                model = str(field(result, "line_item") or "other").partition(", ")[0]
                yield BillLine(day, model, dollars(field(amount, "value"), field(amount, "currency")))
            else:
                counted = tokens(result, "input_tokens", "output_tokens")
                yield BillLine(day, str(field(result, "model") or "other"), tokens=counted)


def anthropic(page: object) -> Iterator[BillLine]:
    """A page of the cost report, or of the usage report."""
    for bucket in rows(field(page, "data")):
        day = day_of(field(bucket, "starting_at"))
        for result in rows(field(bucket, "results")):
            model = str(field(result, "model") or "other")
            if isinstance(result, dict) and "amount" in result:
                yield BillLine(day, model, dollars(result["amount"], field(result, "currency")) / _CENTS)
            else:
                plain = tokens(result, "uncached_input_tokens", "cache_read_input_tokens", "output_tokens")
                written = tokens(
                    field(result, "cache_creation"), "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"
                )
                yield BillLine(day, model, tokens=plain + written)


def openrouter(page: object) -> Iterator[BillLine]:
    """The activity of some days; reasoning tokens are part of the completion's."""
    for row in rows(field(page, "data")):
        counted = tokens(row, "prompt_tokens", "completion_tokens")
        usd = dollars(field(row, "usage"))
        yield BillLine(day_of(field(row, "date")), str(field(row, "model")), usd, counted)


def _unix_day(value: object) -> date:
    try:
        return datetime.fromtimestamp(int(str(value)), UTC).date()
    except (ValueError, OverflowError, OSError) as error:
        raise BillUnreadable(f"not the bill it should be: {str(value)[:40]!r} is no time") from error
