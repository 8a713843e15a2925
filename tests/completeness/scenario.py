"""What may happen to a few calls, drawn from a seed: the same number is the same scenario, for ever."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.costs.tracker import Purpose
from bot.routing.choice import Tier
from bot.sandbox.providers.vendor import Mode

VENDORS = {
    Tier.FAST: ("gemini", "openai", "openrouter", "moonshot", "anthropic"),
    Tier.STANDARD: ("openrouter", "moonshot", "anthropic", "openai"),
    Tier.FRONTIER: ("anthropic", "openai"),
}
WORDS = ("Yes. ", "The plan is ", "naïve ", "数据", "🚀 ", "```x = 1```\n", "see the report, ", "€ 12, ")

_QUICK = (
    Mode.RATE_LIMITED, Mode.ERROR, Mode.REFUSED_KEY, Mode.FORBIDDEN, Mode.NOT_FOUND, Mode.SLOW, Mode.CUT, Mode.CUT,
    Mode.MALFORMED, Mode.EMPTY, Mode.CONTENT_FILTER, Mode.CONTEXT_OVERFLOW, Mode.UNFINISHED, Mode.SILENT,
)  # fmt: skip
_PATIENT = (Mode.HANG, Mode.STALL)
"""These cost half a second of waiting each, so they are drawn less often."""


class Twist(StrEnum):
    """What befalls a call besides its providers' moods. `at` says when: a piece, a unit of work, a number of pauses."""

    NONE = "none"
    ABORT = "abort at piece"
    CANCEL = "cancel at piece"
    CANCEL_ARRIVED = "cancel when the request has arrived"
    CANCEL_EARLY = "cancel after so many turns of the loop"
    AWAY = "database away when the request has arrived, for so many pauses"
    AWAY_BEFORE = "database away before the call"
    LOST_COMMIT = "the answer to a commit is lost, when the request has arrived"
    KILL_UNIT = "killed before unit of work"
    KILL_PIECE = "killed at piece"
    SWEEP = "expired and swept when the request has arrived"
    TWIN = "a second call beside it"


class After(StrEnum):
    """What is done between two calls."""

    SWEEP = "sweep"
    EXPIRE = "expire and sweep"
    AGAIN = "settle once more"
    OTHERWISE = "settle once more, with another outcome"
    LATE = "settle late what a dead worker could not"
    RESTART = "restart"
    BACK = "write down what waits"


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: its tier, whether it is streamed, each vendor's next moods, and its twist."""

    tier: Tier
    purpose: Purpose
    streamed: bool
    words: tuple[str, ...]
    moods: tuple[tuple[str, Mode], ...]
    twist: Twist
    at: int


Step = Ask | After


def scenario(seed: int, number: int) -> Sequence[Step]:
    """The steps of scenario `number` of a run."""
    chance = random.Random(f"{seed}:{number}")
    steps: list[Step] = []
    for _ in range(chance.choice((1, 1, 2, 2, 3))):
        steps.append(_ask(chance))
        steps.extend(chance.sample(list(After), chance.choice((0, 0, 1, 2))))
    return steps


def _ask(chance: random.Random) -> Ask:
    tier = chance.choice(list(Tier))
    moods = []
    for vendor in VENDORS[tier][: chance.choice((0, 1, 1, 2, 3, 5))]:
        moods += [(vendor, _mood(chance)) for _ in range(chance.choice((1, 1, 1, 2)))]
    words = tuple("".join(chance.choices(WORDS, k=chance.randint(1, 60))) for _ in range(2))
    twist = chance.choice((Twist.NONE, *Twist))
    purpose = chance.choice((Purpose.REPLY, Purpose.REPLY, Purpose.CLASSIFY))
    return Ask(tier, purpose, chance.random() < 0.6, words, tuple(moods), twist, chance.randint(1, 5))


def _mood(chance: random.Random) -> Mode:
    return chance.choice(_PATIENT) if chance.random() < 0.08 else chance.choice(_QUICK)
