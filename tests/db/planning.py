"""What PostgreSQL would do: the plans of statements, those of the ledger and those that sessions send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event

from bot.db.background import BACKGROUND
from bot.db.cost_sql import ATTEMPT_FIELDS, KNOWN, OPEN, OPEN_FREE, OUTCOME_FIELDS, REPLAY, SWEEP, TRANSITION
from bot.db.costs import OF_TASK
from bot.db.database import Database
from bot.db.ids import new_id
from bot.db.outgoing import OUTGOING
from bot.db.prepared import Prepared
from bot.db.recent import ASKS, FAILURES
from bot.db.roles import ACROSS, TENANT
from bot.db.settling import SETTLE
from bot.db.turns import CLAIM
from tests.costs.ledger import FAST, SETTLED

ATTEMPT = {name: getattr(FAST, name) for name in ATTEMPT_FIELDS}
OUTCOME = {name: getattr(SETTLED, name) for name in OUTCOME_FIELDS} | {"flags": None}


def statements_of(workspace_id: UUID) -> dict[str, tuple[Prepared, dict[str, object]]]:
    """The ledger's own, with values of one workspace."""
    now, mine = datetime.now(UTC), {"workspace_id": workspace_id}
    key = {**mine, "id": new_id(), "created_at": now}
    many = {**mine, "id": [new_id()], "created_at": [now], "first": now, "last": now}
    whose = {"dimension": "user", "key": "U1", "user_id": "U1"}
    opening = {**ATTEMPT, **key, "lifetime_s": 1, "model": "m", "held": None, "lease_id": new_id()}
    moving = {**OUTCOME, **key, "allowed": ["open"]}
    task = {**mine, "task_id": new_id(), "since": now, "until": None}
    return {
        "open": (OPEN, opening),
        "open free": (OPEN_FREE, opening),
        "transition": (TRANSITION, moving),
        "settle": (SETTLE, {**moving, **task, "lease_id": new_id(), "sealed": [b"words"], "actions": None}),
        "replay": (REPLAY, {**{name: [value] for name, value in OUTCOME.items()}, **many}),
        "known": (KNOWN, many),
        "sweep": (SWEEP, mine),
        "of a task": (OF_TASK, task),
        "outgoing": (OUTGOING, {**task, "lease_id": new_id()}),
        "background": (
            BACKGROUND,
            {**mine, "task_id": new_id(), "channel_id": "C1", "thread_ts": "1.0", "user_id": "U1"},
        ),
        "recent asks": (ASKS, {**mine, "user_id": "U1", "most": 5}),
        "failures": (FAILURES, {**mine, **whose, "since": now, "most": 3, "but": []}),
    }


async def planned(connection: Any, sql: str, *arguments: object, options: str = "FORMAT JSON") -> list[dict[str, Any]]:
    across = "bill_check" in sql or sql == CLAIM.sql
    await connection.execute(f"SET ROLE {ACROSS if across else TENANT}")
    explained = json.loads(await connection.fetchval(f"EXPLAIN ({options}) {sql}", *arguments))
    return list(flat(explained[0]["Plan"]))


def flat(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from flat(child)


@contextmanager
def heard(db: Database) -> Iterator[list[tuple[Any, ...]]]:
    """Every statement that a session sends meanwhile, with its arguments."""
    said: list[tuple[Any, ...]] = []

    def listen(_: Any, __: Any, statement: str, arguments: Any, *___: Any) -> None:
        if not statement.startswith("SET"):
            said.append((statement, *arguments))

    event.listen(db._connections.engine.sync_engine, "before_cursor_execute", listen)
    yield said
    event.remove(db._connections.engine.sync_engine, "before_cursor_execute", listen)
