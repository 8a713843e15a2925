"""Escalation: the chosen tier answers; where that answer is doubted, or asks for it itself, the next tier answers once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from bot import log
from bot.db.database import Database
from bot.db.labels import Label
from bot.db.thread_floors import ThreadFloor
from bot.errors import DatabaseAway, LeaseLost, LucyError
from bot.llm.model_client import Aborted, Show, Tool
from bot.routing.call import Answer, Call
from bot.routing.choice import Tier
from bot.routing.doubts import Doubt, doubt, leaves_a_fence_open
from bot.routing.router import Router
from bot.routing.tiers import Tiers

_log = log.get(__name__)

ESCALATE = Tool(
    "escalate",
    "Hand this message to a stronger model. Call it instead of answering, and only when you would likely get it wrong.",
    {"type": "object", "properties": {"reason": {"type": "string"}}, "required": ["reason"]},
)

_LEAST_S = 1.0
"""With less left of the deadline the first answer stands."""


class Cascade:
    """The road of a reply: one tier, and perhaps once the next. Every attempt is billed and stands in the ledger."""

    def __init__(self, router: Router, tiers: Tiers, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._router, self._tiers, self._db, self._clock = router, tiers, db, clock

    async def answer(self, call: Call, asked: str | None) -> Answer:
        """The answer that stands; what the call keeps is always the one that stands. Raises what the router raises.

        What somebody has read while it was made is never taken back: the stronger answer comes after it, and says why.
        An answer whose tier was wished for (`asked` None) is not doubted.
        """
        tiers = call.may_ask(self._tiers)
        if asked is None or tiers.above(call.tier, call.ceiling) is None:
            return await self._router.route(call)
        ends_at = self._clock() + (call.deadline_s or self._tiers.spec(call.tier).deadline_s)
        first = await self._router.route(replace(call, tools=(ESCALATE,)))
        found = Doubt.CALLED if first.called else doubt(asked, first.text, first.finish)
        above = tiers.above(first.tier, call.ceiling)
        if found is None or above is None or first.cut:
            return first
        return await self._again(call, first, (found, above), ends_at)

    async def settle_late(self) -> None:
        """Write down first what was paid for while the database was away. Raises DatabaseAway."""
        await self._router.settle_late()

    async def _again(self, call: Call, first: Answer, why: tuple[Doubt, Tier], ends_at: float) -> Answer:
        left = ends_at - self._clock()
        if left >= _LEAST_S:
            await self._note(call, first, why)
            before = _introduced(first.text, why[0]) if call.show else ""
            within_s = left if first.text else left / 2
            try:
                answer = await self._router.route(_stronger(call, before, first.text, (why[1], within_s)))
                return replace(answer, text=before + answer.text)
            except (LeaseLost, DatabaseAway, Aborted):
                raise
            except LucyError as error:
                _log.info("not_asked_again", task_id=str(call.payer.task_id), error=type(error).__name__)
        if first.text:
            return first
        return await self._router.route(replace(call, deadline_s=max(_LEAST_S, ends_at - self._clock())))

    async def _note(self, call: Call, first: Answer, why: tuple[Doubt, Tier]) -> None:
        """A label, and the thread goes on with the tier it needed, unless somebody asked for one."""
        payer, (found, above) = call.payer, why
        async with self._db.unit(payer.workspace_id) as unit:
            asked = await unit.asked.of(payer.task_id)
            features = asked.features if asked else None
            await unit.labels.record(Label(payer.task_id, "escalated", int(first.tier), found.value, features))
            floor = await unit.floors.of(payer.channel_id, payer.thread_ts)
            if floor is None or floor.source == "answer":
                risen = ThreadFloor(int(above), "answer", payer.task_id)
                await unit.floors.put(payer.channel_id, payer.thread_ts, risen)


def _stronger(call: Call, before: str, shown: str, how: tuple[Tier, float]) -> Call:
    """The same of the next tier and no other, within so many seconds; its answer takes the place of the first one.

    `before` is what will stand before it: what was `shown`, and why that was not enough.
    """
    tier, within_s = how
    keep, show = call.keep, call.show
    if keep is not None:
        split = keep.split
        keep = replace(keep, instead=True, split=lambda text: split(before + text))
    if show is not None and before:
        show = _preceded(show, before.removeprefix(shown))
    return replace(
        call, tier=tier, keep=keep, show=show, deadline_s=within_s, cross_tier=False, family=None, may_step_down=False
    )


def _introduced(shown: str, found: Doubt) -> str:
    """What somebody has read, and why a stronger model goes on; nothing where nothing was read."""
    if not shown.strip():
        return ""
    closed = "\n```" if leaves_a_fence_open("", shown) else ""
    return f"{shown}{closed}\n\n_Asked again one tier up: {found.value}._\n\n"


def _preceded(show: Show, words: str) -> Show:
    """Shows the words right before the first piece: who fails before that has shown nothing."""
    waiting = [words]

    async def after(piece: str) -> None:
        await show(waiting.pop() + piece if waiting else piece)

    return after
