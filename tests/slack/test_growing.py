"""An answer that grows is shown as it will stand: no word changed, none that could ping, cut where it can be read."""

from __future__ import annotations

import random

import pytest

from bot.sandbox.providers.brain import reply
from bot.slack.growing import GrowingText
from bot.slack.guard import guard, harmless
from bot.slack.split import LIMIT_BYTES, size

REPORT = reply("", "write a long report", 4096)


def fed(text: str, seed: int, limit: int) -> tuple[GrowingText, dict[int, list[str]]]:
    """The text in pieces of any length, shown now and then; by message, what was shown of it each time."""
    chance, growing, seen = random.Random(seed), GrowingText(limit), {}
    at = 0
    while at < len(text):
        step = chance.choice((1, 3, 24, 400))
        growing.add(text[at : at + step])
        at += step
        if growing.is_full:
            growing.turn_over()
        elif chance.random() < 0.7:
            growing.mark_shown(growing.news()[1])
            seen.setdefault(growing.part, []).append(growing.shown)
    return growing, seen


@pytest.mark.parametrize("seed", range(20))
def test_what_was_shown_is_the_begin_of_what_stands_in_the_end(seed: int) -> None:
    growing, seen = fed(REPORT, seed, limit=3000)

    parts = growing.parts(REPORT)

    assert len(parts) > 5
    for number, shown in seen.items():
        assert all(harmless(parts[number]).startswith(words) for words in shown)
    assert all(size(part) <= 3000 for part in parts)
    assert all(part.count("```") % 2 == 0 for part in parts)


@pytest.mark.parametrize("seed", range(20))
def test_the_parts_hold_every_word_of_the_model_in_order(seed: int) -> None:
    growing, _ = fed(REPORT, seed, limit=3000)

    words = [word for part in growing.parts(REPORT) for word in part.split() if not word.startswith("```")]

    assert words == [word for word in REPORT.split() if not word.startswith("```")]


@pytest.mark.parametrize("text", ["Hi @here, all", "Hi <!channel>, all", "See <@U0ADA> and <#C0ENG>."])
def test_a_ping_that_comes_in_pieces_is_harmless_at_every_moment(text: str) -> None:
    growing, shown = GrowingText(), ""

    for letter in text:
        growing.add(letter)
        words, mark = growing.news()
        growing.mark_shown(mark)
        shown += words
        assert not any(ping in shown for ping in ("@here", "<!", "<@", "<#"))

    assert harmless(text).startswith(shown)


def test_blanks_around_an_answer_are_not_shown() -> None:
    growing = GrowingText()

    growing.add("\n\n Yes")
    growing.add(".  \n\n")

    assert growing.news()[0] == "Yes."
    assert growing.parts("\n\n Yes.  \n\n") == ["Yes."]


def test_a_fence_is_closed_at_a_turn_and_opened_again() -> None:
    growing = GrowingText(400)
    code = "Look:\n```python\n" + "x = 1\n" * 60 + "```\nDone."

    growing.add(code[:300])
    growing.mark_shown(growing.news()[1])
    growing.add(code[300:320])
    assert growing.has_whole_line
    first = growing.turn_over()
    growing.add(code[320:])

    assert first.endswith("\n```")
    assert growing.parts(code)[1].startswith("```python\nx = 1")
    assert growing.parts(code)[-1].endswith("```\nDone.")


def test_the_words_after_a_cut_answer_stand_behind_what_was_shown() -> None:
    growing = GrowingText(400)
    growing.add("word " * 54)
    growing.mark_shown(growing.news()[1])

    parts = growing.parts("word " * 54 + "\n\n" + "_My answer broke off here._ " * 8)

    assert parts[0].startswith(growing.shown)
    assert len(parts) == 1 or parts[1].endswith("here._")


def test_an_answer_that_was_not_shown_is_split_as_ever() -> None:
    growing = GrowingText()

    parts = growing.parts(REPORT)

    assert len(parts) == 3
    assert all(size(guard(part)) <= LIMIT_BYTES for part in parts)
