"""Every read and write of every store, as a careless caller could make it with a neighbour's keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import time
from decimal import Decimal

from bot.db.background import Background
from bot.db.budget_notices import Place, Request
from bot.db.crowds import Most
from bot.db.dials import Leaning
from bot.db.digests import Kind
from bot.db.ids import new_id
from bot.db.inbox import Lease
from bot.db.labels import Label
from bot.db.ledger import Window
from bot.db.operator_inbox import NoSuchAsk, NotNow, SeenAsk
from bot.db.thread_summaries import ThreadSummary
from bot.db.tier_bounds import TierBound
from bot.db.unit import Unit
from tests.costs.budgeting import WORKSPACE
from tests.costs.ledger import FAST, SETTLED
from tests.db.acme import ASK, BUCKET, BUDGET, CHANGE, DAY, DUE, EVER, EVER_UTC, OPINION, RENEWAL, TOKEN, WEIGHTS, Acme


async def zone_of_ones_own(unit: Unit) -> bool:
    return await unit.workspaces.zone() != "UTC"


Try = Callable[[Unit, Acme], Awaitable[object]]

READS: dict[str, Try] = {
    "choices.of_task": lambda unit, acme: unit.choices.of_task(acme.lease.task_id),
    "labels.of_task": lambda unit, acme: unit.labels.of_task(acme.lease.task_id),
    "stops.asked": lambda unit, acme: unit.stops.asked(acme.lease.task_id),
    "stops.wanted": lambda unit, acme: unit.stops.wanted(acme.lease),
    "streams.of": lambda unit, acme: unit.streams.of(acme.lease.task_id),
    "joined.standing": lambda unit, _: unit.joined.standing("C1", "1.0"),
    "switches.read": lambda unit, _: footer(unit),
    "summaries.read": lambda unit, _: unit.summaries.read("C1", "1.0"),
    "kept.of": lambda unit, _: unit.kept.of("C1", "1.0"),
    "choices.usual_scores": lambda unit, _: scored(unit),
    "choices.billed": lambda unit, _: unit.choices.billed(30),
    "dials.dials": lambda unit, _: unit.dials.dials("C1", "U1"),
    "dials.leaning": lambda unit, _: leans(unit),
    "opinions.find": lambda unit, _: unit.opinions.find("is this hard?"),
    "workspaces.rows": lambda unit, _: unit.workspaces.rows(),
    "workspaces.read": lambda unit, _: unit.workspaces.read(),
    "workspaces.zone": lambda unit, _: zone_of_ones_own(unit),
    "budgets.reserve": lambda unit, _: unit.budgets.reserve("U1", "C1", Decimal(1)),
    "budgets.standing": lambda unit, _: unit.budgets.standing(WORKSPACE),
    "budgets.standings": lambda unit, _: unit.budgets.standings(),
    "budget_notices.claim": lambda unit, _: unit.budget_notices.claim(),
    "budget_notices.read_request": lambda unit, acme: unit.budget_notices.read_request(acme.request.id),
    "budget_notices.where_told": lambda unit, _: unit.budget_notices.where_told("told:"),
    "installations.read": lambda unit, _: unit.installations.read(),
    "installations.renew": lambda unit, _: unit.installations.renew(),
    "installations.made_after": lambda unit, _: unit.installations.made_after(EVER[0]),
    "operator_inbox.seen": lambda unit, _: unit.operator_inbox.seen(["new", "leased"], 10),
    "operator_inbox.find": lambda unit, acme: found(unit, acme.lease),
    "replies.kept": lambda unit, acme: unit.replies.kept(acme.lease.task_id),
    "replies.stored": lambda unit, acme: stored(unit, acme.lease),
    "costs.of_task": lambda unit, _: unit.costs.of_task(FAST.task_id),
    "costs.total": lambda unit, _: unit.costs.total(),
    "costs.sweep": lambda unit, _: unit.costs.sweep(),
    "ledger.by": lambda unit, _: unit.ledger.by("thread", Window(*EVER), 10),
    "ledger.page": lambda unit, _: unit.ledger.page(Window(*EVER)),
    "past.find": lambda unit, acme: unit.past.find(acme.attempt.id.hex),
    "past.unpriced": lambda unit, _: unit.past.unpriced(EVER[0], None, 10),
    "recent.any": lambda unit, _: unit.recent.any(),
    "recent.asks": lambda unit, _: unit.recent.asks("U1", 5),
    "recent.failures": lambda unit, _: unit.recent.failures(EVER[0], None, 5, []),
    "rollups.by": lambda unit, _: unit.rollups.by("total", EVER_UTC),
    "rollups.by_day": lambda unit, _: unit.rollups.by_day(EVER_UTC),
    "rollups.models_of": lambda unit, _: unit.rollups.models_of("U1", EVER_UTC),
    "admins.named": lambda unit, _: unit.admins.named(),
    "audit.newest": lambda unit, _: unit.audit.newest(),
    "digests.setting": lambda unit, _: unit.digests.setting(),
    "digests.settings": lambda unit, _: unit.digests.settings(),
    "digests.posted_before": lambda unit, _: unit.digests.posted_before(Kind.DAILY, DAY),
    "digest_reads.by_day": lambda unit, _: unit.digest_reads.by_day("UTC", [EVER], ["tier"]),
    "digest_reads.by_key": lambda unit, _: unit.digest_reads.by_key("UTC", EVER, EVER, ["user"]),
    "day_threads.dearest": lambda unit, _: unit.day_threads.dearest("UTC", EVER),
    "floors.of": lambda unit, _: unit.floors.of("C1", "1.0"),
    "asked.of": lambda unit, acme: unit.asked.of(acme.lease.task_id),
    "background.of": lambda unit, _: background(unit),
    "bounds.all": lambda unit, _: unit.bounds.all(),
    "asked.newest_features": lambda unit, _: unit.asked.newest_features(9),
    "labels.known": lambda unit, _: unit.labels.known(9),
    "weights.read": lambda unit, _: unit.weights.read(),
}
"""What answers with nothing where there is nothing of one's own."""

WRITES: dict[str, Try] = {
    "admins.name": lambda unit, _: unit.admins.name("U9", "U9"),
    "admins.dismiss": lambda unit, _: unit.admins.dismiss("U2"),
    "audit.record": lambda unit, _: unit.audit.record(CHANGE),
    "day_threads.keep": lambda unit, _: unit.day_threads.keep({"UTC": EVER}),
    "budgets.move": lambda unit, acme: unit.budgets.move([acme.settled_again]),
    "budgets.recount": lambda unit, _: unit.budgets.recount(),
    "budgets.remove": lambda unit, _: unit.budgets.remove(WORKSPACE),
    "budgets.set": lambda unit, _: unit.budgets.set(replace(BUDGET, limit_usd=Decimal(1))),
    "budget_notices.add": lambda unit, _: unit.budget_notices.add(DUE),
    "budget_notices.decide": lambda unit, acme: unit.budget_notices.decide(acme.request.id, "approved", "U9"),
    "budget_notices.request": lambda unit, _: asked_for_more(unit, "U9"),
    "budget_notices.told": lambda unit, _: unit.budget_notices.told(DUE.key, "C9", "9.9"),
    "costs.move": lambda unit, acme: unit.costs.move(acme.attempt, SETTLED),
    "costs.open_free": lambda unit, _: unit.costs.open_free(FAST, 60),
    "settling.settle": lambda unit, acme: unit.settling.settle(acme.attempt, SETTLED, acme.lease, ["stolen"]),
    "dials.turn": lambda unit, _: unit.dials.turn("channel", "C1", "quality", "U9"),
    "dials.shift": lambda unit, _: unit.dials.shift(0.5, 0.5, 999),
    "opinions.keep": lambda unit, _: unit.opinions.keep("is this hard?", replace(OPINION, tier=1)),
    "costs.move_all": lambda unit, acme: unit.costs.move_all([(acme.attempt.id, acme.attempt.created_at, SETTLED)]),
    "costs.open": lambda unit, _: unit.costs.open(FAST, 60),
    "folds.cut": lambda unit, _: unit.folds.cut(),
    "folds.fold_oldest": lambda unit, _: fold(unit),
    "folds.recut_day": lambda unit, _: unit.folds.recut_day(),
    "past.price": lambda unit, acme: unit.past.price([acme.late_price]),
    "arrivals.take": lambda unit, _: arrive(unit),
    "inbox.add": lambda unit, _: unit.inbox.add(ASK),
    "inbox.hold": lambda unit, acme: unit.inbox.hold(acme.lease),
    "outgoing.of": lambda unit, acme: unit.outgoing.of(acme.lease),
    "endings.end": lambda unit, acme: unit.endings.end(acme.lease, "answered", (0, "9.9")),
    "inbox.hand_back": lambda unit, acme: unit.inbox.hand_back(acme.lease),
    "operator_inbox.retry": lambda unit, acme: refused(unit.operator_inbox.retry(acme.seen)),
    "operator_inbox.drop": lambda unit, acme: refused(unit.operator_inbox.drop(acme.seen)),
    "crowds.refuse": lambda unit, _: unit.crowds.refuse(ASK, "person", Most()),
    "labels.record": lambda unit, acme: unit.labels.record(Label(acme.lease.task_id, "thumbs_up", 1)),
    "stops.refuse": lambda unit, acme: unit.stops.refuse(acme.lease, "U2"),
    "edits.reword": lambda unit, _: unit.edits.reword("C1", "1.0", "stolen"),
    "replies.take_back": lambda unit, acme: unit.replies.take_back(acme.lease),
    "stops.stop": lambda unit, _: unit.stops.stop("C1", "1.0", "U9"),
    "stops.withdraw": lambda unit, _: unit.stops.withdraw("C1", "1.0"),
    "streams.begin": lambda unit, acme: unit.streams.begin(acme.lease, 1),
    "streams.stands": lambda unit, acme: unit.streams.stands(acme.lease, 0, "9.9"),
    "streams.take_back": lambda unit, acme: unit.streams.take_back(acme.lease, 0),
    "joined.spoke": lambda unit, _: unit.joined.spoke("C1", "1.0", "people"),
    "switches.turn": lambda unit, _: unit.switches.turn("follow_ups", on=False),
    "summaries.keep": lambda unit, _: unit.summaries.keep("C1", "1.0", ThreadSummary("2.0", "stolen")),
    "summaries.retract": lambda unit, _: unit.summaries.retract("C1", "1.0", "0.1"),
    "summaries.wipe": lambda unit, _: unit.summaries.wipe(),
    "kept.retract": lambda unit, _: unit.kept.retract("C1", "1.0", "1.0"),
    "kept.wipe": lambda unit, _: unit.kept.wipe(),
    "replies.store": lambda unit, acme: unit.replies.store(acme.lease, ["stolen"]),
    "replies.restore": lambda unit, acme: unit.replies.restore(acme.lease.task_id, ["stolen"]),
    "replies.intend": lambda unit, acme: unit.replies.intend(acme.lease, 0),
    "replies.posted": lambda unit, acme: unit.replies.posted(acme.lease, 0, "9.9"),
    "seals.renew": lambda unit, _: unit.seals.renew(),
    "replies.wipe": lambda unit, acme: unit.replies.wipe(acme.lease.task_id),
    "choices.remember": lambda unit, acme: unit.choices.remember(
        replace(acme.choice, tier=1), b"stolen", replace(acme.floor, tier=1)
    ),
    "digests.want": lambda unit, _: unit.digests.want(Kind.DAILY, "C9", time(9), "UTC", "U9"),
    "digests.show": lambda unit, _: unit.digests.show(people=False),
    "floors.put": lambda unit, acme: unit.floors.put("C1", "1.0", replace(acme.floor, tier=1)),
    "bounds.put": lambda unit, _: unit.bounds.put(TierBound("C1", 1, 1), "U9"),
    "bounds.lift": lambda unit, _: unit.bounds.lift("C1"),
    "weights.put": lambda unit, _: unit.weights.put(replace(WEIGHTS, weights=b"stolen")),
    "weights.drop": lambda unit, _: unit.weights.drop(),
    "digests.stop": lambda unit, _: unit.digests.stop(),
    "digests.claim": lambda unit, _: unit.digests.claim(Kind.DAILY, DAY, "C9"),
    "digests.intend": lambda unit, acme: unit.digests.intend(acme.run, Decimal(9)),
    "digests.finish": lambda unit, acme: unit.digests.finish(acme.run, "posted", "9.9"),
    "installations.save": lambda unit, _: unit.installations.save(replace(TOKEN, bot_token="xoxb-other")),
    "installations.renewed": lambda unit, _: unit.installations.renewed(RENEWAL, "xoxb-2", "xoxe-2", 60),
    "installations.forget": lambda unit, _: unit.installations.forget(),
    "slack_buckets.make": lambda unit, _: unit.slack_buckets.make([BUCKET]),
    "slack_buckets.take": lambda unit, _: unit.slack_buckets.take([BUCKET]),
    "slack_buckets.close": lambda unit, _: unit.slack_buckets.close(BUCKET, 60),
    "workspaces.live_in": lambda unit, _: unit.workspaces.live_in("Asia/Kathmandu"),
    "workspaces.welcome": lambda unit, _: unit.workspaces.welcome("T0OTHER", "Other", "U0LUCY"),
    "workspaces.forget": lambda unit, _: unit.workspaces.forget(),
    "workspaces.forget_departed": lambda unit, _: unit.workspaces.forget_departed(0, sums=True),
    "workspaces.lose": lambda unit, _: unit.workspaces.lose(),
    "workspaces.find_again": lambda unit, _: unit.workspaces.find_again(),
    "workspaces.switch": lambda unit, _: unit.workspaces.switch(on=False),
    "workspaces.retire": lambda unit, _: unit.workspaces.retire(),
}


async def arrive(unit: Unit) -> None:
    """With Acme's words and keys, before Lucy serves there and after."""
    ask = replace(ASK, user_id="U9")
    await unit.arrivals.take(ask, Most(), muted=True)
    await unit.workspaces.welcome("T0OTHER", "Other", "U0LUCY")
    await unit.arrivals.take(ask, Most(), muted=True)


async def fold(unit: Unit) -> None:
    """One's own past, of which there is none."""
    await unit.folds.cut()
    await unit.folds.fold_oldest()


async def asked_for_more(unit: Unit, asker: str) -> Request:
    """A request for a larger budget, of a workspace that has one."""
    await unit.budgets.set(BUDGET)
    standing = await unit.budgets.standing(WORKSPACE)
    assert standing
    request, _ = await unit.budget_notices.request(standing, Decimal(9), Place(asker, "C1", "1.0"))
    return request


async def leans(unit: Unit) -> Leaning | None:
    """Nothing set is nothing."""
    found = await unit.dials.leaning("C1", "U1")
    return None if found == Leaning() else found


async def background(unit: Unit) -> Background | None:
    """Nothing known is nothing; what is known is all of it."""
    found = await unit.background.of(new_id(), "C1", "1.0", "U1")
    assert bool(found.bounds) == bool(found.floor) == bool(found.last)
    return None if found == Background([], None, Leaning(), None) else found


async def scored(unit: Unit) -> int:
    return (await unit.choices.usual_scores((0.5, 0.8), 30)).choices


async def stored(unit: Unit, lease: Lease) -> object:
    """Neither words nor a place is nothing."""
    answer = await unit.replies.stored(lease.task_id)
    return answer.parts or answer.begun


async def footer(unit: Unit) -> bool:
    return (await unit.switches.read()).footer


async def found(unit: Unit, lease: Lease) -> SeenAsk | None:
    """No such ask is nothing."""
    with suppress(NoSuchAsk):
        return await unit.operator_inbox.find(lease.task_id.hex)
    return None


async def refused(deed: Awaitable[object]) -> None:
    """What is not there can't be done to."""
    with suppress(NotNow):
        await deed
