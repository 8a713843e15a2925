"""One row of the ledger told as a sum: recomputed from its own rates and usage, line by line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.costs.money import exact
from bot.costs.rates import METERS, MILLION, PICO_DOLLAR, Rates, metered
from bot.db.cost_tables import CostRow
from bot.llm.model_client import Usage
from bot.llm.usage import kept_usage

_NAMES = {
    "input": "input", "audio_input": "sound in", "image_input": "images in", "cached_input": "read from cache",
    "cached_audio": "sound from cache", "cache_write": "written to cache (5 min)",
    "cache_write_1h": "written to cache (1 h)", "output": "output", "reasoning": "reasoning", "audio_output": "sound out",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """Tokens of one meter times its rate in USD per million, in USD."""

    meter: str
    tokens: int
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Explanation:
    """A row, the sum that its own figures give, and what that makes it cost; `cost_usd` None is unpriced or unknown."""

    row: CostRow
    lines: tuple[Line, ...]
    list_usd: Decimal | None
    cost_usd: Decimal | None

    @property
    def agrees(self) -> bool:
        """True when the stored figures are the recomputed ones, to the last digit."""
        return self.cost_usd == self.row.cost_usd and self.list_usd == self.row.list_usd


def explain(row: CostRow) -> Explanation:
    """Recompute a row from its own `rates` and `usage`."""
    lines = tuple(_lines(row))
    listed = sum((line.amount for line in lines), Decimal(0)) if row.list_usd is not None else None
    return Explanation(row, lines if listed is not None else (), listed, _cost(row, listed))


def usage_of_row(row: CostRow) -> Usage:
    """The tokens that the row was priced by; those that have no column of their own are read from the usage again."""
    said = (kept_usage(row.usage) if row.usage else None) or Usage()
    return replace(
        said,
        input_tokens=row.input_tokens,
        cached_input_tokens=row.cached_input_tokens,
        cache_write_tokens=row.cache_write_tokens,
        cache_write_1h_tokens=row.cache_write_1h_tokens or 0,
        output_tokens=row.output_tokens,
        reasoning_tokens=row.reasoning_tokens,
        service_tier=row.service_tier,
    )


def as_text(explanation: Explanation) -> str:
    """The sum in lines of equal width, for a terminal or a code block."""
    row = explanation.row
    served = "" if row.model == row.requested_model else f", answered by {row.model}"
    head = [
        f"{row.created_at:%Y-%m-%d %H:%M:%S} UTC  {row.purpose}, tier {row.tier}, attempt {row.attempt}: {row.state}",
        f"{row.deployment}{served}" + (f", service tier {row.service_tier}" if row.service_tier else ""),
    ]
    return "\n".join([*head, *_sum(explanation), *_notes(explanation)])


def as_json(explanation: Explanation) -> dict[str, object]:
    """Exact figures as strings."""
    row = explanation.row
    money = {
        name: None if (amount := getattr(row, name)) is None else exact(amount)
        for name in ("cost_usd", "list_usd", "reported_usd", "baseline_usd", "cache_saved_usd", "reserved_usd")
    }
    words = (
        "purpose",
        "state",
        "requested_model",
        "model",
        "deployment",
        "service_tier",
        "usage_source",
        "cost_source",
    )
    return {
        "id": str(row.id),
        "task_id": str(row.task_id),
        "created_at": row.created_at.isoformat(),
        **{name: getattr(row, name) for name in (*words, "price_book", "baseline_model", "flags")},
        "lines": [
            {"meter": line.meter, "tokens": line.tokens, "usd_per_mtok": f"{line.rate:f}", "usd": exact(line.amount)}
            for line in explanation.lines
        ],
        "recomputed_usd": None if explanation.cost_usd is None else exact(explanation.cost_usd),
        "agrees": explanation.agrees,
        **money,
    }


def _lines(row: CostRow) -> Iterator[Line]:
    if not row.rates:
        return
    rates = Rates.of(row.rates)
    for meter, tokens in zip(METERS, metered(usage_of_row(row)), strict=True):
        if tokens:
            rate = getattr(rates, meter)
            yield Line(meter, tokens, rate, tokens * rate / MILLION)


def _cost(row: CostRow, listed: Decimal | None) -> Decimal | None:
    match row.state, row.cost_source:
        case ("open" | "unknown", _) | (_, "unpriced"):
            return None
        case "failed", None:
            return Decimal(0)
        case _, "provider":
            return _said(row.usage or {})
        case _:
            return listed


def _said(usage: Mapping[str, object]) -> Decimal | None:
    return Decimal(str(usage["cost"])).quantize(PICO_DOLLAR) if "cost" in usage else None


def _sum(explanation: Explanation) -> Iterator[str]:
    for line in explanation.lines:
        rate = f"{line.rate.normalize():f}"
        yield f"  {_NAMES[line.meter]:<25}{line.tokens:>11,} x ${rate:>9} / M = ${exact(line.amount):<.16}"
    if explanation.list_usd is not None:
        yield f"  {'list price':<25}{'':>29} ${exact(explanation.list_usd)}"
    if explanation.row.cost_source == "provider" and explanation.cost_usd is not None:
        yield f"  {'the provider says':<25}{'':>29} ${exact(explanation.cost_usd)}"


def _notes(explanation: Explanation) -> Iterator[str]:
    row = explanation.row
    cost = "no price is known" if row.cost_source == "unpriced" else "not known"
    if row.cost_usd is not None:
        cost = f"${exact(row.cost_usd)}"
    elif row.reserved_usd is not None:
        cost += f", at most ${exact(row.reserved_usd)}"
    yield f"cost: {cost} ({_whose_price(row)})"
    if row.usage_source == "estimated":
        yield "the provider did not count the tokens: they are estimated"
    if row.baseline_usd is not None:
        yield f"the same tokens at {row.baseline_model}'s list price: ${exact(row.baseline_usd)}"
    if row.cache_saved_usd:
        yield f"the provider's cache saved ${exact(row.cache_saved_usd)}"
    if row.flags:
        yield f"look at this: {', '.join(row.flags)}"
    if not explanation.agrees:
        own = "nothing" if explanation.cost_usd is None else f"${exact(explanation.cost_usd)}"
        yield f"BEWARE: the row's own rates and usage give {own}"


def _whose_price(row: CostRow) -> str:
    above = f", above {row.rates['above']:,} tokens" if row.rates and "above" in row.rates else ""
    match row.cost_source:
        case "provider":
            return f"{row.provider}'s own word; list price of price book {row.price_book}{above}"
        case "list":
            return f"price book {row.price_book}{above}"
        case "config" if row.price_book.startswith("overlay"):
            return f"set by an operator, {row.price_book}"
        case "config":
            return "the tiers file"
        case _:
            return row.cost_source or row.state
