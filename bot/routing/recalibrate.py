"""A workspace's own traffic moves its scores, a little: where its asks look harder or easier to the scorer than our own messages."""

from __future__ import annotations

import math

from bot.db.database import Database
from bot.routing.scorer import Likelihood, shipped

ENOUGH = 300
"""Scored choices below which nothing is moved."""

DAYS = 30
HALF_WAY, AT_MOST = 0.5, 0.5
"""How much of the difference is made good, and the most that the log-odds move: the mix of a workspace's asks may be
really different, and no quantile can tell that from a scorer that misreads its jargon."""


async def recalibrate(db: Database) -> None:
    """Measure every workspace's scores against ours and move them. Raises DatabaseAway."""
    async with db.operations() as operations:
        workspaces = await operations.workspaces()
    first, second = shipped().first, shipped().second
    for workspace_id in workspaces:
        async with db.unit(workspace_id) as unit:
            seen = await unit.choices.usual_scores((first.share, second.share), DAYS)
            if seen.choices >= ENOUGH:
                await unit.dials.shift(shift(first, seen.tier1_fails), shift(second, seen.tier2_fails), seen.choices)


def shift(likelihood: Likelihood, seen: float) -> float:
    """How far the log-odds move when a workspace's quantile is `seen` where ours is the usual one."""
    moved = HALF_WAY * (_log_odds(likelihood.usual) - _log_odds(seen))
    return round(max(-AT_MOST, min(AT_MOST, moved)), 4)


def _log_odds(probability: float) -> float:
    bounded = max(0.001, min(0.999, probability))
    return math.log(bounded / (1 - bounded))
