"""Floors and ceilings: what admins let a channel use. They bind every choice, a wish too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.db.tier_bounds import EVERYWHERE, TierBound
from bot.routing.choice import Choice, Tier


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest tier that may answer; where the two contradict each other the ceiling holds."""

    floor: Tier = Tier.FAST
    ceiling: Tier = Tier.FRONTIER

    def bind(self, choice: Choice) -> Choice:
        """The choice within the bounds; where they moved it, its reason says so."""
        tier = min(max(choice.tier, self.floor), self.ceiling)
        if tier is choice.tier or choice.answer != "model":
            return choice
        bound = "ceiling" if tier < choice.tier else "floor"
        return replace(choice, tier=tier, reason=f"{choice.reason}; the {bound} here is tier {int(tier)}")


def bounds_of(channel_id: str, found: Sequence[TierBound]) -> Bounds:
    """What holds in a channel: its own bounds, and the workspace's where it has none."""
    by_channel = {bound.channel_id: bound for bound in found}
    nothing = TierBound(channel_id, None, None)
    own, general = by_channel.get(channel_id, nothing), by_channel.get(EVERYWHERE, nothing)
    floor, ceiling = own.floor or general.floor, own.ceiling or general.ceiling
    return Bounds(Tier(floor or Tier.FAST), Tier(ceiling or Tier.FRONTIER))
