"""What is at stake in a choice: what each tier's answer would cost, and what a failed answer costs on the dial."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from bot.costs.price_book import PriceBook, load_price_book
from bot.errors import SettingError
from bot.routing.choice import Intent, Question, Tier
from bot.routing.scorer import Head
from bot.routing.tiers import Tiers, read_tiers


class Dial(StrEnum):
    """How dear a failed answer is to a workspace, a channel or a person."""

    ECO = "eco"
    BALANCED = "balanced"
    QUALITY = "quality"


def dial_of(name: str) -> Dial:
    """The dial of that name. Raises SettingError."""
    try:
        return Dial(name)
    except ValueError:
        raise SettingError(f"--dial: {name[:20]!r} is none of {', '.join(Dial)}") from None


USD_PER_FAILURE = {Dial.ECO: 0.0045, Dial.BALANCED: 0.0075, Dial.QUALITY: 0.02}
"""USD for a failed answer of `USUAL_TOKENS`; a longer answer that fails costs proportionally more.

Chosen in cross-validation on the half of our workplace messages to learn from: at balanced the tiers come out as people
labelled them (34, 45 and 22 %), at eco fewer asks go up, at quality more. It is a rate of exchange, not a measured loss.
"""

ANSWER_TOKENS = {
    Intent.CHAT: 60,
    Intent.LOOKUP: 120,
    Intent.WRITING: 350,
    Intent.SUMMARY: 300,
    Intent.DATA: 400,
    Intent.REASONING: 600,
    Intent.CODE: 700,
    Intent.MULTI_STEP: 900,
}
"""Output tokens expected of an answer: a guess by kind of work around the 215 that LMSYS-Chat-1M reports as its mean.

Not measured on workplace traffic; `lucy whatif` replays with the tokens that were really billed.
"""

USUAL_TOKENS = 400
_FRAME_TOKENS = 250
_CHARACTERS_PER_TOKEN = 4
_LONGEST_PROMPT = 100_000
"""Tokens of the system prompt, of prose, and where the guess at a prompt ends."""

OPINION_TOKENS = (450, 40)
"""Input and output tokens of asking a model for its opinion, beside the message."""

WORTH_ASKING = 10
"""A model is asked only when the money at stake is over so many times the price of asking."""


@dataclass(frozen=True, slots=True)
class Prices:
    """USD per token, input and output, of each tier's primary."""

    rates: tuple[tuple[float, float], ...]

    def of(self, tier: Tier, input_tokens: float, output_tokens: float) -> float:
        """USD of one answer."""
        per_input, per_output = self.rates[tier - 1]
        return input_tokens * per_input + output_tokens * per_output


@dataclass(frozen=True, slots=True)
class Stakes:
    """What an ask is decided by, beside its words: prices, dial, and the workspace's own shift of P(tier 1 or 2 fails), in log-odds.

    `learned` is the head that its labels made.
    """

    prices: Prices
    dial: Dial = Dial.BALANCED
    shifts: tuple[float, float] = (0.0, 0.0)
    learned: Head | None = None

    def costs(self, question: Question, intent: Intent) -> tuple[float, float, float]:
        """USD expected of an answer by each tier."""
        tokens, length = input_tokens(question), ANSWER_TOKENS[intent]
        (in1, out1), (in2, out2), (in3, out3) = self.prices.rates
        return tokens * in1 + length * out1, tokens * in2 + length * out2, tokens * in3 + length * out3

    def loss(self, intent: Intent) -> float:
        """USD that a failed answer costs."""
        return USD_PER_FAILURE[self.dial] * ANSWER_TOKENS[intent] / USUAL_TOKENS

    def opinion(self, question: Question) -> float:
        """USD of asking the fast tier for its opinion."""
        asked, said = OPINION_TOKENS
        return self.prices.of(Tier.FAST, asked + min(len(question.text), 650) / _CHARACTERS_PER_TOKEN, said)


def input_tokens(question: Question) -> float:
    """Tokens expected of the prompt: our own, the thread, the text."""
    characters = len(question.text)
    for past in question.thread:
        characters += len(past.text)
    return min(_LONGEST_PROMPT, _FRAME_TOKENS + characters / _CHARACTERS_PER_TOKEN)


def prices_in(tiers: Tiers) -> Prices:
    """What the tiers in use cost now. A tier without a price counts as much as the shipped one."""
    found = [tiers.spec(tier).candidates[0].price for tier in Tier]
    known = zip(found, shipped_prices().rates if None in found else [(0.0, 0.0)] * len(found), strict=True)
    return Prices(
        tuple(
            (float(price.rates.input) / 1e6, float(price.rates.output) / 1e6) if price else instead
            for price, instead in known
        )
    )


def reachable(source: str, book: PriceBook) -> Tiers:
    """The tiers as they would be with every key. Raises SettingError."""
    lacking = {name for skipped in read_tiers(source, {}, book).skipped for name in skipped.missing}
    return read_tiers(source, dict.fromkeys(lacking, "no key"), book)


@cache
def shipped_prices() -> Prices:
    """The default tiers at our own list prices."""
    return prices_in(reachable("default", load_price_book()))


@cache
def shipped_stakes() -> Stakes:
    """Balanced, at our own list prices."""
    return Stakes(shipped_prices())
