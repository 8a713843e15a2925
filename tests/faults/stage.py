"""A world, one database, and every `lucy run` that was started on it: what stands in the end is judged here."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg

from bot.sandbox.sandbox import Sandbox
from tests.lucy_process import Running, lucy_process
from tests.onlooker import until

CHANNEL = "C0GENERAL"
QUICK = {"LUCY_LEASE_S": "2", "LUCY_SETTLE_S": "0.5", "LUCY_STREAM_EVERY_S": "0"}
"""A dead worker's ask is taken over two seconds after its last sign of life; answers are posted when they are whole."""

STREAMED = {"LUCY_STREAM_EVERY_S": "0.1"}


@dataclass(frozen=True, slots=True)
class Inbox:
    """How an ask stands there; `words_kept` counts its texts that are not wiped, the answer's among them."""

    state: str
    outcome: str | None
    words_kept: int


ANSWERED = Inbox("done", "answered", 0)


class Stage:
    """Where a Lucy is started, hurt, and followed by another one."""

    def __init__(
        self, sandbox: Sandbox, database_url: str, onlooker: asyncpg.Connection, folder: Path, processes: AsyncExitStack
    ) -> None:
        """`onlooker` looks at the database from outside, and may lock its rows; `processes` ends every Lucy."""
        self.sandbox, self.slack, self.gemini = sandbox, sandbox.slack, sandbox.providers["gemini"]
        self.onlooker, self._database_url = onlooker, database_url
        self._folder, self.processes = folder, processes

    async def lucy(self, **more: str) -> Running:
        """One more Lucy on the same database, ready; Slack delivers to her from now on."""
        process = lucy_process(self.sandbox, self._folder, database_url=self._database_url, more=QUICK | more)
        return await self.processes.enter_async_context(process)

    async def say(self, text: str) -> str:
        """Ben mentions Lucy, and she acknowledges; the ts."""
        ts, status = await self.deliver(self.mention(text))
        assert status == 200
        return ts

    def mention(self, text: str) -> dict[str, Any]:
        """Ben mentions Lucy, and she has not heard of it yet: the event."""
        message = self.slack.state.add(CHANNEL, {"user": "U0BEN", "text": f"<@U0LUCY> {text}"})
        return {**message, "type": "app_mention", "channel": CHANNEL}

    async def deliver(self, event: dict[str, Any]) -> tuple[str, int]:
        """Slack tells Lucy, under the same event id each time; the ts, and the last status she gave."""
        return event["ts"], await self.slack.delivery.event(event, f"Ev{event['ts']}")

    def answers(self, ts: str) -> list[str]:
        """What Lucy said in a thread."""
        return self.slack.answers(CHANNEL, ts)

    async def inbox(self, ts: str) -> list[Inbox]:
        """Every row that an ask has."""
        found = await self.onlooker.fetch(
            "SELECT state, outcome, (sealed_text IS NOT NULL)::int + (SELECT count(text) FROM reply_part AS part"
            " WHERE part.task_id = inbox.task_id) AS kept FROM inbox WHERE ts = $1",
            ts,
        )
        return [Inbox(row["state"], row["outcome"], row["kept"]) for row in found]

    async def taken(self, ts: str, times: int) -> bool:
        """True when workers took an ask so often."""
        return bool(await self.onlooker.fetchval("SELECT attempts FROM inbox WHERE ts = $1", ts) == times)

    async def unknown_parts(self) -> int:
        """How many stored parts of all answers nobody knows to stand in Slack."""
        return int(await self.onlooker.fetchval("SELECT count(*) FROM reply_part WHERE ts IS NULL"))

    async def waiting(self) -> int:
        """How many asks are neither done nor dead."""
        return int(await self.onlooker.fetchval("SELECT count(*) FROM inbox WHERE state IN ('new', 'leased')"))

    async def all_done(self) -> None:
        """Returns when no ask is waiting or in work."""

        async def nothing_left() -> bool:
            return not await self.waiting()

        await until(nothing_left)

    async def attempts(self, ts: str) -> list[str]:
        """The states of an ask's rows in the ledger, oldest first."""
        rows = await self.onlooker.fetch(
            "SELECT cost.state FROM cost_log AS cost JOIN inbox USING (workspace_id, task_id)"
            " WHERE inbox.ts = $1 ORDER BY cost.created_at, cost.id",
            ts,
        )
        return [row["state"] for row in rows]

    async def check_books(self) -> None:
        """Every request has its row, and every line of the invoice is covered.

        It is a settled row to the last digit, or below the reserve of a row whose outcome nobody knows.
        """
        rows = await self.onlooker.fetch("SELECT state, cost_usd, reserved_usd FROM cost_log")
        vendors = self.sandbox.providers.values()
        assert len(rows) == sum(len(vendor.requests) for vendor in vendors)
        lines = sorted(line.amount_usd for vendor in vendors for line in vendor.invoice)
        for cost in (row["cost_usd"] for row in rows if row["state"] == "settled"):
            lines.remove(cost)
        reserves = sorted(row["reserved_usd"] for row in rows if row["state"] in {"open", "unknown"})
        assert len(lines) == len(reserves)
        assert all(Decimal(0) < line <= reserve for line, reserve in zip(lines, reserves, strict=True))
