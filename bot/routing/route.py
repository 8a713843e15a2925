"""The way of one call through its candidates: what may still be tried, and what each fault teaches. Nothing here acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from bot.db.budgets import OverBudget
from bot.errors import LucyError
from bot.llm.model_client import Deployment, FaultKind, Message, ModelFault
from bot.routing.choice import Tier
from bot.routing.prompts import trimmed
from bot.routing.tiers import Candidate, Tiers


class NoAnswer(LucyError):
    """Every candidate failed, or the deadline passed."""

    sentence = "None of my models could answer just now. Please try again in a minute."


@dataclass(frozen=True, slots=True)
class Step:
    """A candidate, and the tier it would answer for."""

    tier: Tier
    max_output_tokens: int
    candidate: Candidate

    @property
    def deployment(self) -> Deployment:
        return self.candidate.deployment


def steps(
    tiers: Tiers, tier: Tier, *, cross_tier: bool, ceiling: Tier = Tier.FRONTIER, family: str | None = None
) -> tuple[Step, ...]:
    """The candidates of the tier in order, those of the family first, then those of the tiers above up to the ceiling."""
    first, *above = tiers.upwards(min(tier, ceiling))
    specs = (first, *(spec for spec in above if cross_tier and spec.tier <= ceiling))
    return tuple(
        Step(spec.tier, spec.max_output_tokens, candidate)
        for spec in specs
        for candidate in sorted(spec.candidates, key=lambda one: not one.is_of(family))
    )


def lowest(tiers: Tiers) -> tuple[Step, ...]:
    """The candidates of the lowest tier that has any: where a budget may step down to."""
    return steps(tiers, min(Tier), cross_tier=False)


class Route:
    """What one call still may try. Lives as long as the call; never shared."""

    def __init__(self, ahead: tuple[Step, ...], messages: tuple[Message, ...]) -> None:
        self.messages = messages
        self.faults: list[FaultKind] = []
        self.refusal: OverBudget | None = None
        self._ahead = list(ahead)
        self._resting: list[Step] = []
        self._failed: list[Step] = []
        self._may_pass: Step | None = None
        self._overflowed: Step | None = None
        self._refused_by: str | None = None
        self._repeated = self._shortened = False

    def next(self, admits: Callable[[str], bool]) -> Step | None:
        """The next candidate that suits the call and that its breaker admits."""
        while self._ahead:
            step = self._ahead.pop(0)
            if not self._suits(step):
                continue
            if admits(step.deployment.name):
                return step
            self._resting.append(step)
        return None

    def again(self, opens_in: Callable[[str], float]) -> Step | None:
        """With no candidate left: the one that can be asked again soonest; then the longest window, the prompt cut.

        Each of the two once; None after that.
        """
        chances = [step for step in (self._may_pass, *self._resting) if step is not None and self._suits(step)]
        if chances and not self._repeated:
            self._repeated = True
            return min(chances, key=lambda step: opens_in(step.deployment.name))
        if self._overflowed is not None and not self._shortened:
            self._shortened = True
            self.messages = trimmed(self.messages)
            return self._overflowed
        return None

    def learn(self, step: Step, fault: ModelFault) -> None:
        """What a fault says of where else to go. Raises NoAnswer when there is nowhere."""
        self.faults.append(fault.kind)
        self._failed.append(step)
        match fault.kind:
            case (
                FaultKind.RATE_LIMITED
                | FaultKind.TIMEOUT
                | FaultKind.SERVER
                | FaultKind.CONNECTION
                | FaultKind.CUT
                | FaultKind.MALFORMED
                | FaultKind.EMPTY
            ):
                self._may_pass = step
            case FaultKind.CONTEXT_OVERFLOW:
                self._overflowed = max(self._overflowed or step, step, key=_window)
            case FaultKind.CONTENT_FILTER:
                self._refused(vendor_of(step.deployment))
            case FaultKind.AUTH | FaultKind.NOT_FOUND:
                pass
            case FaultKind.BAD_REQUEST:
                raise NoAnswer("the provider refused the request", sentence="The model could not take this request.")
            case _:
                assert_never(fault.kind)

    def refuse(self, step: Step, refusal: OverBudget, below: tuple[Step, ...]) -> None:
        """A budget has no room for this candidate: another may be cheaper; if it says so, those of the lowest tier are next.

        The refusal kept is that of the cheapest candidate: it says how little is missing.
        """
        if self.refusal is None or _need(refusal) < _need(self.refusal):
            self.refusal = refusal
        if refusal.may_step_down and below and step.tier > below[0].tier:
            self._ahead = [lower for lower in below if lower not in self._failed]
            self._resting.clear()

    def _suits(self, step: Step) -> bool:
        if self._refused_by is not None and vendor_of(step.deployment) == self._refused_by:
            return False
        return self._overflowed is None or _window(step) > _window(self._overflowed)

    def _refused(self, vendor: str) -> None:
        if self._refused_by is not None:
            raise NoAnswer("two vendors' filters refused", sentence="The models I asked declined to answer this.")
        self._refused_by = vendor


def vendor_of(deployment: Deployment) -> str:
    """Whose model it is: behind a marketplace the part after it counts."""
    provider, _, rest = deployment.model.partition("/")
    return rest.split("/", 1)[0] if provider == "openrouter" else provider


def _need(refusal: OverBudget) -> Decimal:
    """What a refused candidate could have cost, in USD; endless when nobody knows its price."""
    return Decimal("Infinity") if refusal.needed_usd is None else refusal.needed_usd


def _window(step: Step) -> int:
    return step.candidate.context_tokens or 0
