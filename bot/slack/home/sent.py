"""What was filled in and sent off, understood. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import time
from typing import Any

from bot.costs.amounts import usd
from bot.costs.periods import zone_of
from bot.db.budgets import BudgetKey, Mode
from bot.db.digests import Kind, Quiet
from bot.db.tier_bounds import EVERYWHERE, TierBound
from bot.errors import LucyError
from bot.slack.budget_typed import SPANS, EndBudget, SetBudget
from bot.slack.digest_form import DigestOff, DigestWish, QuietDays, SetDigest, ShowPeople
from bot.slack.home.fields import filled
from bot.slack.home.modals import NEW, OFF

View = Mapping[str, Any]
_SCOPES = ("workspace", "channel", "user")


class Misfilled(LucyError):
    """A field holds what can't be: its name, and a sentence that stands below it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}", sentence=sentence.replace("`", ""))
        self.field = field


def digest_wishes(view: View) -> tuple[DigestWish, ...]:
    """What is wanted of a kind of digest. Raises Misfilled, ValueError."""
    kind, values = Kind(view.get("private_metadata", "")), filled(view)
    if values.get("post") == OFF:
        return (DigestOff(kind),)
    if "channel" not in values:
        raise Misfilled("channel", "Pick the channel it is posted to.")
    zone, at = values.get("zone", ""), time.fromisoformat(values.get("at", "09:00"))
    with _about("zone"):
        zone_of(zone)
    named, quiet = values.get("people") != OFF, Quiet(values.get("quiet", Quiet.LINE))
    return (SetDigest(kind, values["channel"], at, zone), ShowPeople(named), QuietDays(quiet))


def budget_wish(view: View) -> SetBudget | EndBudget:
    """The budget that is wanted, or wanted no longer. Raises Misfilled, ValueError."""
    values = filled(view)
    is_new = view.get("private_metadata", "") == NEW
    key = _new_key(values) if is_new else known_key(view.get("private_metadata", ""))
    if not is_new and "amount" not in values:
        return EndBudget((key,))
    with _about("amount"):
        return SetBudget(key, usd(values.get("amount", "")), Mode(values.get("mode", Mode.SOFT)))


def bound_wish(view: View) -> TierBound:
    """The bound that is wanted. Raises Misfilled, ValueError."""
    values, about = filled(view), view.get("private_metadata", "")
    floor, ceiling = (int(values[side]) if values.get(side, OFF) != OFF else None for side in ("floor", "ceiling"))
    if floor and ceiling and floor > ceiling:
        raise Misfilled("ceiling", "The highest tier can't be below the lowest one.")
    channel = values.get("channel") if about == NEW else EVERYWHERE if about == "everywhere" else about
    if channel is None:
        raise Misfilled("channel", "Pick a channel.")
    return TierBound(channel, floor, ceiling)


def _new_key(values: Mapping[str, str]) -> BudgetKey:
    person, channel, span = values.get("person"), values.get("channel"), values.get("span", "month")
    if person and channel:
        raise Misfilled("channel", "A budget is a person's or a channel's: pick one of the two.")
    scope, key = ("user", person) if person else ("channel", channel) if channel else ("workspace", "")
    return _key(scope, key or "", span)


def known_key(about: str) -> BudgetKey:
    """The budget that a button or a form is about. Raises ValueError."""
    scope, key, span = about.split(":")
    return _key(scope, key, span)


def _key(scope: str, key: str, span: str) -> BudgetKey:
    if scope not in _SCOPES or span not in SPANS:
        raise ValueError(f"no budget: {scope} per {span}")
    return BudgetKey(scope, key, span)


@contextmanager
def _about(field: str) -> Iterator[None]:
    """What is wrong stands below a field."""
    try:
        yield
    except LucyError as error:
        raise Misfilled(field, error.sentence) from error
