"""Feedback: a correction, a rephrasing, a thumb, a wish for more becomes a label; of texts only hashed features stay."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import Lucy
from bot.conversation.feedback import said, stronger
from bot.db.asked import Asked
from bot.db.ids import new_id, workspace_id_of
from bot.routing.features import clip, features, tokens
from bot.routing.kept import kept, likeness, read
from bot.routing.second_thoughts import REPHRASED_WITHIN_S, corrects, said_of
from bot.sandbox.sandbox import Sandbox
from tests.test_main_job import done

ACME = workspace_id_of("T0ACME")
ASK = "what is our refund policy for gift cards?"
REPHRASED = "what's the refund policy on gift cards, please"

SAME_QUESTION = [
    (ASK, REPHRASED),
    ("how do I reset my vpn password", "how can i reset the password for the vpn?"),
    ("summarise the incident from last night", "incident last night: summarise"),
    ("why does the build fail on main", "why does our main build fail"),
    ("请解释数据库索引", "解释一下数据库索引"),
    (ASK, ASK),
]
OTHER_QUESTION = [
    (ASK, "what is our zip code?"),
    ("how do I reset my vpn password", "how do I book a meeting room"),
    ("write a note to the team about the outage", "write a note to legal about the contract"),
    ("what is our travel budget", "what is our travel policy for trains"),
    ("hello", "thanks"),
    ("continue", "continue"),
    ("", ""),
]


@pytest.mark.parametrize("pair", SAME_QUESTION)
def test_the_same_question_in_other_words_is_known_again(pair: tuple[str, str]) -> None:
    assert said_of(asked(pair[0]), pair[1], kept(pair[1]), "2.0") in {"rephrased", "regenerated"}


@pytest.mark.parametrize("pair", OTHER_QUESTION)
def test_another_question_is_none(pair: tuple[str, str]) -> None:
    assert said_of(asked(pair[0]), pair[1], kept(pair[1]), "2.0") is None


def test_the_very_same_words_ask_for_another_answer() -> None:
    assert said_of(asked(ASK), ASK, kept(ASK), "2.0") == "regenerated"


def test_after_two_minutes_it_is_no_rephrasing() -> None:
    late = asked(ASK, age_s=REPHRASED_WITHIN_S + 1)

    assert said_of(late, REPHRASED, kept(REPHRASED), "2.0") is None


@pytest.mark.parametrize(
    "text", ["no, that's wrong", "That is not correct: it is 12", "wrong", "you misunderstood me", "das stimmt nicht"]
)
def test_a_correction_counts_in_its_own_thread_alone(text: str) -> None:
    assert said_of(asked(ASK), text, kept(text), "1.0") == "corrected"
    assert said_of(asked(ASK), text, kept(text), "2.0") is None


@pytest.mark.parametrize("text", ["what's wrong with my code?", "no, thanks", "is that right?", "not now", "it's fine"])
def test_what_only_sounds_like_a_correction_is_none(text: str) -> None:
    assert not corrects(text)


@given(st.text(max_size=900))
def test_features_are_read_as_they_were_kept(text: str) -> None:
    again, clipped = read(kept(text)), clip(text)

    if again is None:
        assert not tokens(clipped)
        return
    seen = features(clipped, tokens(clipped))
    assert again.buckets == seen.buckets
    assert again.values == pytest.approx(seen.values or [seen.unit] * len(seen.buckets), abs=0.003)
    assert again.statistics == pytest.approx(seen.statistics, abs=1e-6)


@given(st.binary(max_size=2))
def test_what_is_too_short_to_be_features_is_none(stored: bytes) -> None:
    assert read(stored) is None
    assert likeness(stored, kept(ASK)) == 0


async def test_a_question_put_again_labels_the_answer_before_it(running: Lucy, sandbox: Sandbox) -> None:
    await say(running, sandbox, ASK)

    await say(running, sandbox, REPHRASED)

    assert await labels(running, await first_task(running)) == ["rephrased"]


async def test_a_correction_in_the_thread_labels_the_answer(running: Lucy, sandbox: Sandbox) -> None:
    root = await say(running, sandbox, ASK)

    await say(running, sandbox, "no, that's wrong, look again", root)

    assert await labels(running, await first_task(running)) == ["corrected"]


async def test_no_word_of_an_ask_is_kept(running: Lucy, sandbox: Sandbox, onlooker: asyncpg.Connection) -> None:
    await say(running, sandbox, ASK)

    [row] = await onlooker.fetch("SELECT * FROM asked")

    assert len(row["features"]) > 50
    assert not any(word in row["features"] for word in (b"refund", b"gift", b"cards"))


async def test_asking_for_a_stronger_model_lifts_the_thread_and_thumbs_count_once(
    running: Lucy, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    await say(running, sandbox, "hello")
    task_id = await first_task(running)

    async with running.db.unit(ACME) as unit:
        above = await stronger(unit, task_id)
    for _ in range(2):
        async with running.db.unit(ACME) as unit:
            await said(unit, task_id, "thumbs_down")

    assert above == 2
    assert sorted(await labels(running, task_id)) == ["stronger", "thumbs_down"]
    assert await onlooker.fetchval("SELECT tier FROM thread_floor") == 2


async def test_a_neighbour_labels_nothing(running: Lucy, sandbox: Sandbox) -> None:
    await say(running, sandbox, "hello")
    task_id, other = await first_task(running), workspace_id_of("T0OTHER")

    async with running.db.unit(other) as unit:
        assert await stronger(unit, task_id) is None
        assert await said(unit, task_id, "thumbs_up") is None

    assert await labels(running, task_id) == []


def asked(text: str, age_s: float = 30) -> Asked:
    return Asked(new_id(), "C1", "1.0", "U1", 1, kept(text), age_s)


async def say(running: Lucy, sandbox: Sandbox, text: str, root: str | None = None) -> str:
    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", f"<@U0LUCY> {text}", root)
    await done(running)
    return root or ts


async def first_task(running: Lucy) -> UUID:
    """The task of the newest ask but one, or of the only one."""
    async with running.db.unit(ACME) as unit:
        newest = (await unit.background.of(new_id(), "C0GENERAL", "", "U0BEN")).last
        assert newest
        before = (await unit.background.of(newest.task_id, "C0GENERAL", "", "U0BEN")).last
    return (before or newest).task_id


async def labels(running: Lucy, task_id: UUID) -> list[str]:
    async with running.db.unit(ACME) as unit:
        return [label.kind for label in await unit.labels.of_task(task_id)]
