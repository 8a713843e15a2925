"""What one attempt cost, meter by meter: so many tokens at such a rate, or one sum where nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.costs.explain import Line, explain
from bot.db.cost_tables import CostRow

_NAMES = {
    "input": "Input", "audio_input": "Audio input", "image_input": "Image input", "cached_input": "Cached input",
    "cached_audio": "Cached audio input", "cache_write": "Cache write", "cache_write_1h": "Cache write, 1 hour",
    "output": "Output", "reasoning": "Reasoning", "audio_output": "Audio output",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metered:
    """Tokens of one kind; `rate` in USD per million tokens, None where the cost is not made of rates. USD."""

    meter: str
    tokens: int
    rate: Decimal | None
    cost_usd: Decimal
    list_usd: Decimal


def meters_of(row: CostRow) -> list[Metered]:
    """The meters of a priced row; their costs add up to its `cost_usd`, and their list costs to its `list_usd`.

    Where the row's own rates and usage do not make exactly the cost that was booked (a provider's own word, prices of
    another kind), the row is one meter, "Tokens".
    """
    cost = row.cost_usd or Decimal(0)
    listed = cost if row.list_usd is None else row.list_usd
    lines = _lines(row)
    if lines and cost == listed == sum(line.amount for line in lines):
        return [Metered(_meter(line, row), line.tokens, line.rate, line.amount, line.amount) for line in lines]
    return [Metered("Tokens", row.input_tokens + row.output_tokens, None, cost, listed)]


def _lines(row: CostRow) -> tuple[Line, ...]:
    try:
        return explain(row).lines
    except (KeyError, ValueError, ArithmeticError):
        return ()


def _meter(line: Line, row: CostRow) -> str:
    """Reasoning is a meter of its own only where it is priced apart."""
    apart = line.meter != "reasoning" or line.rate != Decimal(str((row.rates or {}).get("output")))
    return _NAMES[line.meter if apart else "output"]
