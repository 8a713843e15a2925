"""The words after `/lucy-costs budget`: what is understood, and the sentence for what is not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.costs.amounts import NoAmount, usd
from bot.db.budgets import BudgetKey, Mode
from bot.errors import LucyError
from bot.slack.budget_typed import EndBudget, SetBudget, ShowBudgets, understand

ALL, ADA, ENG = ("workspace", ""), ("user", "U0ADA"), ("channel", "C0ENG")


@pytest.mark.parametrize(
    ("typed", "whose", "amount", "span", "mode"),
    [
        ("workspace 50 per month", ALL, "50", "month", Mode.STOP),
        ("Workspace $1,250.50 per day SOFT", ALL, "1250.50", "day", Mode.SOFT),
        ("<@U0ADA|ada>  2.00   a day stop", ADA, "2", "day", Mode.STOP),
        ("<#C0ENG|eng> 20 USD/month step-down", ENG, "20", "month", Mode.STEP_DOWN),
        ("<#C0ENG> 0.01 per month step_down", ENG, "0.01", "month", Mode.STEP_DOWN),
    ],
)
def test_a_budget_is_understood(typed: str, whose: tuple[str, str], amount: str, span: str, mode: Mode) -> None:
    assert understand(" ".join(f"budget {typed}".split())) == SetBudget(BudgetKey(*whose, span), Decimal(amount), mode)


def test_showing_and_ending_are_understood() -> None:
    both = (BudgetKey(*ENG, "day"), BudgetKey(*ENG, "month"))

    assert understand("budget") == understand("budgets") == ShowBudgets()
    assert understand("budget <#C0ENG|eng> off") == EndBudget(both)
    assert (
        understand("budget <#C0ENG|eng> off per day")
        == understand("budget <#C0ENG> per day off")
        == EndBudget(both[:1])
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("budget workspace -5 per month", "negative"),
        ("budget workspace 0 per month", "$0.01"),
        ("budget workspace 0.001 per month", "$0.01"),
        ("budget workspace NaN per month", "US dollars, like"),
        ("budget workspace inf per month", "US dollars, like"),
        ("budget workspace 1e9 per month", "US dollars, like"),
        ("budget workspace 50,00 per month", "US dollars, like"),
        ("budget workspace ٥٠ per month", "US dollars, like"),
        ("budget workspace 99999999999 per month", "at most"),
        ("budget workspace 50 EUR per month", "US dollars"),
        ("budget workspace €50 per month", "US dollars"),
        ("budget workspace 50eur per month", "US dollars"),
        ("budget workspace 50 per week", "per day or per month"),
        ("budget workspace 50 per month gently", "`soft`"),
        ("budget workspace 50", "/lucy-costs budget"),
        ("budget workspace", "/lucy-costs budget"),
        ("budget everyone 50 per month", "/lucy-costs budget"),
        ("budget @ada 5 per day", "I can't see @ada"),
        ("budget #eng off", "I can't see #eng"),
    ],
)
def test_nonsense_gets_a_sentence_that_helps(typed: str, said: str) -> None:
    with pytest.raises(LucyError) as refused:
        understand(typed)

    assert said in refused.value.sentence


@pytest.mark.parametrize(
    "typed", ["", "$", "$-5", "- 5", "5-", "1,00", "1.", ".5", "0x10", "1_000", "5\n5", "nan", "-inf"]
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(NoAmount):
        usd(typed)
