"""*Why this model?*: a stored choice and its calls as a modal. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.costs.money import show
from bot.db.choices import StoredChoice
from bot.db.costs import Called
from bot.routing.choice import Tier
from bot.slack.blocks import plain_text

_STATES = {"settled": "answered", "failed": "failed", "open": "under way", "unknown": "ended unknown"}
_MOST_CALLS = 12


def why_view(choice: StoredChoice, calls: Sequence[Called]) -> dict[str, Any]:
    """The modal; without `calls` it says nothing of money."""
    tier = Tier(choice.tier)
    fields = {
        "Tier": f"{int(tier)} ({tier.name.lower()})",
        "Kind of work": choice.intent.replace("_", " "),
        "Sure by": f"{choice.confidence:.0%}",
        "Decided by": f"`{choice.decided_by}` in {_took(choice.micros)}",
    }
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": _mrkdwn(f"*{choice.reason}.*")},
        {"type": "section", "fields": [_mrkdwn(f"*{name}*\n{value}") for name, value in fields.items()]},
    ]
    if choice.tier1_fails is not None and choice.tier2_fails is not None:
        said = f"A fast model would fail {choice.tier1_fails:.0%} of the time here, a standard one {choice.tier2_fails:.0%}"
        blocks.append({"type": "context", "elements": [_mrkdwn(f"{said}; dial: {choice.dial}.")]})
    if calls:
        lines = "\n".join(_call(call) for call in calls[:_MOST_CALLS])
        blocks += [{"type": "divider"}, {"type": "section", "text": _mrkdwn(f"*What was asked*\n{lines}")}]
    return {"type": "modal", "title": plain_text("Why this model?"), "close": plain_text("Close"), "blocks": blocks}


def _call(call: Called) -> str:
    cost = "cost unknown" if call.cost_usd is None else show(call.cost_usd)
    state = _STATES.get(call.state, call.state) + (f" ({call.error_class})" if call.error_class else "")
    return f"• `{call.model}` · {call.purpose} · {state} · {cost}"


def _took(micros: float) -> str:
    return f"{micros:.0f} µs" if micros < 1000 else f"{micros / 1000:.0f} ms"


def _mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}
