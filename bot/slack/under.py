"""What stands under an answer: model, tier, cost and time, and buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bot.costs.footer import answering, footer
from bot.costs.money import show
from bot.db.costs import Called
from bot.db.inbox import TakenAsk
from bot.db.outgoing import Outgoing
from bot.llm.model_client import Usage
from bot.routing.choice import Tier
from bot.routing.tiers import Tiers
from bot.slack.blocks import button, buttons, plain_text

FEEDBACK, STRONGER, AGAIN, WHY = "lucy_feedback", "lucy_stronger", "lucy_again", "lucy_why"

Block = dict[str, Any]


class Under:
    """The blocks under an answer; none under one that no model gave. Whoever asked sees the buttons that cost money."""

    def __init__(self, tiers: Tiers) -> None:
        self._tiers = tiers

    def __call__(self, ask: TakenAsk, outgoing: Outgoing) -> Sequence[Block]:
        """Footer, feedback, buttons."""
        served = answering(outgoing.calls)
        if served is None:
            return ()
        line = footer(outgoing.calls, outgoing.labels) if outgoing.footer else None
        context = [{"type": "context", "elements": [{"type": "mrkdwn", "text": line}]}] if line else []
        return [*context, _feedback(ask.task_id), buttons(*self._buttons(ask, served))]

    def _buttons(self, ask: TakenAsk, served: Called) -> list[Block]:
        task_id = str(ask.task_id)
        again = self._asking(ask, AGAIN, "Regenerate", Tier(served.tier), served)
        why = button(WHY, "Why this model?", task_id)
        if served.tier >= Tier.FRONTIER:
            return [again, why]
        return [self._asking(ask, STRONGER, "Ask a stronger model", Tier(served.tier + 1), served), again, why]

    def _asking(self, ask: TakenAsk, action: str, label: str, tier: Tier, served: Called) -> Block:
        """A button for the asker that says first what an answer of that tier would cost, if it is as long as this one."""
        price = self._tiers.spec(tier).candidates[0].price
        usage = Usage(input_tokens=served.input_tokens, output_tokens=served.output_tokens)
        cost = f"about {show(price.cost(usage))}" if price else "an unknown amount"
        confirm = {
            "title": plain_text(label),
            "text": plain_text(f"A {tier.name.lower()} model answers the same question here, for {cost}."),
            "confirm": plain_text("Ask"),
            "deny": plain_text("Cancel"),
        }
        return {**button(action, label, str(ask.task_id)), "confirm": confirm, "visible_to_user_ids": [ask.user_id]}


def _feedback(task_id: UUID) -> Block:
    def thumb(label: str, aloud: str, way: str) -> Block:
        return {"text": plain_text(label), "accessibility_label": aloud, "value": f"{way}:{task_id}"}

    element = {
        "type": "feedback_buttons",
        "action_id": FEEDBACK,
        "positive_button": thumb("Good answer", "This answer was good", "thumbs_up"),
        "negative_button": thumb("Bad answer", "This answer was bad", "thumbs_down"),
    }
    return {"type": "context_actions", "elements": [element]}
