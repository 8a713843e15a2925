"""What may be typed after `/lucy-costs`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time

import pytest

from bot.costs.periods import UnknownZone
from bot.slack import digest_form, spend_form
from bot.slack.costs_words import NotUnderstood
from bot.slack.digest_form import DigestOff, SetDigest
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
    ("typed", "wanted"),
    [
        ("digest OFF", DigestOff()),
        ("digest <#C1|finance> 09:00 Europe/Berlin", SetDigest("C1", time(9), "Europe/Berlin")),
        ("digest <#C1|> 7:05 Asia/Kathmandu", SetDigest("C1", time(7, 5), "Asia/Kathmandu")),
    ],
)
def test_a_digest_is_understood(typed: str, wanted: SetDigest | DigestOff) -> None:
    assert digest_form.understand(typed) == wanted


@pytest.mark.parametrize(
    ("understand", "typed", "said"),
    [
        (spend_form.understand, "week by colour", "/lucy-costs help"),
        (spend_form.understand, "how much did we spend", "/lucy-costs help"),
        (digest_form.understand, "digest", "09:00 Europe/Berlin"),
        (digest_form.understand, "digest <#C1|finance> 25:00 UTC", "25:00 is no time of day"),
        (digest_form.understand, "digest #finance 09:00 UTC", "can't see a channel #finance"),
    ],
)
def test_anything_else_is_answered_with_what_is_possible(
    understand: Callable[[str], object], typed: str, said: str
) -> None:
    with pytest.raises(NotUnderstood) as refused:
        understand(typed)

    assert said in refused.value.sentence


def test_an_unknown_zone_is_said_so() -> None:
    with pytest.raises(UnknownZone):
        digest_form.understand("digest <#C1|finance> 09:00 Mars/Olympus")
