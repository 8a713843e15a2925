"""Plays scenarios through the real router, tracker and litellm client, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import text

from bot.costs.price_book import PriceBook
from bot.costs.spool import FileSpool
from bot.costs.tracker import Payer, Tracker
from bot.db.ids import new_id
from bot.errors import DatabaseAway, LucyError
from bot.llm.litellm_client import LitellmClient
from bot.llm.model_client import Aborted, Message
from bot.routing.breaker import Breakers
from bot.routing.router import Call, Router, Time
from bot.routing.tiers import Tiers
from bot.telemetry import Telemetry
from tests.completeness.deeds import Deed, Doing, Remembering
from tests.completeness.lane import Door, Killed, Proxy
from tests.completeness.providers import Desks
from tests.completeness.scenario import After, Ask, Step, Twist

_SPACE = UUID("6ba7b814-9dad-11d1-80b4-00c04fd430c8")
_SPOOLS = Path(tempfile.gettempdir()) / "lucy-spools-of-plays"
_SYSTEM = Message("system", "Be brief, be kind.")
EXPIRE = text(
    "UPDATE cost_log SET expires_at = now() - interval '1 second' WHERE workspace_id = :id AND state = 'open'"
)


@dataclass(frozen=True, slots=True)
class Tools:
    """What all scenarios share."""

    client: LitellmClient
    tiers: Tiers
    book: PriceBook


@dataclass(slots=True)
class Clock:
    """Real time, and what was slept without waiting."""

    skipped: float = 0.0

    def now(self) -> float:
        return time.monotonic() + self.skipped

    async def sleep(self, seconds: float) -> None:
        self.skipped += seconds
        await asyncio.sleep(0)


@dataclass(slots=True)
class Play:
    """One scenario under way, in a workspace of its own, or in the one that is named."""

    tools: Tools
    door: Door
    proxy: Proxy
    desks: Desks
    seed: int
    number: int
    deeds: list[Deed] = field(default_factory=list)
    pauses_away: int = 0
    named: UUID | None = None
    spool: FileSpool = field(init=False)

    def __post_init__(self) -> None:
        """One spool for all workers of the scenario, as if each had found what the one before left behind."""
        self.spool = FileSpool(self._folder, self.door._cipher)

    @property
    def _folder(self) -> Path:
        return _SPOOLS / f"{os.getpid()}-{self.seed}-{self.number}"

    @property
    def workspace_id(self) -> UUID:
        return self.named or uuid5(_SPACE, f"{self.seed}:{self.number}")

    async def play(self, steps: Sequence[Step]) -> None:
        """All steps, then the end of every trouble: what waits is written down, what is open expires."""
        worker = self.worker()
        for step in steps:
            if isinstance(step, Ask):
                worker = await self._ask(worker, step)
            else:
                worker = await self._after(worker, step)
        await self._back(worker)
        assert self.spool.depth == 0, "what was paid for is still on disk"
        shutil.rmtree(self._folder, ignore_errors=True)
        await self.end()

    async def end(self) -> None:
        """The providers are done, and the time of every open row is over."""
        await self.desks.quiet()
        await self._sweep(expire=True)

    def worker(self) -> tuple[Router, Remembering]:
        """A process of its own, as far as the ledger can tell."""
        clock, tools = Clock(), self.tools
        self.door = self.door.another()
        tracker = Remembering(self.door, tools.book, tools.tiers.baseline, Telemetry(), self._pause, self.spool)
        tracker.deeds = self.deeds
        passing = Time(clock.now, clock.sleep, lambda: 0.0)
        return Router(tools.tiers, tools.client, tracker, Breakers(clock.now), passing), tracker

    async def _pause(self, _: float) -> None:
        """Between two tries to settle; the database comes back after some."""
        self.pauses_away -= 1
        if self.pauses_away <= 0:
            self.proxy.open()
        await asyncio.sleep(0)

    async def _ask(self, worker: tuple[Router, Remembering], ask: Ask) -> tuple[Router, Remembering]:
        for vendor, mood in ask.moods:
            self.desks.vendors[vendor].fail_next(mood)
        for vendor in self.desks.vendors.values():
            vendor.answers(*ask.words)
        self.desks.arrived.clear()
        if ask.twist is Twist.AWAY_BEFORE:
            self._leave(ask.at)
        self.door.units_left = ask.at if ask.twist is Twist.KILL_UNIT else None
        calls = [asyncio.ensure_future(worker[0].route(self.call(ask))) for _ in range(1 + (ask.twist is Twist.TWIN))]
        await self._befall(ask, calls[0])
        for ended in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(ended, BaseException) and not isinstance(ended, LucyError | Killed | asyncio.CancelledError):
                raise ended
        self.door.units_left = None
        return self.worker() if self.door.dead else worker

    def call(self, ask: Ask) -> Call:
        """The call of a step."""
        payer = Payer(self.workspace_id, new_id(), f"U{ask.at}", f"C{ask.at % 2}", "1.0")
        prompt = (_SYSTEM, Message("user", f"[s{self.number}] What about the release plan of week {ask.at}?"))
        show = self._listener(ask) if ask.streamed else None
        return Call(payer, ask.purpose, ask.tier, "chat", prompt, show=show)

    def _listener(self, ask: Ask) -> Callable[[str], Awaitable[None]]:
        heard: list[str] = []

        async def show(piece: str) -> None:
            heard.append(piece)
            if len(heard) != ask.at:
                return
            match ask.twist:
                case Twist.ABORT:
                    raise Aborted
                case Twist.CANCEL:
                    raise asyncio.CancelledError
                case Twist.KILL_PIECE:
                    self.door.dead = True
                    raise Killed

        return show

    async def _befall(self, ask: Ask, call: asyncio.Future[Any]) -> None:
        if ask.twist is Twist.CANCEL_EARLY:
            for _ in range(ask.at * 4):
                await asyncio.sleep(0)
            call.cancel()
            return
        if ask.twist not in {Twist.CANCEL_ARRIVED, Twist.AWAY, Twist.LOST_COMMIT, Twist.SWEEP}:
            return
        arrived = asyncio.ensure_future(self.desks.arrived.wait())
        await asyncio.wait({arrived, call}, return_when=asyncio.FIRST_COMPLETED)
        arrived.cancel()
        match ask.twist:
            case Twist.CANCEL_ARRIVED:
                call.cancel()
            case Twist.AWAY:
                self._leave(ask.at * 2)
            case Twist.LOST_COMMIT:
                self.pauses_away, self.proxy.lose_next_commit = 1, True
            case Twist.SWEEP:
                await self._sweep(expire=True)

    def _leave(self, pauses: int) -> None:
        self.pauses_away = pauses
        self.proxy.close()

    async def _after(self, worker: tuple[Router, Remembering], step: After) -> tuple[Router, Remembering]:
        match step:
            case After.SWEEP | After.EXPIRE:
                await self._sweep(expire=step is After.EXPIRE)
            case After.AGAIN | After.LATE:
                for deed in self.deeds[-1:] if step is After.AGAIN else self.deeds:
                    await self._do(worker[1], deed.do)
            case After.OTHERWISE:
                for deed in self.deeds[-1:]:
                    await self._do(worker[1], deed.otherwise())
            case After.RESTART:
                return self.worker()
            case After.BACK:
                await self._back(worker)
        return worker

    async def _do(self, tracker: Tracker, deed: Doing) -> None:
        with contextlib.suppress(LucyError):
            await deed(tracker)

    async def _back(self, worker: tuple[Router, Remembering]) -> None:
        await self._at_last(worker[1].settle_late)

    async def _sweep(self, *, expire: bool) -> None:
        async def sweep() -> None:
            async with self.door.another().unit(self.workspace_id) as unit:
                if expire:
                    await unit.costs._session.execute(EXPIRE, {"id": self.workspace_id})
                await unit.costs.sweep()

        await self._at_last(sweep)

    async def _at_last(self, act: Callable[[], Awaitable[None]]) -> None:
        """With the database back: each connection that broke meanwhile is met once."""
        self.proxy.open()
        for _ in range(4):
            try:
                await act()
                break
            except DatabaseAway:
                continue
