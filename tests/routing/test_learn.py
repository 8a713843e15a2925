"""Learning from labels: what ranks unseen answers better is used, what does not is not, and nobody else's moves."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from bot.db.database import Database
from bot.db.dials import Leaning
from bot.db.ids import new_id, workspace_id_of
from bot.db.labels import Kind, Known
from bot.db.routing_weights import RoutingWeights
from bot.routing.choice import Question
from bot.routing.correction import FIGURES, FOLD, correction_of, packed
from bot.routing.decide import decide
from bot.routing.features import clip, features, tokens
from bot.routing.kept import kept
from bot.routing.learn import ENOUGH, learn, learn_everywhere, lessons_of
from bot.routing.learning import learned
from bot.routing.scorer import MOVED_AT_MOST, shipped
from bot.routing.stakes import shipped_stakes
from tests.routing.labelled import EASY, HARD, label

UNHEARD_HARD, UNHEARD_EASY = HARD.format("warsaw", "invoices"), EASY.format("grandma", "picnic")


async def test_a_topic_that_fails_more_often_than_it_looks_is_learned_and_moves_the_choice(
    db: Database, workspace_id: UUID
) -> None:
    await label(db, workspace_id, 160, by_topic=True)

    found = await learn(db, workspace_id)

    assert (found.outcome, found.labels) == ("shipped", 160)
    assert found.trial
    assert found.trial.after > found.trial.before + 0.1
    assert found.trial.low > 0
    hard, easy = await moved(db, workspace_id, UNHEARD_HARD), await moved(db, workspace_id, UNHEARD_EASY)
    assert hard > 0.2 > -0.2 > easy


async def test_labels_that_follow_nothing_change_nothing(db: Database, workspace_id: UUID) -> None:
    await label(db, workspace_id, 160, by_topic=False)

    found = await learn(db, workspace_id)

    assert found.outcome == "not better"
    assert await leaning(db, workspace_id) == Leaning()


async def test_a_head_that_no_longer_proves_itself_is_withdrawn(db: Database, workspace_id: UUID) -> None:
    await label(db, workspace_id, 160, by_topic=False)
    async with db.unit(workspace_id) as unit:
        await unit.weights.put(RoutingWeights(packed(0.5, [0.0] * FIGURES, [0.0] * FOLD), 130, 0.5, 0.6))

    found = await learn(db, workspace_id)

    assert found.outcome == "withdrawn"
    assert await leaning(db, workspace_id) == Leaning()


async def test_a_trial_run_changes_nothing(db: Database, workspace_id: UUID) -> None:
    await label(db, workspace_id, 160, by_topic=True)

    found = await learn(db, workspace_id, ship=False)

    assert found.outcome == "better"
    assert await leaning(db, workspace_id) == Leaning()


async def test_too_few_labels_are_not_tried(db: Database, workspace_id: UUID) -> None:
    await label(db, workspace_id, ENOUGH - 1, by_topic=True)

    found = await learn(db, workspace_id)

    assert (found.outcome, found.trial) == ("too few labels", None)


async def test_a_neighbour_learns_nothing_from_them(db: Database, workspace_id: UUID) -> None:
    await label(db, workspace_id, 160, by_topic=True)

    await learn_everywhere(db)

    assert (await leaning(db, workspace_id)).learned
    assert await leaning(db, workspace_id_of("T0OTHER")) == Leaning()


def test_over_the_traffic_a_head_moves_nothing_on_the_whole() -> None:
    signs = [known("thumbs_down", HARD.format(n, n)) for n in range(40)]
    signs += [known("thumbs_up", EASY.format(n, n)) for n in range(10)]
    lessons = lessons_of(signs)

    head = correction_of(learned(lessons, [lesson.seen for lesson in lessons]))

    assert head
    assert sum(head.of(lesson.seen) for lesson in lessons) / len(lessons) == pytest.approx(0, abs=0.02)


def test_any_sign_of_failure_outweighs_praise_and_an_escalation_speaks_of_the_first_tier() -> None:
    praised = known("thumbs_up", EASY)
    asked_again = known("escalated", HARD, tier=1)
    praised_then = replace(asked_again, kind="thumbs_up", tier=2)

    lessons = lessons_of([praised, replace(praised, kind="rephrased"), asked_again, praised_then])

    assert [lesson.failed for lesson in lessons] == [True, True]
    assert lessons[1].usual == pytest.approx(lessons[0].usual)


@pytest.mark.parametrize("weight", [1000.0, -1000.0])
def test_no_head_moves_a_score_far(weight: float) -> None:
    head = correction_of(packed(weight, [0.0] * FIGURES, [0.0] * FOLD))

    score = shipped().score(HARD, None, head)

    assert score
    assert score.moved == MOVED_AT_MOST * (1 if weight > 0 else -1)


@pytest.mark.parametrize("stored", [None, b"", b"\x02" * 1100, packed(0.0, [0.0] * FIGURES, [0.0] * FOLD)[:-1]])
def test_what_another_version_kept_is_no_head(stored: bytes | None) -> None:
    assert correction_of(stored) is None


def test_a_head_is_read_as_it_was_packed() -> None:
    words = [0.01 * (n % 7 - 3) for n in range(FOLD)]
    head = correction_of(packed(0.25, [0.5] * FIGURES, words))
    clipped = clip(HARD)
    seen = features(clipped, tokens(clipped))

    assert head
    values = seen.values or [seen.unit] * len(seen.buckets)
    exact = sum(value * words[bucket % FOLD] for bucket, value in zip(seen.buckets, values, strict=True))
    assert head.of(seen) == pytest.approx(0.25 + 0.5 * sum(seen.statistics) + exact, abs=0.002)


def known(kind: Kind, text: str, tier: int = 1) -> Known:
    return Known(new_id(), kind, tier, kept(text), 0.4, 0.2)


async def moved(db: Database, workspace_id: UUID, text: str) -> float:
    """What was learned of a text, in log-odds."""
    stakes = replace(shipped_stakes(), learned=correction_of((await leaning(db, workspace_id)).learned))
    return decide(Question(text), stakes).choice.moved


async def leaning(db: Database, workspace_id: UUID) -> Leaning:
    async with db.unit(workspace_id) as unit:
        return await unit.dials.leaning("C1", "U1")
