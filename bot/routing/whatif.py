"""Stored choices decided again at another dial, with the tokens that were really billed and today's prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.db.choices import Billed
from bot.routing.choice import Intent, Tier
from bot.routing.decide import cheapest, failing
from bot.routing.stakes import Stakes

ASSUMES = (
    "Assumed: every tier would have used the tokens that were billed; prices are today's list prices of the tiers in use; "
    "failures are the score's estimates, not counted; asks that a rule, a wish, a thread or a model decided stay where they were."
)


@dataclass(slots=True)
class Outcome:
    """So many asks per tier, what they cost in USD, and how many are expected to fail."""

    asks: dict[Tier, int] = field(default_factory=lambda: dict.fromkeys(Tier, 0))
    usd: float = 0.0
    failures: float = 0.0

    def add(self, tier: Tier, usd: float, fails: tuple[float, float, float]) -> None:
        """One more ask."""
        self.asks[tier] += 1
        self.usd += usd
        self.failures += fails[tier - 1]


@dataclass(frozen=True, slots=True)
class Replay:
    """What was, at today's prices, what would have been, and what was really billed; `unscored` asks have no estimate."""

    before: Outcome
    after: Outcome
    unscored: int
    billed_usd: float


def replayed(choices: Sequence[Billed], stakes: Stakes) -> Replay:
    """The choices as they were and as these stakes would have them."""
    before, after = Outcome(), Outcome()
    unscored = 0
    for choice in choices:
        tier = Tier(choice.tier)
        costs = tuple(stakes.prices.of(other, choice.input_tokens, choice.output_tokens) for other in Tier)
        if choice.tier1_fails is None or choice.tier2_fails is None:
            unscored += 1
            before.add(tier, costs[tier - 1], (0.0, 0.0, 0.0))
            after.add(tier, costs[tier - 1], (0.0, 0.0, 0.0))
            continue
        fails = failing((choice.tier1_fails, choice.tier2_fails), stakes.shifts, choice.moved)
        again = cheapest(fails, costs, stakes.loss(Intent(choice.intent))) if choice.decided_by == "score" else tier
        before.add(tier, costs[tier - 1], fails)
        after.add(again, costs[again - 1], fails)
    return Replay(before, after, unscored, float(sum(choice.cost_usd or 0 for choice in choices)))
