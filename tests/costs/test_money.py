"""How amounts are shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.costs.money import exact, percent, show


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("0.000034", "$0.000034"),
        ("0.0000345678", "$0.000035"),
        ("0.000000000001", "$0.0000000000010"),
        ("0.096", "$0.096"),
        ("0.12", "$0.12"),
        ("0.126", "$0.13"),
        ("12.4", "$12.40"),
        ("1204", "$1,204.00"),
        ("-0.5", "-$0.50"),
        ("-0.0000345678", "-$0.000035"),
    ],
)
def test_money_has_two_significant_digits(amount: str, shown: str) -> None:
    assert show(Decimal(amount)) == shown


@given(st.decimals(min_value="-1000000", max_value="1000000", places=12))
def test_an_amount_is_shown_as_zero_only_when_it_is_zero(amount: Decimal) -> None:
    shown = Decimal(show(amount).replace("$", "").replace(",", ""))

    assert (shown == 0) == (amount == 0)
    assert abs(shown - amount) <= max(abs(amount) / 20, Decimal("0.005") if abs(amount) >= 1 else Decimal(0))


@given(st.decimals(min_value="-1000000000", max_value="1000000000", places=12))
def test_an_exact_amount_reads_back_to_the_last_digit(amount: Decimal) -> None:
    assert Decimal(exact(amount)) == amount
    assert "e" not in exact(amount).lower()


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [("37", "100", "37 %"), ("0.001", "100", "<1 %"), ("0", "100", "0 %"), ("1", "0", "–")]
)
def test_a_share_is_a_percentage_of_the_whole(part: str, whole: str, shown: str) -> None:
    assert percent(Decimal(part), Decimal(whole)) == shown
