"""Amounts of money as people type them: `50`, `$50`, `50.00`, `1,200`. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

from bot.costs.money import show
from bot.errors import LucyError

MOST = Decimal(10_000_000)
_LEAST = Decimal("0.01")
_AMOUNT = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.[0-9]{1,6})?")
_OTHER_CURRENCY = re.compile(r"[€£¥₹]|(?i:\b|\d)(?i:eur|gbp|chf|jpy|inr|cny)\b")


class NoAmount(LucyError):
    """Not an amount a budget can have."""

    sentence = "I need an amount in US dollars, like `50` or `$12.50`."


def usd(words: str) -> Decimal:
    """The amount in USD. Raises NoAmount with what is wrong."""
    text = words.strip()
    if _OTHER_CURRENCY.search(text):
        raise NoAmount(
            text, sentence="Providers bill in US dollars, so budgets are in US dollars too: say `50` or `$50`."
        )
    bare = re.sub(r"(?i)^usd|usd$", "", text).strip().removeprefix("$").strip()
    if bare.startswith("-") or text.startswith("-"):
        raise NoAmount(text, sentence="A budget can't be negative. To stop using one, say `off` instead of an amount.")
    if not _AMOUNT.fullmatch(bare):
        raise NoAmount(text)
    amount = Decimal(bare.replace(",", ""))
    if amount == 0:
        raise NoAmount(text, sentence="A budget of nothing would stop every answer; the least is $0.01.")
    if not _LEAST <= amount <= MOST:
        raise NoAmount(text, sentence=f"A budget is at least $0.01 and at most {show(MOST)}.")
    return amount
