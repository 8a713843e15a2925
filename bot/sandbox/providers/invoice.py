"""What the local providers charge: their own prices, their own sums, in Decimal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

PRICES: dict[str, tuple[str, str, str]] = {
    "gemini-3.1-flash-lite": ("0.25", "0.025", "1.50"),
    "gpt-6-luna": ("0.10", "0.01", "0.50"),
    "kimi-k2.6": ("0.95", "0.16", "4.00"),
    "gpt-6.1-terra": ("1.00", "0.05", "5.00"),
    "claude-sonnet-5-5": ("2.00", "0.10", "10.00"),
    "claude-opus-5-5": ("4.00", "0.20", "20.00"),
    "gpt-6.1-sol": ("2.00", "0.10", "10.00"),
}
"""Input, cached input and output in USD per million tokens."""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One request as the provider will charge it."""

    vendor: str
    model: str
    request_id: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    amount_usd: Decimal
    day: date = field(default_factory=lambda: datetime.now(UTC).date())


def charge(vendor: str, model: str, request_id: str, tokens: tuple[int, int, int]) -> InvoiceLine:
    """The line for (input, cached, output) tokens."""
    given, cached, made = tokens
    plain, cheap, dear = (Decimal(price) for price in PRICES.get(model, ("0", "0", "0")))
    amount = ((given - cached) * plain + cached * cheap + made * dear) / 1_000_000
    return InvoiceLine(vendor, model, request_id, given, cached, made, amount)
