"""Takes asks from the inbox, one at a time per thread, under a lease, and sees each to its end."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from bot import log
from bot.conversation.answer import Answerer
from bot.conversation.ask import Ask
from bot.conversation.desk import Desk, News, Pace
from bot.conversation.threads import Live, Threads
from bot.costs.budget_words import refusal, request_actions
from bot.costs.tracker import Keep, Payer
from bot.db.budgets import OverBudget
from bot.db.database import Database
from bot.db.inbox import MAX_ATTEMPTS, MAX_DELIVERIES, Lease, TakenAsk
from bot.db.stops import WITHDRAWN
from bot.errors import DatabaseAway, LeaseLost, LucyError, Stopped, Undecryptable, Undeliverable, failure_sentence
from bot.telemetry import Telemetry

_log = log.get(__name__)
_POLL_S = 1.0
_DRAIN_S = 20.0

NO_WORDS = "I found neither words nor files in that message. Please write what you need."
STOPPED = "_Stopped here, as you asked._"


class Worker:
    """One replica's worker. `run` until cancelled; `stop` drains first."""

    def __init__(
        self,
        db: Database,
        threads: Threads,
        answerer: Answerer,
        telemetry: Telemetry,
        pace: Pace,
        crowded: Callable[[], bool] = lambda: False,
    ) -> None:
        """While it is `crowded` at the door, asks in work are answered and no other is begun: Slack waits three seconds, people longer."""
        self._crowded = crowded
        self._db, self._threads, self._answerer = db, threads, answerer
        self._telemetry, self._pace = telemetry, pace
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._news = News(_POLL_S)
        self._stopping = asyncio.Event()
        self._tasks: dict[Lease, asyncio.Task[None]] = {}
        self._desk = Desk(pace)
        self._renewing: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """An ask was just stored here, or is done with: no need to wait for the next poll."""
        self._news.heard()

    async def run(self) -> None:
        """Claim and answer until `stop`; a database that is away is waited for."""
        async with asyncio.TaskGroup() as group:
            self._renewing = group.create_task(self._renew_leases())
            while not self._stopping.is_set():
                if not await self._look(group):
                    await self._news.wait()

    async def stop(self) -> None:
        """Take nothing new, finish what is in work for up to 20 s, hand the rest back."""
        self._stopping.set()
        self._news.heard()
        if self._tasks:
            await asyncio.wait(set(self._tasks.values()), timeout=_DRAIN_S)
        for task in list(self._tasks.values()):
            task.cancel()
        if self._renewing:
            self._renewing.cancel()

    async def _look(self, group: asyncio.TaskGroup) -> bool:
        """False when no ask may be begun before there is news."""
        due = 0 if self._desk.full or (self._tasks and self._crowded()) else self._news.due()
        if due:
            self._news.looked(due, found=await self._claim(group))
        return bool(due)

    async def _claim(self, group: asyncio.TaskGroup) -> bool:
        try:
            async with self._db.operations(single=not self._db.sharded) as operations:
                ask = await operations.claim(self.name, self._pace.lease_s, self._desk.turn)
        except DatabaseAway as error:
            _log.warning("database_away", error=str(error))
            return False
        if ask is None:
            return False
        with log.about(**ask.ids):
            task = group.create_task(self._see_through(ask))
        self._tasks[ask.lease] = task
        self._desk.take(ask)
        task.add_done_callback(lambda _: self._done(ask))
        return True

    def _done(self, ask: TakenAsk) -> None:
        self._tasks.pop(ask.lease, None)
        self._desk.clear(ask)
        self.wake()

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(self._pace.lease_s / 4)
            held = dict(self._tasks)
            if not held:
                continue
            try:
                async with self._db.operations(single=True) as operations:
                    mine = await operations.renew(self.name, held, self._pace.lease_s)
            except DatabaseAway:
                continue
            for lease, task in held.items():
                if lease not in mine:
                    task.cancel()

    async def _see_through(self, ask: TakenAsk) -> None:
        self._telemetry.emit("ask_taken", **ask.ids, tries=ask.attempts)
        try:
            async with self._threads.at_work(ask) as live:
                outcome = await self._answer_and_deliver(ask, live)
            self._telemetry.emit("ask_done", **ask.ids, outcome=outcome)
        except LeaseLost:
            _log.info("lease_lost", task_id=str(ask.task_id))
        except asyncio.CancelledError:
            await asyncio.shield(self._hand_back(ask, timedelta(0), counted=False))
            raise
        except DatabaseAway:
            _log.warning("database_away", task_id=str(ask.task_id))
        except Exception as error:  # noqa: BLE001 - the one place where a worker survives a bug
            _log.exception("ask_failed", task_id=str(ask.task_id), error=type(error).__name__)
            await self._hand_back(ask, self._pace.again_in(ask.attempts))
        finally:
            self._telemetry.emit("ask_left", **ask.ids)

    async def _answer_and_deliver(self, ask: TakenAsk, live: Live) -> str:
        """See the ask to its end; how it ended."""
        try:
            outcome = await self._answered(ask, live)
            self._telemetry.emit("delivering", **ask.ids)
            return await self._threads.deliver(ask, live, outcome)
        except (Undeliverable, Undecryptable) as error:
            _log.warning("undeliverable", task_id=str(ask.task_id), reason=str(error))
        async with self._db.unit(ask.workspace_id, single=True) as unit:
            await unit.endings.end(ask.lease, "undeliverable")
        return "undeliverable"

    async def _answered(self, ask: TakenAsk, live: Live) -> str:
        """See that an answer is stored. Raises Undeliverable when nobody would read it any more."""
        await self._answerer.settle_late()
        if not ask.served:
            raise Undeliverable("the workspace left")
        if not await self._kept(ask):
            there = ask.old and await self._threads.answered(ask)
            return "answered" if there else await self._answer(ask, live)
        if ask.attempts > MAX_DELIVERIES:
            raise Undeliverable("tried too often")
        return "answered"

    async def _kept(self, ask: TakenAsk) -> bool:
        """Whether an earlier try left an answer; before the first there was none."""
        if ask.attempts == 1:
            return False
        async with self._db.unit(ask.workspace_id, single=True) as unit:
            return await unit.replies.kept(ask.task_id)

    async def _answer(self, ask: TakenAsk, live: Live) -> str:
        if ask.stop_by == WITHDRAWN:
            return "withdrawn"
        if plain := _without_a_model(ask):
            sentence, outcome = plain
            await self._keep(ask, sentence)
            return outcome
        if (barred := await self._threads.asides.barred(ask)) is not None:
            if barred:
                await self._tell_alone(ask, barred)
            return "barred"
        if await self._threads.hushed(ask):
            return "hushed"
        return await self._ask_model(ask, live)

    async def _ask_model(self, ask: TakenAsk, live: Live) -> str:
        try:
            await live.unless_stopped(self._read_and_answer(ask, live))
        except (LeaseLost, DatabaseAway):
            raise
        except Stopped as stop:
            return await self._stopped(ask, live, stop)
        except OverBudget as error:
            _log.info("over_budget", task_id=str(ask.task_id), detail=str(error))
            own = error.standing.budget.key.scope == "user"
            await (self._tell_alone if own else self._keep)(ask, refusal(error), request_actions(error))
            return "over_budget"
        except LucyError as error:
            _log.warning("no_answer", task_id=str(ask.task_id), error=type(error).__name__, detail=str(error))
            await self._keep(ask, failure_sentence(error.sentence, ask.task_id))
            return "failed"
        return "answered"

    async def _read_and_answer(self, ask: TakenAsk, live: Live) -> None:
        transcript = await self._threads.read(ask)
        who = (ask.user_id, ask.channel_id, ask.thread_ts, ask.lease.lease_id)
        payer = Payer(ask.workspace_id, ask.task_id, *who)
        await self._answerer.answer(Ask(payer, Keep(ask.lease, live.split), transcript, live.reader))

    async def _stopped(self, ask: TakenAsk, live: Live, stop: Stopped) -> str:
        """What was said so far stands, marked; of a question that is gone nothing does."""
        if stop.withdrawn:
            return "withdrawn"
        parts = live.split(f"{live.text}\n\n{STOPPED}" if live.text else STOPPED)
        async with self._db.unit(ask.workspace_id, single=True) as unit:
            await unit.replies.store(ask.lease, parts)
        return "stopped"

    async def _keep(self, ask: TakenAsk, sentence: str, actions: Sequence[Mapping[str, str]] = ()) -> None:
        async with self._db.unit(ask.workspace_id, single=True) as unit:
            await unit.replies.store(ask.lease, [sentence], actions)

    async def _tell_alone(self, ask: TakenAsk, sentence: str, actions: Sequence[Mapping[str, str]] = ()) -> None:
        """What concerns only the asker; where it can't be said to them alone, as an answer."""
        if not await self._threads.asides.tell(ask, sentence, actions):
            await self._keep(ask, sentence, actions)

    async def _hand_back(self, ask: TakenAsk, delay: timedelta, *, counted: bool = True) -> None:
        """A try that left an answer counts in any case, so that the next one looks for it: also a paid one that is only now
        written down, or can't be read from the spool.
        """
        try:
            if not counted:
                await self._answerer.settle_late()
            async with self._db.unit(ask.workspace_id) as unit:
                maybe_posted = await unit.replies.kept(ask.task_id)
                await unit.inbox.hand_back(ask.lease, delay, counted=counted or maybe_posted)
        except (LeaseLost, DatabaseAway, OSError):
            _log.info("lease_left_to_expire", task_id=str(ask.task_id))


def _without_a_model(ask: TakenAsk) -> tuple[str, str] | None:
    """What is said of an ask that nobody can be asked about, and how it ends."""
    if ask.attempts > MAX_ATTEMPTS:
        return failure_sentence("I tried this several times and could not finish it.", ask.task_id), "dead"
    if not ask.readable:
        return failure_sentence(Undecryptable.sentence, ask.task_id), "failed"
    return None if ask.text or ask.files else (NO_WORDS, "answered")
