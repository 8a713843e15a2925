"""One ask's call: candidates in order, one attempt after the other, until one answers or none is left."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from bot import log
from bot.costs.tracker import Attempt, Keep, Opened, Payer, Purpose, Settled, Tracker
from bot.errors import LucyError
from bot.llm.model_client import Completion, FaultKind, Message, ModelClient, ModelFault
from bot.routing.breaker import CLOSED_FOR_S, Breakers
from bot.routing.choice import Tier
from bot.routing.prompts import trimmed
from bot.routing.tiers import Candidate, Tiers, TierSpec

_log = log.get(__name__)
_MIN_ATTEMPT_S = 0.05
_THEIRS = frozenset(
    {
        FaultKind.TIMEOUT,
        FaultKind.SERVER,
        FaultKind.CONNECTION,
        FaultKind.MALFORMED,
        FaultKind.EMPTY,
        FaultKind.RATE_LIMITED,
    }
)


class NoAnswer(LucyError):
    """Every candidate failed, or the deadline passed."""

    sentence = "None of my models could answer just now. Please try again in a minute."


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask, of which tier, on whose account. `keep` stores the answer in the settling transaction."""

    payer: Payer
    purpose: Purpose
    tier: Tier
    intent: str | None
    messages: tuple[Message, ...]
    keep: Keep | None = None
    max_output_tokens: int | None = None
    deadline_s: float | None = None
    attempts_allowed: int | None = None
    cross_tier: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call; `model` is the id that served, `cost_usd` of the serving attempt alone."""

    text: str
    model: str
    tier: Tier
    attempts: int
    cost_usd: Decimal | None
    cost_source: str | None
    latency_ms: int


@dataclass(slots=True)
class _Route:
    """The state of one call on its way; never shared between calls."""

    call: Call
    spec: TierSpec
    ends_at: float
    messages: tuple[Message, ...]
    attempts: int = 0
    refused_vendors: set[str] = field(default_factory=set)
    needs_context_above: int = 0
    faults: list[FaultKind] = field(default_factory=list)


class Router:
    """The only caller of a model client."""

    def __init__(
        self,
        tiers: Tiers,
        client: ModelClient,
        tracker: Tracker,
        breakers: Breakers,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._tiers, self._client, self._tracker, self._breakers = tiers, client, tracker, breakers
        self._clock, self._sleep = clock, sleep

    async def route(self, call: Call) -> Answer:
        """The answer of the first candidate that gives one. Raises NoAnswer, LeaseLost, DatabaseAway."""
        spec = self._tiers.spec(call.tier)
        route = _Route(call, spec, self._clock() + (call.deadline_s or spec.deadline_s), call.messages)
        last: Candidate | None = None
        for candidate in self._candidates(route):
            answer = await self._try(route, candidate)
            if answer:
                return answer
            last = candidate
        answer = await self._once_more(route, last)
        if answer:
            return answer
        raise NoAnswer(f"{route.attempts} attempts: {', '.join(route.faults) or 'every breaker is open'}")

    def _candidates(self, route: _Route) -> Iterator[Candidate]:
        """Those of the tier in order, then of the tiers above; none that is open, too small, or of a vendor that refused."""
        spec: TierSpec | None = route.spec
        while spec:
            for candidate in spec.candidates:
                if self._left(route) < _MIN_ATTEMPT_S or self._used_up(route):
                    return
                if self._suits(route, candidate) and self._breakers.admits(candidate.deployment.name):
                    route.spec = spec
                    yield candidate
            spec = self._tiers.above(spec.tier) if route.call.cross_tier else None

    def _suits(self, route: _Route, candidate: Candidate) -> bool:
        if candidate.deployment.provider in route.refused_vendors:
            return False
        return not route.needs_context_above or (candidate.context_tokens or 0) > route.needs_context_above

    def _used_up(self, route: _Route) -> bool:
        allowed = route.call.attempts_allowed
        return allowed is not None and route.attempts >= allowed

    def _left(self, route: _Route) -> float:
        return route.ends_at - self._clock()

    async def _once_more(self, route: _Route, last: Candidate | None) -> Answer | None:
        """The last candidate gets a second chance, after a breath, when its fault may pass and time allows."""
        if (
            last is None
            or self._used_up(route)
            or not route.faults
            or route.faults[-1] not in _THEIRS | {FaultKind.CONTEXT_OVERFLOW}
        ):
            return None
        if route.faults[-1] is FaultKind.CONTEXT_OVERFLOW:
            route.messages = trimmed(route.messages)
        pause = random.uniform(0.2, 0.6)  # noqa: S311 - jitter, not a secret
        if self._left(route) < pause + 1 or self._breakers.is_open(last.deployment.name):
            return None
        await self._sleep(pause)
        return await self._try(route, last)

    async def _try(self, route: _Route, candidate: Candidate) -> Answer | None:
        route.attempts += 1
        attempt = self._attempt(route, candidate)
        opened = await self._tracker.open(attempt)
        started = self._clock()
        name = candidate.deployment.name
        try:
            completion = await self._client.complete(
                candidate.deployment,
                route.messages,
                max_output_tokens=attempt.max_output_tokens,
                timeout_s=attempt.timeout_s,
            )
        except ModelFault as fault:
            await asyncio.shield(self._tracker.fail(opened, fault, self._ms_since(started)))
            self._learn(route, candidate, fault)
            return None
        except asyncio.CancelledError:
            self._breakers.left_alone(name)
            await asyncio.shield(self._tracker.unknown(opened, "cancelled", self._ms_since(started)))
            raise
        self._breakers.succeeded(name)
        return await self._settle(route, opened, completion, self._ms_since(started))

    async def _settle(self, route: _Route, opened: Opened, completion: Completion, latency_ms: int) -> Answer:
        settling = self._tracker.settle(opened, completion, latency_ms, route.call.keep)
        settled: Settled = await asyncio.shield(settling)
        model = opened.attempt.deployment.model
        tier = Tier(opened.attempt.tier)
        return Answer(completion.text, model, tier, route.attempts, settled.cost_usd, settled.cost_source, latency_ms)

    def _attempt(self, route: _Route, candidate: Candidate) -> Attempt:
        left = self._left(route)
        call = route.call
        return Attempt(
            payer=call.payer,
            purpose=call.purpose,
            tier=int(route.spec.tier),
            intent=call.intent,
            number=route.attempts,
            deployment=candidate.deployment,
            price=candidate.price,
            input_bytes=sum(len(message.content.encode("utf-8", "replace")) + 16 for message in route.messages),
            max_output_tokens=call.max_output_tokens or route.spec.max_output_tokens,
            timeout_s=min(left, candidate.timeout_s or left / 2),
        )

    def _learn(self, route: _Route, candidate: Candidate, fault: ModelFault) -> None:
        """What a fault says of this deployment, of its key, and of where else to try. Raises NoAnswer on our own fault."""
        deployment = candidate.deployment
        route.faults.append(fault.kind)
        _log.info("attempt_failed", deployment=deployment.name, fault=fault.kind, status=fault.status)
        match fault.kind:
            case FaultKind.RATE_LIMITED if fault.retry_after_s is not None:
                self._breakers.close_for(deployment.name, fault.retry_after_s)
            case FaultKind.AUTH:
                self._close_key(deployment.key_name, deployment.name)
            case FaultKind.NOT_FOUND:
                self._breakers.close_for(deployment.name, CLOSED_FOR_S)
                _log.error("model_not_found", deployment=deployment.name)
            case FaultKind.CONTEXT_OVERFLOW:
                self._breakers.left_alone(deployment.name)
                route.needs_context_above = max(route.needs_context_above, candidate.context_tokens or 0)
            case FaultKind.CONTENT_FILTER:
                self._breakers.left_alone(deployment.name)
                self._refused(route, deployment.provider)
            case FaultKind.BAD_REQUEST:
                self._breakers.left_alone(deployment.name)
                raise NoAnswer("the provider refused the request", sentence="The model could not take this request.")
            case _:
                self._breakers.failed(deployment.name)

    def _refused(self, route: _Route, vendor: str) -> None:
        if route.refused_vendors:
            raise NoAnswer("two vendors' filters refused", sentence="The models I asked declined to answer this.")
        route.refused_vendors.add(vendor)

    def _close_key(self, key_name: str | None, name: str) -> None:
        """A refused key closes every deployment that uses it."""
        _log.error("key_refused", key_name=key_name, deployment=name)
        self._breakers.close_for(name, CLOSED_FOR_S)
        for spec in self._tiers.specs:
            for candidate in spec.candidates:
                if key_name and candidate.deployment.key_name == key_name:
                    self._breakers.close_for(candidate.deployment.name, CLOSED_FOR_S)

    def _ms_since(self, started: float) -> int:
        return round((self._clock() - started) * 1000)
