"""Free doubts: right nearly always or silent, on labelled answers, on the sandbox's, and on anything at all."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.routing.doubts import Doubt, doubt
from bot.sandbox.providers.brain import reply

HERE = Path(__file__).parent


def lines(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


LABELLED = lines("doubted_answers.jsonl")
GOOD = [one for one in LABELLED if one["doubt"] is None]
BAD = [one for one in LABELLED if one["doubt"] is not None]


def test_hardly_a_good_answer_is_doubted_and_most_bad_ones_are() -> None:
    right = [one for one in BAD if found(one)]
    false_alarms = [one["answer"] for one in GOOD if found(one)]

    assert min(len(GOOD), len(BAD)) >= 30
    assert len(right) / (len(right) + len(false_alarms)) >= 0.95, false_alarms
    assert len(right) / len(BAD) >= 0.9


@pytest.mark.parametrize("kind", [kind for kind in Doubt if kind is not Doubt.CALLED])
def test_every_doubt_is_found_and_called_by_its_name(kind: Doubt) -> None:
    mine = [one for one in BAD if one["doubt"] == kind.name]

    assert mine
    assert [found(one) for one in mine] == [kind] * len(mine)


def test_what_the_sandbox_answers_to_workplace_messages_is_not_doubted() -> None:
    asked = [line["text"] for line in lines("workplace_messages.jsonl") if "2,000 word" not in line["text"]]

    doubted = [text for text in asked if doubt(text, reply("", text, 1024), "stop")]

    assert len(asked) > 400
    assert doubted == []


@given(st.text(max_size=400), st.text(max_size=400), st.sampled_from(["stop", "none", None]))
def test_no_text_makes_a_doubt_fail(asked: str, answer: str, finish: str | None) -> None:
    assert doubt(asked, answer, finish) in {*Doubt, None}


@pytest.mark.parametrize(
    "piece", ["```json\n", "1 + 1 = 3 ", "I'm sorry, but ", "1,000,", "{[", "`" * 7 + "\n", "could you "]
)
def test_a_huge_answer_is_looked_at_in_bounded_time(piece: str) -> None:
    began = time.perf_counter()

    doubt(piece * 1000 + "as JSON", piece * (1_000_000 // len(piece)))

    assert time.perf_counter() - began < 0.5


def found(one: dict[str, str]) -> Doubt | None:
    return doubt(one["asked"], one["answer"], one["finish"])
