"""The line under an answer: which model really served, and what the whole ask cost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.costs.money import show
from bot.db.costs import Called
from bot.db.labels import Label

STOPPED = frozenset({"aborted", "cancelled"})
_TIERS = {1: "fast", 2: "standard", 3: "frontier"}


def answering(rows: Sequence[Called]) -> Called | None:
    """The attempt whose answer people read, whole or as far as it came; None when there is none."""
    replies = [row for row in rows if row.purpose == "reply"]
    whole = (row for row in reversed(replies) if row.state == "settled")
    begun = (row for row in reversed(replies) if row.state == "failed" and row.output_tokens)
    return next(whole, None) or next(begun, None)


def footer(rows: Sequence[Called], labels: Sequence[Label]) -> str | None:
    """The line, of an ask's rows in the ledger and what its answer was labelled; None when no model served."""
    served = answering(rows)
    if served is None:
        return None
    ended = " · stopped" if served.error_class in STOPPED else " · broke off" if served.state == "failed" else ""
    fell_back = " · fallback" if served.attempt > 1 else ""
    seconds = f"{(served.latency_ms or 0) / 1000:.1f} s"
    highest = max(row.tier for row in rows if row.purpose == "reply")
    again = next((_again(one, served.tier, highest) for one in labels if one.kind == "escalated"), "")
    return f"`{served.model}` · {_TIERS[served.tier]}{fell_back} · {price(rows)} · {seconds}{ended}{again}"


def price(rows: Sequence[Called]) -> str:
    """What a whole ask cost, judging it for learning left out; `unpriced` where nobody knows what its answer cost."""
    served = answering(rows)
    if served is not None and served.cost_usd is None:
        return "unpriced"
    return show(sum((row.cost_usd for row in rows if row.cost_usd is not None and row.purpose != "judge"), Decimal(0)))


def _again(escalated: Label, served: int, highest: int) -> str:
    """That a stronger model was asked too, and why; and when it gave no answer. Nothing where a budget had no room for it."""
    if highest <= escalated.tier:
        return ""
    how = "asked again one tier up" if served > escalated.tier else "asked again one tier up, in vain"
    return f" · {how}: {escalated.reason}"
