"""Figures of single parts: the choice, the road around a model call, the command line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from statistics import median
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from bot.costs.price_book import load_price_book
from bot.costs.tracker import Payer, Purpose, Tracker
from bot.db.costs import OpenAttempt
from bot.llm.model_client import Completion, Deployment, Heard, Message, Tool, Usage
from bot.llm.usage import usage_of
from bot.routing.breaker import Breakers
from bot.routing.choice import Question, Tier
from bot.routing.decide import decide
from bot.routing.router import Call, Router
from bot.routing.tiers import Tiers
from bot.telemetry import Telemetry
from tests.bench.figure import Figure
from tests.costs.golden_usages import GOLDEN
from tests.tracked import ROOT

BOOK = load_price_book()
BY_RULE = ("hello", "thanks!", "refactor this python function:\n```python\ndef f(x):\n    return x\n```")
ROUNDS = 3000


def fast_path() -> Figure:
    """The slowest of a few messages that a rule decides."""
    slowest = 0.0
    for text in BY_RULE:
        question = Question(text)
        assert decide(question).choice.decided_by.startswith("rule:"), text
        began = time.perf_counter()
        for _ in range(ROUNDS):
            decide(question)
        slowest = max(slowest, (time.perf_counter() - began) / ROUNDS)
    return Figure("choice by a rule, the slowest of three", slowest * 1e6, "µs", 20)


async def around_a_call() -> Figure:
    """CPU of route, price, open and settle with a client and a database that do nothing."""
    tiers = Tiers.load("default", {"GEMINI_API_KEY": "a key"}, BOOK)
    tracker = Tracker(_NoDatabase(), BOOK, tiers.baseline, Telemetry())  # type: ignore[arg-type]
    router = Router(tiers, _Echo(), tracker, Breakers())
    payer = Payer(uuid4(), uuid4(), "U0BEN", "C0GENERAL", "1.0")
    call = Call(payer, Purpose.REPLY, Tier.FAST, "chat", (Message("user", "hello there, what is our zip code?"),))
    for _ in range(100):
        await router.route(call)
    began = time.process_time()
    for _ in range(ROUNDS):
        await router.route(call)
    each = (time.process_time() - began) / ROUNDS
    return Figure("CPU around a bare model call (route, price, open, settle; no SQL)", each * 1e6, "µs", 100)


def pricing() -> Figure:
    """CPU of the slowest of many usages, from the book's price to the exact cost."""
    slowest = 0.0
    for model, body, _ in GOLDEN:
        listing, usage = BOOK.find(model) if isinstance(model, str) else None, usage_of(body)
        if listing is None or usage is None or (price := listing.price.serving(usage)) is None:
            continue
        began = time.process_time()
        for _ in range(ROUNDS):
            price.cost(usage)
        slowest = max(slowest, (time.process_time() - began) / ROUNDS)
    return Figure(f"pricing one usage, the slowest of {len(GOLDEN)}", slowest * 1e6, "µs", 5)


def help_time() -> Figure:
    """Median of ten starts of `lucy --help`, its bytecode cached as in any installation."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    taken = []
    for _ in range(10):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "bot", "--help"], cwd=ROOT, env=environment, capture_output=True, check=True
        )
        taken.append(time.perf_counter() - began)
    return Figure("lucy --help", median(taken), "s", 0.3)


class _Echo:
    """Answers at once, each time under another id."""

    _usage = Usage(input_tokens=120, output_tokens=9, reported_usd=Decimal(0))

    def __init__(self) -> None:
        self._ids = map(str, count())

    async def complete(
        self, deployment: Deployment, messages: Sequence[Message], *, max_output_tokens: int, timeout_s: float,
        heard: Heard | None = None, tools: Sequence[Tool] = (),
    ) -> Completion:  # fmt: skip
        return Completion("12345", deployment.model, next(self._ids), "stop", self._usage)


class _NoDatabase:
    """Hands out stores that answer at once."""

    def __init__(self) -> None:
        costs, settling = SimpleNamespace(open_free=self._open), SimpleNamespace(settle=self._settle)
        self._unit = SimpleNamespace(costs=costs, settling=settling)

    def unit(self, workspace_id: Any, *, single: bool = False) -> _NoDatabase:
        return self

    async def __aenter__(self) -> SimpleNamespace:
        return self._unit

    async def __aexit__(self, *_: object) -> None:
        """Nothing was begun."""

    async def _open(self, attempt: Any, lifetime_s: float) -> OpenAttempt:
        return OpenAttempt(attempt.task_id, datetime.now(UTC), attempt.id)

    async def _settle(self, key: OpenAttempt, outcome: Any) -> bool:
        return True
