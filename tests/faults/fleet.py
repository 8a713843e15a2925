"""Lucys on one database behind a load balancer: whatever befalls one of them, another takes her place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, assert_never

from bot.sandbox.sandbox import Sandbox
from tests.faults.plan import Blow, Strike
from tests.lucy_process import Running, Start, lucy_process

_TRIES_AFTER_S = (0.0, 0.0, 1.0, 3.0)
"""Slack's tries of one delivery: at once, at once again, after one minute, after five; the minutes are seconds here."""


class Fleet:
    """Where each replica has a place, and a folder of her own there."""

    def __init__(
        self, sandbox: Sandbox, database_url: str, folder: Path, settings: dict[str, str], start: Start | None = None
    ) -> None:
        """`start` starts a Lucy otherwise than by the command line."""
        self._sandbox, self._database_url, self._folder = sandbox, database_url, folder
        self._settings, self._start = settings, start
        self._serving: list[Running] = []
        self._turn = 0
        self.stops_s: list[float] = []
        """How long each who was asked to end took."""

    @asynccontextmanager
    async def lucy(self, place: int) -> AsyncIterator[Running]:
        """A Lucy at a place, served while the block runs."""
        folder = self._folder / f"replica{place}"
        folder.mkdir(exist_ok=True)
        async with lucy_process(
            self._sandbox, folder, database_url=self._database_url, more=self._settings, start=self._start
        ) as lucy:
            self._serving.append(lucy)
            try:
                yield lucy
            finally:
                if lucy in self._serving:
                    self._serving.remove(lucy)

    async def deliver(self, event: dict[str, Any]) -> bool:
        """Slack tells of an event until somebody says 200, each time the next replica; whether one did."""
        delivery = self._sandbox.slack.delivery
        for after_s in _TRIES_AFTER_S:
            await asyncio.sleep(after_s)
            if not self._serving:
                continue
            self._turn += 1
            port = self._serving[self._turn % len(self._serving)].port
            delivery.events_url = f"http://127.0.0.1:{port}/slack/events"
            if await delivery.event(event, f"Ev{event['ts']}") == 200:
                return True
        return False

    async def suffer(self, place: int, strikes: AsyncIterator[Strike], over: asyncio.Event) -> None:
        """Strike whoever stands at a place when it is time, and let the next one take it, until it is `over`."""
        while not over.is_set():
            async with self.lucy(place) as lucy:
                if not await self._until_gone(lucy, strikes):
                    await over.wait()

    async def _until_gone(self, lucy: Running, strikes: AsyncIterator[Strike]) -> bool:
        async for strike in strikes:
            if await self.strike(lucy, strike):
                return True
        return False

    async def strike(self, lucy: Running, strike: Strike) -> bool:
        """One blow; whether it ended her."""
        match strike.blow:
            case Blow.KILL:
                await lucy.kill()
            case Blow.STOP:
                self.stops_s.append(await lucy.stop())
            case Blow.FREEZE:
                lucy.freeze()
                await asyncio.sleep(strike.lasts_s)
                lucy.thaw()
                return False
            case _:
                assert_never(strike.blow)
        return True
