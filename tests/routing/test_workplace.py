"""How well the local decision does on our own labelled workplace messages, the half it never learned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest

from bot.routing.choice import Question, Tier
from bot.routing.decide import Decision, decide
from tests.routing.messages import messages as read_messages


@dataclass(frozen=True, slots=True)
class Labelled:
    question: Question
    tier: Tier
    decision: Decision
    held_out: bool

    @property
    def is_right(self) -> bool:
        return self.decision.choice.tier is self.tier


@pytest.fixture(scope="module")
def messages() -> list[Labelled]:
    read = read_messages()
    return [Labelled(m.question, m.tier, decide(m.question), m.held_out) for m in read]


@pytest.fixture(scope="module")
def held_out(messages: list[Labelled]) -> list[Labelled]:
    return [message for message in messages if message.held_out]


def test_there_are_enough_messages_to_judge_by(messages: list[Labelled], held_out: list[Labelled]) -> None:
    assert len(messages) >= 1000
    assert len(held_out) >= 340
    assert len([message for message in messages if message.question.thread]) >= 80


def test_fast_paths_are_right_nearly_always(messages: list[Labelled]) -> None:
    ruled = [message for message in messages if message.decision.choice.decided_by.startswith("rule:")]

    assert len(ruled) >= 60
    assert share(ruled, right) >= 0.98


def test_the_exact_tier_is_hit_and_length_alone_is_beaten(held_out: list[Labelled]) -> None:
    exact = share(held_out, right)

    assert exact >= 0.82
    assert exact >= best_by_length(held_out) + 0.08


def test_few_messages_get_a_tier_too_weak(held_out: list[Labelled]) -> None:
    assert share(held_out, lambda message: message.decision.choice.tier < message.tier) <= 0.06


def test_a_model_is_asked_about_few_messages(held_out: list[Labelled]) -> None:
    assert share(held_out, lambda message: message.decision.unsure) <= 0.15


def test_no_tier_takes_nearly_everything(held_out: list[Labelled]) -> None:
    for tier in Tier:
        assert [message.decision.choice.tier for message in held_out].count(tier) <= 0.75 * len(held_out)


def test_small_changes_of_wording_keep_the_tier(held_out: list[Labelled]) -> None:
    scored = [message for message in held_out if message.decision.choice.decided_by == "score"]

    again = [Question(reworded(message.question.text), message.question.thread) for message in scored]
    same = [decide(said).choice.tier is before.decision.choice.tier for said, before in zip(again, scored, strict=True)]

    assert sum(same) / len(same) >= 0.85


def right(message: Labelled) -> bool:
    return message.is_right


def share(messages: list[Labelled], holds: Callable[[Labelled], bool]) -> float:
    return sum(map(holds, messages)) / len(messages)


def best_by_length(messages: list[Labelled]) -> float:
    """The best two borders on the number of characters, chosen in hindsight."""
    lengths = sorted({len(message.question.text) for message in messages})
    borders = [(low + high) / 2 for low, high in pairwise(lengths)]
    hits = [
        sum(_by_length(message, low, high) is message.tier for message in messages)
        for low in borders[::2]
        for high in borders[::2]
        if low < high
    ]
    return max(hits) / len(messages)


def reworded(text: str) -> str:
    """The same ask in other clothes: no capitals, no full stop, a few function words less, a please more."""
    words = [word for word in text.rstrip(".!").lower().split(" ") if word not in {"the", "a", "an", "please", "our"}]
    return "please " + " ".join(words)


def _by_length(message: Labelled, low: float, high: float) -> Tier:
    size = len(message.question.text)
    return Tier.FAST if size < low else Tier.STANDARD if size < high else Tier.FRONTIER
