"""A month of a workspace's attempts with every fault there is, drawn from a seed, through the ledger's own statements."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from bot.costs.rates import Rates
from bot.db.costs import NewAttempt, Outcome
from bot.db.database import Database
from bot.db.ids import new_id
from bot.llm.model_client import Usage

RATES = Rates.of({"input": "0.25", "cached_input": "0.025001", "cache_write": "0.3125", "output": "1.500007"})
MODELS = ("gemini/small", "openrouter/middle", "anthropic/large")


async def fill(db: Database, workspace_id: UUID, start: datetime, seed: int, count: int = 300) -> None:
    """Attempts spread over 31 days: settled, failed, estimated, unpriced, unknown, late, still open."""
    dice = random.Random(seed)
    async with db.unit(workspace_id) as unit:
        for _ in range(count):
            attempt = _attempt(dice)
            opened = await unit.costs.open(attempt, 60, at=start + timedelta(minutes=dice.randrange(31 * 24 * 60)))
            for outcome in _outcomes(dice, attempt.requested_model):
                await unit.costs.move(opened, outcome)


def _attempt(dice: random.Random) -> NewAttempt:
    model = dice.choice(MODELS)
    return NewAttempt(
        id=new_id(),
        task_id=new_id(),
        purpose=dice.choice(("reply", "classify")),
        tier=MODELS.index(model) + 1,
        intent=None,
        attempt=dice.choice((1, 1, 2)),
        requested_model=model,
        provider=model.partition("/")[0],
        deployment=model,
        reserved_usd=Decimal("0.05"),
        rates=RATES.snapshot(),
        price_book="test",
        baseline_model="big/model",
        user_id=dice.choice(("UADA", "UBEN", "UCHL")),
        channel_id=dice.choice(("C1", "C2", "D3")),
        thread_ts=f"17{dice.randrange(10):08}.000100",
    )


def _outcomes(dice: random.Random, model: str) -> list[Outcome]:
    settled, unknown = _settled(dice, model), Outcome("unknown", model, "timeout")
    return dice.choices(
        ([settled], [Outcome("failed", model, "server", cost_usd=Decimal(0))], [unknown], [unknown, settled], []),
        weights=(70, 10, 7, 8, 5),
    )[0]


def _settled(dice: random.Random, model: str) -> Outcome:
    read, cached, written = dice.randrange(9000), dice.randrange(4000), dice.randrange(900)
    usage = Usage(input_tokens=read + cached + written, output_tokens=dice.randrange(1, 900))
    usage = Usage(usage.input_tokens, cached, written, 0, usage.output_tokens)
    cost = RATES.price(usage)
    source = dice.choice(("list", "list", "list", "unpriced", "provider"))
    booked = {"list": cost, "provider": cost - Decimal("0.000000000001"), "unpriced": None}[source]
    return Outcome(
        "settled",
        model,
        input_tokens=usage.input_tokens,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        output_tokens=usage.output_tokens,
        usage_source=dice.choice(("reported", "reported", "estimated")),
        cost_usd=booked,
        list_usd=None if source == "unpriced" else cost,
        baseline_usd=None if source == "unpriced" else cost * 3,
        cache_saved_usd=Decimal(cached - written) / 10**9,
        cost_source=source,
        rates=RATES.snapshot(),
    )
