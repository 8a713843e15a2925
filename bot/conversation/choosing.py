"""Which tier an ask gets, all told: an order, the classifier, the thread, the admins' bounds; and what is remembered of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.conversation.ask import Ask, Transcript
from bot.conversation.feedback import label_of
from bot.costs.tracker import Payer
from bot.db.asked import Asked
from bot.db.choices import StoredChoice
from bot.db.database import Database
from bot.db.dials import Leaning
from bot.db.thread_floors import ThreadFloor
from bot.db.unit import Unit
from bot.llm.model_client import Usage
from bot.routing.bounds import Bounds, bounds_of
from bot.routing.choice import Choice, Past, Question, Tier
from bot.routing.classifier import Classifier
from bot.routing.decide import Decision, decide
from bot.routing.kept import kept
from bot.routing.orders import Order, order_of
from bot.routing.stakes import Dial
from bot.routing.threads import Standing, Switch, floor_after, held
from bot.routing.tiers import Tiers


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice, the highest tier that may be asked for it, the family of models that was asked for, and whether its pictures are seen."""

    choice: Choice
    ceiling: Tier
    family: str | None = None
    sees: bool = True


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known before an ask is looked at: the admins' bounds, where its thread stands, how the asker leans, their last ask."""

    bounds: Bounds
    standing: Standing | None
    leaning: Leaning
    last: Asked | None


class Chooser:
    """An order or a lasting one decides without scoring. Reads what is known of a thread, decides, writes down what holds from now on."""

    def __init__(self, db: Database, classifier: Classifier, tiers: Tiers) -> None:
        self._db, self._classifier, self._tiers = db, classifier, tiers

    async def choose(self, ask: Ask) -> Chosen:
        """The choice for an ask; remembered. Raises DatabaseAway."""
        payer = ask.payer
        families = {word: tier for word, tier in self._tiers.families.items() if word not in ask.transcript.people}
        order = order_of(ask.transcript.text, families)
        async with self._db.unit(payer.workspace_id, single=True) as unit:
            known = await _known(unit, payer, order)
        question = question_of(ask.transcript, known.standing.tier if known.standing else None)
        decision = self._decision(question, order, known)
        unsure = decision.unsure
        choice = await self._classifier.consult(question, decision, payer) if unsure else decision.choice
        return await self._remembered(ask, choice, order, known)

    def _decision(self, question: Question, order: Order | None, known: _Known) -> Decision:
        lasting = known.standing.tier if known.standing and known.standing.asked else None
        tier = order.tier if order and order.tier else lasting
        if tier is None:
            return self._classifier.decide(question, known.leaning)
        local = decide(question).choice
        if local.answer != "model" and order is None:
            return Decision(local, unsure=False)
        reason = order.reason if order else f"Tier {int(tier)} was asked for in this thread"
        wished = replace(local, tier=tier, confidence=1.0, decided_by="wish", reason=reason, answer="model")
        return Decision(wished, unsure=False)

    async def _remembered(self, ask: Ask, choice: Choice, order: Order | None, known: _Known) -> Chosen:
        standing, ceiling = known.standing, known.bounds.ceiling
        chosen = held(choice, ask.transcript.text, standing, self._switch(choice, standing))
        bound = known.bounds.bind(chosen)
        features = kept(ask.transcript.text) if bound.answer == "model" else None
        label = label_of(known.last, ask, features) if features is not None else None
        floor = _floor_after(ask.payer, chosen, order, standing)
        async with self._db.unit(ask.payer.workspace_id, single=label is None) as unit:
            if label:
                await unit.labels.record(label)
            await unit.choices.remember(_stored(ask, bound, known.leaning), features, floor)
        sees = not ask.transcript.is_pictured or self._tiers.seeing(ceiling).usable()
        return Chosen(bound, ceiling, order.family if order else None, sees)

    def _switch(self, choice: Choice, standing: Standing | None) -> Switch:
        if standing is None:
            return Switch(None, None)
        stay, move = (self._tiers.spec(tier).candidates[0].price for tier in (standing.tier, choice.tier))
        return Switch(stay, move)


async def _known(unit: Unit, payer: Payer, order: Order | None) -> _Known:
    found = await unit.background.of(payer.task_id, payer.channel_id, payer.thread_ts, payer.user_id)
    standing = _standing(found.floor)
    if standing and order and order.lasts == "ended":
        standing = replace(standing, asked=False)
    return _Known(bounds_of(payer.channel_id, found.bounds), standing, found.leaning, found.last)


def _standing(floor: ThreadFloor | None) -> Standing | None:
    """Where the thread stands, with what its last answer read and wrote."""
    if floor is None:
        return None
    last = Usage(input_tokens=floor.read_tokens, output_tokens=floor.written_tokens)
    return Standing(Tier(floor.tier), floor.source == "asked", floor.idle_s, last)


def _floor_after(payer: Payer, choice: Choice, order: Order | None, standing: Standing | None) -> ThreadFloor | None:
    """The thread's floor from now on; None leaves it as it is."""
    if choice.answer != "model":
        return None
    lasting = order is not None and order.lasts == "thread"
    tier = choice.tier if lasting else floor_after(choice, standing)
    return ThreadFloor(int(tier), "asked" if lasting else "answer", payer.task_id) if tier is not None else None


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
        choice.moved,
    )
