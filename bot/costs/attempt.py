"""An attempt as it goes through the ledger: who pays, what is asked of whom, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from bot.costs.pricing import Price
from bot.db.costs import OpenAttempt
from bot.db.inbox import Lease
from bot.llm.model_client import Deployment, Tool


class Purpose(StrEnum):
    """Why an attempt is made."""

    CLASSIFY = "classify"
    REPLY = "reply"
    SUMMARISE = "summarise"
    TOOL = "tool"
    DIGEST = "digest"
    JUDGE = "judge"
    EMBED = "embed"


OVERHEAD = frozenset({Purpose.CLASSIFY, Purpose.JUDGE, Purpose.SUMMARISE})
"""Lucy's own: who always asks the frontier never pays for it, so it has no baseline and saves nothing."""


@dataclass(frozen=True, slots=True)
class Payer:
    """On whose account an attempt goes, and by which worker's right, where one works at it."""

    workspace_id: UUID
    task_id: UUID
    user_id: str
    channel_id: str
    thread_ts: str
    lease_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Store the answer, split into parts, in the transaction that settles its attempt; perhaps `instead` of a stored one."""

    lease: Lease
    split: Callable[[str], Sequence[str]]
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that is about to leave; `picture_tokens` at most are in it beside the bytes of its words."""

    payer: Payer
    purpose: Purpose
    tier: int
    intent: str | None
    number: int
    deployment: Deployment
    price: Price | None
    input_bytes: int
    max_output_tokens: int
    timeout_s: float
    streamed: bool = False
    tools: tuple[Tool, ...] = ()
    picture_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """A row in the ledger that waits for its outcome; `facts` are what listeners are told of it.

    It may be `budgeted`: standing on a budget.
    """

    attempt: Attempt
    key: OpenAttempt
    reserved_usd: Decimal | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    budgeted: bool = True


@dataclass(frozen=True, slots=True)
class Settled:
    """What an attempt cost, and the model that really served; `cost_usd` is None when it is unpriced or unknown."""

    cost_usd: Decimal | None
    cost_source: str | None
    model: str
