"""What came of a round: everything acknowledged is answered once, and every line of the invoice has its row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.workspace import words_of
from tests.completeness.agreement import Violation, agreed, mistakes
from tests.costs.ledger import rows
from tests.faults.talk import CHANNEL, Asked

_EXCUSES = (
    "My answer broke off here",
    "I tried this several times and could not finish it.",
    "None of my models could answer just now.",
)
ACME = workspace_id_of("T0ACME")


@dataclass(slots=True)
class Verdict:
    """Counts, and one sentence for everything that is wrong.

    `excused` are the asks whose answer says honestly that there is none: it broke off, met five blows, or no model
    answered in time. `stops_s` is how long each clean stop took.
    """

    asked: int = 0
    acknowledged: int = 0
    attempts: int = 0
    lines: int = 0
    excused: int = 0
    lost: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    wrong_bills: list[str] = field(default_factory=list)
    stops_s: list[float] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [*self.lost, *self.double, *self.wrong_bills]

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, name) + getattr(other, name) for name in Verdict.__slots__))


async def judge(asked: Sequence[Asked], sandbox: Sandbox, doors: tuple[asyncpg.Connection, Database]) -> Verdict:
    """Look at Slack, the inbox and the books, once nobody works any more."""
    verdict = Verdict(len(asked), sum(one.heard for one in asked))
    onlooker, db = doors
    slack, mine = sandbox.slack, await _inbox(onlooker)
    stands = {str(m["ts"]): m for m in slack.messages(CHANNEL) if m.get("user") == slack.state.bot_user_id}
    for one in asked:
        _answered(one, mine[one.ts], stands, verdict)
    known = {ts for found in mine.values() for row in found for ts in row.parts}
    for ts in stands.keys() - known:
        message = {**stands[ts], "blocks": words_of(stands[ts])[:60]}
        verdict.double.append(f"a message is no part of any answer: {message}")
    verdict.double += [f"{ts} is still streaming" for ts, message in stands.items() if message.get("streaming")]
    await _books(sandbox, onlooker, db, verdict)
    return verdict


@dataclass(frozen=True, slots=True)
class _Row:
    """An ask in the inbox, and the ts of each part of its answer, where known."""

    state: str
    outcome: str | None
    parts: Sequence[str | None]


async def _inbox(onlooker: asyncpg.Connection) -> Mapping[str, list[_Row]]:
    found = await onlooker.fetch(
        "SELECT ts, state, outcome, ARRAY(SELECT part.ts FROM reply_part AS part WHERE part.task_id = inbox.task_id"
        " ORDER BY part.part) AS parts FROM inbox"
    )
    mine: dict[str, list[_Row]] = defaultdict(list)
    for row in found:
        mine[row["ts"]].append(_Row(row["state"], row["outcome"], row["parts"]))
    return mine


def _answered(one: Asked, found: Sequence[_Row], stands: Mapping[str, dict[str, Any]], verdict: Verdict) -> None:
    """One row, done, whose parts stand in Slack and are the whole answer; nothing at all where nobody said 200."""
    if not found and not one.heard:
        return
    if len(found) != 1:
        (verdict.double if found else verdict.lost).append(f"{one.ts} has {len(found)} rows in the inbox")
        return
    [row] = found
    said = [words_of(stands[ts]) for ts in row.parts if ts in stands]
    stands_whole = row.state in {"done", "dead"} and row.parts and len(said) == len(row.parts)
    if stands_whole and not one.whole(said) and any(excuse in said[-1] for excuse in _EXCUSES):
        verdict.excused += 1
    elif not stands_whole or not one.whole(said):
        told = [words[:60] for words in said]
        verdict.lost.append(f"{one.ts} is {row.state}, {row.outcome}, its parts {row.parts} say {told}")


async def _books(sandbox: Sandbox, onlooker: asyncpg.Connection, db: Database, verdict: Verdict) -> None:
    """What the dead left open is swept as if its time were over; then rows are held to the invoice."""
    await onlooker.execute("UPDATE cost_log SET expires_at = now() - interval '1 second' WHERE state = 'open'")
    async with db.operations() as operations:
        await operations.sweep_costs()
    vendors = sandbox.providers.values()
    invoice = [line for vendor in vendors for line in vendor.invoice]
    ledger = await rows(db, ACME)
    verdict.attempts, verdict.lines = len(ledger), len(invoice)
    verdict.wrong_bills = mistakes(ledger, invoice)
    try:
        await agreed(db, ACME, invoice, sum(len(vendor.requests) for vendor in vendors))
    except Violation as violation:
        if not verdict.wrong_bills:
            verdict.wrong_bills.append(str(violation))
