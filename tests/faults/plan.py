"""What will befall whom, drawn from a seed: the same number of the same seed is the same round, for ever."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

REPLICAS = 3
LEASE_S, SETTLE_S = 2.0, 1.0
_ANSWERS = (3, 45)
"""So few that a third of all asks meet a blow, so many that hardly any meets five of them."""


class Blow(StrEnum):
    """What is done to a Lucy in the middle of her work."""

    KILL = "kill -9"
    FREEZE = "frozen past the lease"
    STOP = "SIGTERM, restart"


EVERYTHING = "all three, mixed"
KINDS: tuple[tuple[str, tuple[Blow, ...]], ...] = (
    (Blow.KILL, (Blow.KILL,)),
    (Blow.FREEZE, (Blow.FREEZE,)),
    (Blow.STOP, (Blow.STOP,)),
    (EVERYTHING, tuple(Blow)),
)
"""Rounds take turns, so that what goes wrong can be told from what it was done by."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A blow, `after_s` seconds after so many `answers` of all Lucys together; a frozen one stands still for `lasts_s`.

    Answers, not seconds: on a busy machine nobody is struck more often in the middle of the same ask.
    """

    blow: Blow
    answers: int
    after_s: float
    lasts_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One round: what each replica suffers, in order, and whether answers are streamed."""

    seed: int
    number: int
    name: str
    streamed: bool
    strikes: tuple[tuple[Strike, ...], ...]

    @property
    def kills(self) -> int:
        return sum(map(len, self.strikes))

    @property
    def settings(self) -> dict[str, str]:
        """What the replicas of this round are started with."""
        streams = {"LUCY_STREAM_EVERY_S": "0.1" if self.streamed else "0"}
        return {"LUCY_LEASE_S": f"{LEASE_S}", "LUCY_SETTLE_S": f"{SETTLE_S}", **streams}


def plan(seed: int, number: int, kills: int) -> Plan:
    """Round `number` of a run, with so many kills spread over the replicas."""
    chance = random.Random(f"{seed}:{number}")
    name, blows = KINDS[number % len(KINDS)]
    strikes: tuple[list[Strike], ...] = tuple([] for _ in range(REPLICAS))
    for count in range(kills):
        lasts_s = LEASE_S + chance.uniform(0.5, 2.5)
        strikes[count % REPLICAS].append(
            Strike(chance.choice(blows), chance.randint(*_ANSWERS), chance.random() / 2, lasts_s)
        )
    return Plan(seed, number, name, chance.random() < 0.5, tuple(map(tuple, strikes)))
