"""Breakers, with a clock that is moved by hand."""

from __future__ import annotations

import pytest

from bot.routing.breaker import CLOSED_FOR_S, COOL_S, LONGEST_WAIT_S, Breakers
from tests.routing.road import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breakers(clock: Clock) -> Breakers:
    return Breakers(lambda: clock.now)


def test_three_failures_in_a_row_open_it_for_half_a_minute(breakers: Breakers, clock: Clock) -> None:
    for _ in range(2):
        breakers.failed("a")
    assert breakers.admits("a")

    breakers.failed("a")

    assert not breakers.admits("a")
    assert breakers.opens_in("a") == COOL_S == 30
    assert breakers.admits("b")
    clock.now += COOL_S
    assert breakers.admits("a")


def test_a_success_forgives_what_was_before(breakers: Breakers) -> None:
    for _ in range(2):
        breakers.failed("a")
    breakers.succeeded("a")
    for _ in range(2):
        breakers.failed("a")

    assert breakers.admits("a")


def test_after_the_pause_one_caller_is_the_probe(breakers: Breakers, clock: Clock) -> None:
    open_it(breakers)
    clock.now += COOL_S

    assert [breakers.admits("a") for _ in range(3)] == [True, False, False]


def test_a_probe_that_succeeds_lets_everyone_in(breakers: Breakers, clock: Clock) -> None:
    open_it(breakers)
    clock.now += COOL_S
    breakers.admits("a")

    breakers.succeeded("a")

    assert breakers.admits("a")
    assert breakers.admits("a")


def test_a_probe_that_fails_opens_it_again_at_once(breakers: Breakers, clock: Clock) -> None:
    open_it(breakers)
    clock.now += COOL_S
    breakers.admits("a")

    breakers.failed("a")

    assert breakers.opens_in("a") == COOL_S


def test_a_probe_without_a_verdict_makes_room_for_the_next(breakers: Breakers, clock: Clock) -> None:
    open_it(breakers)
    clock.now += COOL_S
    breakers.admits("a")

    breakers.left_alone("a")

    assert breakers.admits("a")


def test_what_was_closed_for_longer_is_not_opened_by_a_shorter_pause(breakers: Breakers) -> None:
    breakers.close_for("a", CLOSED_FOR_S)

    breakers.close_for("a", 1)

    assert breakers.opens_in("a") == CLOSED_FOR_S


def test_a_retry_after_of_a_day_is_looked_at_again_sooner(breakers: Breakers) -> None:
    breakers.close_for("a", 86_400)

    assert breakers.opens_in("a") == LONGEST_WAIT_S


def open_it(breakers: Breakers) -> None:
    for _ in range(3):
        breakers.failed("a")
