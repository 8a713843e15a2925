"""One ask's call: candidates in order, one attempt after the other, until one answers or none is left."""

from __future__ import annotations

import asyncio
from typing import Any, assert_never

from bot import log
from bot.costs.pictures import picture_tokens
from bot.costs.tracker import Attempt, Opened, Purpose, Settled, Tracker
from bot.db.budgets import OverBudget
from bot.llm.model_client import (
    Aborted,
    Completion,
    Deployment,
    FaultKind,
    Heard,
    Message,
    ModelClient,
    ModelFault,
    Tool,
)
from bot.routing.breaker import CLOSED_FOR_S, Breakers
from bot.routing.call import Answer, Call, Time, cut_short, marked
from bot.routing.choice import Tier
from bot.routing.route import NoAnswer, Route, Step, lowest, steps
from bot.routing.tiers import Tiers

__all__ = ["Answer", "Call", "NoAnswer", "Router", "Time"]

_log = log.get(__name__)

_MIN_ATTEMPT_S = 0.2
"""With less left than this no model answers."""

NOBODY_SEES = "None of the models I may ask can look at pictures."

_TOOL_BYTES = 400
"""What a provider writes around the description of a tool, in bytes of a prompt."""


class Router:
    """The only caller of a model client. Shared by all calls; what a call knows travels in its route."""

    def __init__(
        self, tiers: Tiers, client: ModelClient, tracker: Tracker, breakers: Breakers, time: Time | None = None
    ) -> None:
        self._tiers, self._client, self._tracker, self._breakers = tiers, client, tracker, breakers
        self._time = time or Time()
        self._known_steps: dict[tuple[Tier, bool, Tier, str | None], tuple[Step, ...]] = {}

    async def route(self, call: Call) -> Answer:
        """The answer of the first candidate that gives one. Raises NoAnswer, OverBudget, LeaseLost, DatabaseAway."""
        ends_at = self._time.clock() + (call.deadline_s or self._tiers.spec(call.tier).deadline_s)
        tiers = call.may_ask(self._tiers)
        if not tiers.usable():
            raise NoAnswer("nobody can see", sentence=NOBODY_SEES)
        route = Route(self._steps(call, tiers), call.messages)
        while step := await self._next(call, route, ends_at):
            tools = call.tools if self._may_use_tools(call, step) else ()
            attempt = _attempt(call, route, step, ends_at - self._time.clock(), tools)
            try:
                return await self._try(call, route, attempt)
            except OverBudget as refusal:
                _log.info("attempt_refused", deployment=step.deployment.name, budget=str(refusal.standing.budget.key))
                route.refuse(step, refusal, lowest(tiers) if call.may_step_down else ())
            except ModelFault as fault:
                route.learn(step, fault)
        if route.refusal and not route.faults:
            raise route.refusal
        raise NoAnswer(f"{len(route.faults)} attempts: {', '.join(route.faults) or 'every breaker is open'}")

    async def settle_late(self) -> None:
        """Write down first what was paid for while the database was away. Raises DatabaseAway."""
        await self._tracker.settle_late()

    def _steps(self, call: Call, tiers: Tiers) -> tuple[Step, ...]:
        """The way of a call; where everybody may be asked it is known after the first time."""
        if tiers is not self._tiers:
            return _way(call, tiers)
        asked = (call.tier, call.cross_tier, call.ceiling, call.family)
        if (known := self._known_steps.get(asked)) is None:
            known = self._known_steps[asked] = _way(call, tiers)
        return known

    def _may_use_tools(self, call: Call, step: Step) -> bool:
        """The strongest that may be asked has nobody to turn to."""
        above = call.may_ask(self._tiers).above(step.tier, call.ceiling)
        return step.candidate.takes_tools and above is not None

    async def _next(self, call: Call, route: Route, ends_at: float) -> Step | None:
        """Who is asked now. Waits only when nobody is left who could be asked at once."""
        left = ends_at - self._time.clock()
        if left < _MIN_ATTEMPT_S or len(route.faults) == call.attempts_allowed:
            return None
        if step := route.next(self._breakers.admits):
            return step
        if (step := route.again(self._breakers.opens_in)) is None:
            return None
        wait = max(self._time.breath_s(), self._breakers.opens_in(step.deployment.name))
        if wait > left / 2:
            return None
        await self._time.sleep(wait)
        return step if self._breakers.admits(step.deployment.name) else None

    async def _try(self, call: Call, route: Route, attempt: Attempt) -> Answer:
        """One attempt, in the ledger before it leaves and after it ends. Raises ModelFault."""
        name = attempt.deployment.name
        try:
            opened = await self._tracker.open(attempt)
            started = self._time.clock()
            completion = await self._ask(call, opened, route.messages, started)
        except ModelFault as fault:
            return await self._failed(call, opened, fault, self._ms_since(started))
        except BaseException:
            self._breakers.left_alone(name)
            raise
        self._breakers.succeeded(name)
        latency_ms = self._ms_since(started)
        said = "" if completion.called and not call.show else completion.text
        settled = await self._tracker.settle(opened, completion, latency_ms, call.keep if said.strip() else None)
        return _answer(attempt, settled, said, latency_ms, finish=completion.finish_reason, called=completion.called)

    async def _ask(self, call: Call, opened: Opened, messages: tuple[Message, ...], started: float) -> Completion:
        attempt, heard = opened.attempt, Heard(call.show) if call.show else None
        try:
            return await self._client.complete(
                attempt.deployment,
                messages,
                max_output_tokens=attempt.max_output_tokens,
                timeout_s=attempt.timeout_s,
                heard=heard,
                tools=attempt.tools,
            )
        except ModelFault:
            raise
        except BaseException as error:
            seen = heard.so_far if heard else None
            await self._tracker.broken(opened, _reason(error), self._ms_since(started), seen)
            raise

    async def _failed(self, call: Call, opened: Opened, fault: ModelFault, latency_ms: int) -> Answer:
        """What was shown stays, marked as cut short. Raises the fault when nothing was: somebody else may be asked."""
        attempt = opened.attempt
        _log.info("attempt_failed", deployment=attempt.deployment.name, fault=fault.kind, status=fault.status)
        self._judge(call, attempt.deployment, fault)
        text = fault.completion.text if call.show and fault.completion else ""
        settled = await self._tracker.fail(opened, fault, latency_ms, cut_short(call.keep) if text else None)
        if not text:
            raise fault
        return _answer(attempt, settled, marked(text), latency_ms, cut=True)

    def _judge(self, call: Call, deployment: Deployment, fault: ModelFault) -> None:
        """What a fault says of the deployment, or of its key."""
        name = deployment.name
        match fault.kind:
            case FaultKind.AUTH:
                self._close_key(deployment)
            case FaultKind.NOT_FOUND:
                self._breakers.close_for(name, CLOSED_FOR_S)
                _log.error("model_not_found", deployment=name)
            case FaultKind.RATE_LIMITED if fault.retry_after_s is not None:
                self._breakers.close_for(name, fault.retry_after_s)
            case FaultKind.CONTEXT_OVERFLOW | FaultKind.CONTENT_FILTER | FaultKind.BAD_REQUEST:
                self._breakers.left_alone(name)
            case FaultKind.TIMEOUT | FaultKind.EMPTY if _was_hurried(call, fault):
                self._breakers.left_alone(name)
            case (
                FaultKind.RATE_LIMITED
                | FaultKind.TIMEOUT
                | FaultKind.EMPTY
                | FaultKind.SERVER
                | FaultKind.CONNECTION
                | FaultKind.CUT
                | FaultKind.MALFORMED
            ):
                self._breakers.failed(name)
            case _:
                assert_never(fault.kind)

    def _close_key(self, deployment: Deployment) -> None:
        """A refused key closes every deployment that uses it."""
        key_name = deployment.key_name
        _log.error("key_refused", key_name=key_name, deployment=deployment.name)
        self._breakers.close_for(deployment.name, CLOSED_FOR_S)
        for spec in self._tiers.specs:
            for candidate in spec.candidates:
                if key_name and candidate.deployment.key_name == key_name:
                    self._breakers.close_for(candidate.deployment.name, CLOSED_FOR_S)

    def _ms_since(self, started: float) -> int:
        return round((self._time.clock() - started) * 1000)


def _way(call: Call, tiers: Tiers) -> tuple[Step, ...]:
    return steps(tiers, call.tier, cross_tier=call.cross_tier, ceiling=call.ceiling, family=call.family)


def _attempt(call: Call, route: Route, step: Step, left_s: float, tools: tuple[Tool, ...]) -> Attempt:
    texts = [message.content for message in route.messages] + [f"{tool.description}{tool.parameters}" for tool in tools]
    return Attempt(
        payer=call.payer,
        purpose=call.purpose,
        tier=int(step.tier),
        intent=call.intent,
        number=len(route.faults) + 1,
        deployment=step.deployment,
        price=step.candidate.price,
        input_bytes=sum(len(text.encode("utf-8", "replace")) + 16 for text in texts) + _TOOL_BYTES * len(tools),
        max_output_tokens=call.max_output_tokens or step.max_output_tokens,
        timeout_s=min(left_s, step.candidate.timeout_s or left_s / 2),
        streamed=call.show is not None,
        tools=tools,
        picture_tokens=picture_tokens(step.deployment.model, route.messages),
    )


def _answer(attempt: Attempt, settled: Settled, text: str, latency_ms: int, **more: Any) -> Answer:
    tier, cost = Tier(attempt.tier), settled.cost_usd
    return Answer(text, settled.model, tier, attempt.number, cost, settled.cost_source, latency_ms, **more)


def _reason(error: BaseException) -> str:
    """Why nobody waited for the answer, in one word."""
    match error:
        case asyncio.CancelledError():
            return "cancelled"
        case Aborted():
            return "aborted"
        case _:
            return type(error).__name__


def _was_hurried(call: Call, fault: ModelFault) -> bool:
    """A classifier gives a model a second and a few tokens: running out of either says nothing about the model."""
    out_of_tokens = fault.completion is not None and fault.completion.finish_reason == "length"
    return out_of_tokens or call.purpose is Purpose.CLASSIFY
