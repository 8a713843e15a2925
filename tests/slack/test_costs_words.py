"""What may be typed after `/lucy-costs`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.slack import spend_form
from bot.slack.costs_words import NotUnderstood
from bot.slack.spend_form import Show


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("", Show("today", None)),
        ("Week", Show("week", None)),
        ("by model", Show("today", "model")),
        ("month BY tier", Show("month", "tier")),
        ("Last Month by thread", Show("last month", "thread")),
        ("30d", Show("30d", None)),
        ("2026-11-01..2026-11-15 by user", Show("2026-11-01..2026-11-15", "user")),
    ],
)
def test_a_period_and_a_breakdown_are_understood(typed: str, wanted: Show) -> None:
    assert spend_form.understand(typed) == wanted


@pytest.mark.parametrize(
    ("understand", "typed", "said"),
    [
        (spend_form.understand, "week by colour", "/lucy-costs help"),
        (spend_form.understand, "how much did we spend", "/lucy-costs help"),
    ],
)
def test_anything_else_is_answered_with_what_is_possible(
    understand: Callable[[str], object], typed: str, said: str
) -> None:
    with pytest.raises(NotUnderstood) as refused:
        understand(typed)

    assert said in refused.value.sentence
