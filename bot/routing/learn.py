"""`lucy learn`: a workspace's labels are tried on top of the shipped weights, and used only where they rank better."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal
from uuid import UUID

from bot import log
from bot.db.database import Database
from bot.db.labels import Known
from bot.db.routing_weights import RoutingWeights
from bot.routing.kept import read
from bot.routing.learning import Lesson, Trial, learned, tried

_log = log.get(__name__)

ENOUGH, OF_EACH = 120, 30
"""Labelled answers, and of those that failed and of those that did not, below which nothing is tried."""

MOST, TRAFFIC = 2000, 500
"""The newest labelled answers that are learned from, and the newest asks over which a head moves nothing on the whole."""

_GOOD = frozenset({"thumbs_up", "judged_good"})
_LEAST, _MOST = 0.001, 0.999

Outcome = Literal["shipped", "better", "not better", "withdrawn", "too few labels"]
"""`better` is a trial that was only tried."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it; `trial` is None where there were too few labels to try."""

    outcome: Outcome
    labels: int
    failed: int
    trial: Trial | None = None


async def learn(db: Database, workspace_id: UUID, *, ship: bool = True) -> Learned:
    """Refit one workspace; with `ship`, what proved itself holds from now on, and what no longer does is withdrawn.

    Takes seconds of processor time, in a thread. Raises DatabaseAway.
    """
    async with db.unit(workspace_id) as unit:
        known, traffic = await unit.labels.known(MOST), await unit.asked.newest_features(TRAFFIC)
    lessons = lessons_of(known)
    failed = sum(lesson.failed for lesson in lessons)
    if len(lessons) < ENOUGH or min(failed, len(lessons) - failed) < OF_EACH:
        return Learned("too few labels", len(lessons), failed)
    trial = await asyncio.to_thread(tried, lessons)
    outcome: Outcome = "better" if trial.better else "not better"
    if ship and trial.better:
        outcome = "shipped"
        seen = [one for one in map(read, traffic) if one is not None]
        weights = await asyncio.to_thread(learned, lessons, seen)
        async with db.unit(workspace_id) as unit:
            await unit.weights.put(RoutingWeights(weights, trial.labels, trial.before, trial.after))
    elif ship:
        async with db.unit(workspace_id) as unit:
            outcome = "withdrawn" if await unit.weights.drop() else outcome
    return Learned(outcome, len(lessons), failed, trial)


async def learn_everywhere(db: Database) -> None:
    """Refit every workspace, one after the other. Raises DatabaseAway."""
    async with db.operations() as operations:
        workspaces = await operations.workspaces()
    for workspace_id in workspaces:
        found = await learn(db, workspace_id)
        _log.info("learned", workspace_id=str(workspace_id), outcome=found.outcome, labels=found.labels)


def told(found: Learned) -> str:
    """What came of it, in a sentence."""
    trial = found.trial
    if trial is None:
        return (
            f"{found.labels} labelled answers, {found.failed} of them failed: too few to learn from "
            f"({ENOUGH} with {OF_EACH} of each are needed)"
        )
    figures = (
        f"{found.labels} labelled answers, {found.failed} of them failed; APGR on held-out ones {trial.before:.3f} as shipped, "
        f"{trial.after:.3f} with what was learned (95 % sure of {trial.low:+.3f})"
    )
    means = {
        "shipped": "better, so it counts from now on",
        "better": "better, and nothing was changed",
        "not better": "not surely better, so nothing changes",
        "withdrawn": "no longer surely better, so the shipped weights alone count again",
    }
    return f"{figures}: {means[found.outcome]}"


def lessons_of(known: Sequence[Known]) -> list[Lesson]:
    """One lesson per answer, oldest first; any sign of failure outweighs praise. `known` is sorted by task.

    An answer that was asked again one tier up has failed at its first tier, whatever is said of the second.
    """
    lessons = []
    for _, signs in groupby(known, key=lambda one: one.task_id):
        told = list(signs)
        first = min(told, key=lambda one: one.tier)
        seen = read(first.features) if first.features else None
        if seen is None:
            continue
        fails = first.tier1_fails if first.tier == 1 else first.tier2_fails
        failed = any(one.kind not in _GOOD for one in told)
        lessons.append(Lesson(seen, _log_odds(fails), failed))
    return lessons


def _log_odds(probability: float) -> float:
    bounded = max(_LEAST, min(_MOST, probability))
    return math.log(bounded / (1 - bounded))
