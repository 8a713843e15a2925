"""An ask becomes an answer that is kept: choose a tier, ask a model, store what it says before Slack hears of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from bot.conversation.ask import Ask
from bot.conversation.attached import remarks, unseen, with_remarks
from bot.conversation.choosing import Chooser, Chosen
from bot.conversation.prompt import build_prompt
from bot.conversation.shadow import Shadow
from bot.conversation.summaries import Summaries
from bot.costs.tracker import Purpose
from bot.db.database import Database
from bot.routing.cascade import Cascade
from bot.routing.choice import Choice
from bot.routing.router import Call
from bot.telemetry import Telemetry

CostAnswer = Callable[[UUID, str], Awaitable[str]]
"""(workspace, question) -> what was spent, in words; read from the ledger, no model asked."""

HELP = (
    "I'm Lucy. Mention me with a question and I answer here in the thread, with the cheapest model that can do the job.\n\n"
    "- Ask anything: explain, draft, summarise, compare, debug. Attach text, CSV, PDF or pictures, and I read them.\n"
    "- Go on in the thread without mentioning me; *mute* keeps me quiet there, *unmute* ends that.\n"
    "- Begin with *use your best model* or *tier 3:* when it matters; *for this thread use tier 3* lasts until you say *automatic again*.\n"
    "- `/lucy-costs` shows what I cost; `/lucy-costs help` shows every form of it."
)


@dataclass(frozen=True, slots=True)
class Means:
    """What an answer is made with."""

    chooser: Chooser
    summaries: Summaries
    cascade: Cascade
    shadow: Shadow


class Answerer:
    """Turns an ask into stored reply parts."""

    def __init__(self, db: Database, means: Means, costs: CostAnswer, telemetry: Telemetry) -> None:
        self._db, self._means, self._costs, self._telemetry = db, means, costs, telemetry

    async def answer(self, ask: Ask) -> None:
        """Keep an answer for `ask`. Raises NoAnswer when no model could, LeaseLost when another worker has the ask."""
        self._telemetry.emit("choosing", task_id=str(ask.payer.task_id))
        chosen = await self._means.chooser.choose(ask)
        choice = chosen.choice
        self._tell(ask, choice)
        match choice.answer:
            case "help":
                await self._say(ask, HELP)
            case "costs":
                await self._say(ask, await self._costs(ask.payer.workspace_id, ask.transcript.text))
            case "model":
                await self._ask_model(ask, chosen)

    async def _ask_model(self, ask: Ask, chosen: Chosen) -> None:
        choice, transcript = chosen.choice, ask.transcript if chosen.sees else unseen(ask.transcript)
        attached = transcript.attachments
        if attached and not transcript.text and not any(one.is_read for one in attached):
            await self._say(ask, remarks(attached))
            return
        prompt = build_prompt(await self._means.summaries.shorten(replace(ask, transcript=transcript)))
        keep = with_remarks(ask.keep, attached)
        call = Call(ask.payer, Purpose.REPLY, choice.tier, choice.intent.value, prompt, keep=keep)
        call = replace(call, show=ask.show, ceiling=chosen.ceiling, family=chosen.family)
        doubted = None if choice.decided_by == "wish" else transcript.text
        self._means.shadow.follow(ask, chosen, await self._means.cascade.answer(call, doubted))

    async def settle_late(self) -> None:
        """Keep the answers that came while the database was away: they are paid for. Raises DatabaseAway."""
        await self._means.cascade.settle_late()

    def _tell(self, ask: Ask, choice: Choice) -> None:
        payer = ask.payer
        self._telemetry.emit(
            "choice",
            task_id=str(payer.task_id),
            tier=int(choice.tier),
            tier_name=choice.tier.name.lower(),
            intent=choice.intent.value,
            confidence=choice.confidence,
            decided_by=choice.decided_by,
            reason=choice.reason,
            micros=choice.micros,
            channel_id=payer.channel_id,
            thread_ts=payer.thread_ts,
        )

    async def _say(self, ask: Ask, text: str) -> None:
        async with self._db.unit(ask.payer.workspace_id, single=True) as unit:
            await unit.replies.store(ask.keep.lease, ask.keep.split(text))
