"""What someone typed after `/lucy-costs budget`, understood. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from bot.costs.amounts import usd
from bot.db.budgets import BudgetKey, Mode
from bot.slack.costs_words import NotUnderstood

SPANS = ("day", "month")
_HOW = (
    "Say it like this: `/lucy-costs budget workspace 50 per month`, `budget @ada 2 per day`, "
    "`budget #support 20 per month step-down`, or `budget #support off`."
)
_WHOSE = re.compile(r"(?P<all>workspace)|<@(?P<user>\w+)(?:\|[^>]*)?>|<#(?P<channel>\w+)(?:\|[^>]*)?>", re.IGNORECASE)
_SET = re.compile(r"(?P<amount>.+?)\s*(?:\bper\b|\ba\b|/)\s*(?P<span>\w+)(?:\s+(?P<mode>\S+))?", re.IGNORECASE)
_OFF = re.compile(r"off(?:\s+per\s+(?P<span>\w+))?|per\s+(?P<before>\w+)\s+off", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ShowBudgets:
    """Show every budget the asker may see."""


@dataclass(frozen=True, slots=True)
class SetBudget:
    """Set or change a limit in USD."""

    key: BudgetKey
    limit_usd: Decimal
    mode: Mode


@dataclass(frozen=True, slots=True)
class EndBudget:
    """Have these no longer."""

    keys: tuple[BudgetKey, ...]


BudgetWish = ShowBudgets | SetBudget | EndBudget


def understand(words: str) -> BudgetWish:
    """What is wanted; `words` are all that was typed. Raises NotUnderstood, NoAmount."""
    text = words.partition(" ")[2]
    if not text:
        return ShowBudgets()
    whose, _, rest = text.partition(" ")
    scope, key = _target(whose)
    if ended := _OFF.fullmatch(rest):
        span = ended["span"] or ended["before"]
        return EndBudget(tuple(BudgetKey(scope, key, each) for each in ([_span(span)] if span else SPANS)))
    found = _SET.fullmatch(rest)
    if not found:
        if rest:
            usd(rest.split(" ")[0])
        raise NotUnderstood(text, sentence=_HOW)
    return SetBudget(BudgetKey(scope, key, _span(found["span"])), usd(found["amount"]), _mode(found["mode"]))


def _target(whose: str) -> tuple[str, str]:
    found = _WHOSE.fullmatch(whose)
    if found:
        user, channel = found["user"], found["channel"]
        return ("user", user) if user else ("channel", channel) if channel else ("workspace", "")
    if whose[0] in "@#":
        raise NotUnderstood(whose, sentence=f"I can't see {whose}. Pick it from Slack's list so that I get its id.")
    raise NotUnderstood(whose, sentence=_HOW)


def _span(word: str) -> str:
    if word.lower() not in SPANS:
        raise NotUnderstood(word, sentence=f"A budget is per day or per month, not per {word[:20]}.")
    return word.lower()


def _mode(word: str | None) -> Mode:
    """A cap unless it says otherwise."""
    if word is None:
        return Mode.STOP
    try:
        return Mode(word.lower().replace("-", "_"))
    except ValueError as error:
        raise NotUnderstood(
            word,
            sentence="At its limit a budget can be `soft` (it only warns), `stop`, or `step-down` (to the fast tier first).",
        ) from error
