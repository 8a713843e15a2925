"""A router on a real ledger, whose models say what a test wants and whose time passes when told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from bot.costs.price_book import load_price_book
from bot.costs.tracker import Keep, Payer, Purpose, Tracker
from bot.db.cost_tables import CostRow
from bot.db.database import Database, inside_unit
from bot.db.ids import new_id
from bot.db.inbox import NewAsk
from bot.llm.model_client import Completion, Deployment, FaultKind, Heard, Message, ModelFault, Tool, Usage
from bot.routing.breaker import Breakers
from bot.routing.cascade import Cascade
from bot.routing.choice import Tier
from bot.routing.router import Call, Router, Time
from bot.routing.tiers import Tiers
from bot.telemetry import Telemetry
from tests.costs.ledger import rows

KEYS = dict.fromkeys(("GEMINI_API_KEY", "OPENAI_API_KEY", "MOONSHOT_API_KEY", "ANTHROPIC_API_KEY"), "key")
FAST = ("gemini/gemini-3.1-flash-lite", "openai/gpt-6-luna")
STANDARD = ("moonshot/kimi-k2.6", "openai/gpt-6.1-terra")
FRONTIER = ("anthropic/claude-sonnet-5-5", "anthropic/claude-opus-5-5", "openai/gpt-6.1-sol")

USAGE = Usage(input_tokens=100, output_tokens=20)
Said = str | Completion | Exception | float
"""An answer's words, a whole answer, an error, or seconds of silence before the default answer."""


@dataclass
class Clock:
    now: float = 1024.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    async def rest(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.sleep(seconds)

    def time(self) -> Time:
        return Time(lambda: self.now, self.rest, lambda: 0.4)


class Models:
    """A model client: what each deployment says next, and what it was asked. Silence ends at the attempt's timeout."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._script: dict[str, list[Said]] = defaultdict(list)
        self.asked: list[tuple[str, float, Sequence[Message]]] = []
        self.offered: list[tuple[str, ...]] = []
        self.heard = asyncio.Event()

    def say(self, model: str, *said: Said) -> None:
        self._script[model].extend(said)

    @property
    def order(self) -> list[str]:
        return [model for model, _, _ in self.asked]

    async def complete(
        self, deployment: Deployment, messages: Sequence[Message], *, max_output_tokens: int, timeout_s: float,
        heard: Heard | None = None, tools: Sequence[Tool] = (),
    ) -> Completion:  # fmt: skip
        assert not inside_unit()
        self.asked.append((deployment.model, timeout_s, messages))
        self.offered.append(tuple(tool.name for tool in tools))
        self.heard.set()
        said = self._script[deployment.model].pop(0) if self._script[deployment.model] else "Hello!"
        words = said if isinstance(said, str) else said.text if isinstance(said, Completion) else ""
        if heard is not None and words:
            heard.so_far = Completion("", None, "r-1")
            await heard.piece(words)
        match said:
            case Exception():
                raise said
            case Completion():
                return said
            case str():
                return Completion(said, None, "r-1", "stop", USAGE)
            case float():
                return await self._silent(said, timeout_s)

    async def _silent(self, seconds: float, timeout_s: float) -> Completion:
        await self._clock.sleep(min(seconds, timeout_s))
        if seconds >= timeout_s:
            raise ModelFault(FaultKind.TIMEOUT, billed="maybe")
        return Completion("Slow hello!", None, "r-1", "stop", USAGE)


@dataclass
class Road:
    """The router with everything around it."""

    db: Database
    workspace_id: UUID
    clock: Clock
    models: Models
    router: Router
    breakers: Breakers
    cascade: Cascade
    tiers: Tiers

    def call(self, tier: Tier = Tier.FAST, **more: Any) -> Call:
        payer = Payer(self.workspace_id, new_id(), "U1", "C1", "1.0")
        call = Call(payer, Purpose.REPLY, tier, "chat", (Message("system", "Be brief."), Message("user", "hi")))
        return replace(call, **more)

    async def keep(self) -> Keep:
        """Where the answer to an ask in work is kept."""
        async with self.db.unit(self.workspace_id) as unit:
            await unit.inbox.add(NewAsk("Ev1", "C1", "channel", "1.0", "1.0", "U1", "hi"))
        async with self.db.operations() as operations:
            taken = await operations.claim("worker", 60)
        assert taken
        return Keep(taken.lease, lambda text: [text])

    async def kept(self, keep: Keep) -> str:
        """What is kept of it."""
        async with self.db.unit(self.workspace_id) as unit:
            return "".join(part.text for part in (await unit.replies.stored(keep.lease.task_id)).parts)

    async def ledger(self) -> list[CostRow]:
        return await rows(self.db, self.workspace_id)


def road_on(db: Database, workspace_id: UUID, source: str = "default") -> Road:
    clock, book = Clock(), load_price_book()
    models, tiers = Models(clock), Tiers.load(source, KEYS, book)
    breakers = Breakers(lambda: clock.now)
    tracker = Tracker(db, book, tiers.baseline, Telemetry(), clock.sleep)
    router = Router(tiers, models, tracker, breakers, clock.time())
    cascade = Cascade(router, tiers, db, lambda: clock.now)
    return Road(db, workspace_id, clock, models, router, breakers, cascade, tiers)


def fault(kind: FaultKind, **more: Any) -> ModelFault:
    return ModelFault(kind, **more)
