"""An ask becomes an answer that is kept: choose a tier, ask a model, store what it says before Slack hears of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from bot.conversation.ask import Ask, Transcript
from bot.conversation.prompt import build_prompt
from bot.costs.tracker import Purpose
from bot.db.choices import StoredChoice
from bot.db.database import Database
from bot.db.dials import Leaning
from bot.routing.choice import Choice, Past, Question, Tier
from bot.routing.classifier import Classifier
from bot.routing.router import Call, Router
from bot.routing.stakes import Dial
from bot.telemetry import Telemetry

CostAnswer = Callable[[UUID, str], Awaitable[str]]
"""(workspace, question) -> what was spent, in words; read from the ledger, no model asked."""

HELP = (
    "I'm Lucy. Mention me with a question and I answer here in the thread, with the cheapest model that can do the job.\n\n"
    "- Ask anything: explain, draft, summarise, compare, debug.\n"
    "- Begin with *use your best model* or *tier 3:* when it matters.\n"
    "- `/lucy-costs` shows what I cost; `/lucy-costs help` shows every form of it."
)


class Answerer:
    """Turns an ask into stored reply parts."""

    def __init__(
        self, db: Database, classifier: Classifier, router: Router, costs: CostAnswer, telemetry: Telemetry
    ) -> None:
        self._db, self._classifier, self._router, self._costs = db, classifier, router, costs
        self._telemetry = telemetry

    async def answer(self, ask: Ask) -> None:
        """Keep an answer for `ask`. Raises NoAnswer when no model could, LeaseLost when another worker has the ask."""
        choice = await self._choose(ask)
        match choice.answer:
            case "help":
                await self._say(ask, HELP)
            case "costs":
                await self._say(ask, await self._costs(ask.payer.workspace_id, ask.transcript.text))
            case "model":
                prompt = build_prompt(ask.transcript)
                await self._router.route(
                    Call(ask.payer, Purpose.REPLY, choice.tier, choice.intent.value, prompt, keep=ask.keep)
                )

    async def settle_late(self) -> None:
        """Keep the answers that came while the database was away: they are paid for. Raises DatabaseAway."""
        await self._router.settle_late()

    async def _choose(self, ask: Ask) -> Choice:
        payer = ask.payer
        self._telemetry.emit("choosing", task_id=str(payer.task_id))
        async with self._db.unit(payer.workspace_id) as unit:
            tier = await unit.choices.thread_tier(payer.channel_id, payer.thread_ts)
            leaning = await unit.dials.leaning(payer.channel_id, payer.user_id)
        choice = await self._classifier.classify(question_of(ask.transcript, tier), payer, leaning)
        async with self._db.unit(payer.workspace_id) as unit:
            await unit.choices.remember(_stored(ask, choice, leaning))
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
        return choice

    async def _say(self, ask: Ask, text: str) -> None:
        async with self._db.unit(ask.payer.workspace_id) as unit:
            await unit.replies.store(ask.keep.lease, ask.keep.split(text))


def question_of(transcript: Transcript, thread_tier: int | None) -> Question:
    """What the classifier sees: the newest text, and the thread with the tier that answered it last."""
    last = Tier(thread_tier) if thread_tier else None
    newest_of_lucy = max((n for n, turn in enumerate(transcript.turns) if turn.who == "lucy"), default=-1)
    thread = tuple(
        Past(turn.who, turn.text, last if n == newest_of_lucy else None) for n, turn in enumerate(transcript.turns)
    )
    if last and newest_of_lucy < 0:
        thread = (*thread, Past("lucy", "", last))
    return Question(transcript.text, thread, transcript.files)


def _stored(ask: Ask, choice: Choice, leaning: Leaning) -> StoredChoice:
    payer = ask.payer
    first, second = choice.fails or (None, None)
    return StoredChoice(
        payer.task_id,
        payer.channel_id,
        payer.thread_ts,
        payer.user_id,
        int(choice.tier),
        choice.intent.value,
        choice.confidence,
        choice.score,
        choice.decided_by,
        choice.reason,
        choice.micros,
        first,
        second,
        (leaning.dial or Dial.BALANCED) if choice.fails else None,
    )
