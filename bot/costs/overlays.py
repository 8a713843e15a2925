"""Prices that operators set while Lucy runs: checked before they are written, laid over the book wherever it is read."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from bot.costs.price_book import PriceBook
from bot.costs.rates import is_rate
from bot.db.database import Database
from bot.db.ids import new_id
from bot.db.price_overlays import PriceOverlay
from bot.errors import SettingError

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")
_LONGEST = 200


async def refresh(db: Database, book: PriceBook) -> None:
    """Lay every price that operators set over the book, whose days are the database's. Raises DatabaseAway."""
    async with db.operations() as operations:
        book.lay(await operations.price_overlays())
        book.set_clock(await operations.now())


def overlay(model: str, rates: dict[str, str], since: str, currency: str = "USD", note: str = "") -> PriceOverlay:
    """What someone typed, checked; `rates` are USD per million tokens by option. Raises SettingError."""
    if currency.upper() != "USD":
        raise SettingError(f"--currency: Lucy counts in USD; convert the price from {currency[:10]!r} first")
    if not model or len(model) > _LONGEST or re.search(r"\s", model):
        raise SettingError("MODEL: a model id like openai/gpt-4o, or a deployment's name")
    checked = {option: _rate(option, told) for option, told in rates.items() if told}
    if not {"input", "output"} <= checked.keys():
        raise SettingError("a price needs both --input and --output")
    cached = checked.get("cached-input")
    return PriceOverlay(new_id(), model, _day(since), checked["input"], checked["output"], cached, note[:_LONGEST])


def _rate(option: str, told: str) -> Decimal:
    if not _NUMBER.fullmatch(told) or not is_rate(Decimal(told)):
        raise SettingError(
            f"--{option}: {told[:30]!r} is no price in USD per million tokens (0 to 999999, at most 6 decimals)"
        )
    return Decimal(told)


def _day(told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError as error:
        raise SettingError(f"--from: {told[:30]!r} is no day like 2026-11-24") from error
