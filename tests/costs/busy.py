"""A busy ledger: attempts of every kind, through the tracker, with whatever usage a provider may write."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from bot.costs.price_book import PriceBook
from bot.costs.pricing import Price, Rates
from bot.costs.tracker import Attempt, Payer, Purpose, Tracker
from bot.db.ids import new_id
from bot.llm.model_client import Completion, Deployment, FaultKind, ModelFault
from bot.llm.usage import usage_of
from tests.costs.golden_usages import GOLDEN, Body

OWN = Price(Rates.of({"input": "0.15", "cached_input": "0.015", "output": "0.60"}), "config")
_ODD = (
    Deployment("openrouter/anthropic/claude-sonnet-5.5"),
    Deployment("openrouter/not/listed"),
    Deployment("openai/local", "http://127.0.0.1:9000/v1"),
    Deployment("openai/unheard-of"),
)
SERVERS: Sequence[Deployment] = (
    *_ODD * 5,
    *(Deployment(model) for model, _, _ in GOLDEN if isinstance(model, str)),
)


async def busy(tracker: Tracker, book: PriceBook, workspace_id: UUID, seed: int, calls: int) -> None:
    """`calls` attempts by two people: answered, refused, cut, uncounted, with a cost of the provider's own or not."""
    dice = random.Random(seed)
    for number in range(calls):
        deployment = dice.choice(SERVERS)
        price = OWN if deployment.api_base else book.price_of(deployment)
        payer = Payer(workspace_id, new_id(), dice.choice(("UADA", "UBEN")), "C1", "1.0")
        purpose = dice.choice((Purpose.REPLY, Purpose.CLASSIFY))
        attempt = Attempt(payer, purpose, 1, "chat", 1, deployment, price, dice.randint(0, 4000), 64, 10)
        opened = await tracker.open(attempt)
        said = completion(dice, number)
        match dice.randint(0, 9):
            case 0:
                await tracker.fail(opened, ModelFault(FaultKind.SERVER, billed="no"), 5)
            case 1:
                await tracker.fail(opened, ModelFault(FaultKind.TIMEOUT, billed="maybe"), 5)
            case 2 if said.usage:
                await tracker.fail(opened, ModelFault(FaultKind.EMPTY, completion=said, billed="reported"), 5)
            case 3:
                continue
            case _:
                await tracker.settle(opened, said, 5)


def completion(dice: random.Random, number: int) -> Completion:
    """An answer with one of the golden usages, sometimes with a cost, sometimes uncounted."""
    _, body, _ = dice.choice(GOLDEN)
    cost = dice.choice((None, 0, 0.000123456789, 1.5e-05, Decimal("0.0123456789012345")))
    if cost is not None and "usage" in body:
        body = {**body, "usage": {**body["usage"], "cost": float(cost)}}
    usage = None if dice.random() < 0.1 else usage_of(contradictory(body) if dice.random() < 0.1 else body)
    return Completion("x" * dice.randint(1, 400), response_id=f"r-{number}", finish_reason="stop", usage=usage)


def contradictory(body: Body) -> Body:
    """The body with more cached than was sent."""
    if "usage" not in body or "prompt_tokens" not in body["usage"]:
        return body
    return {**body, "usage": {**body["usage"], "prompt_tokens_details": {"cached_tokens": 10**6}}}
