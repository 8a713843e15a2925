"""A local score of how hard an ask is: hashed words, statistics and context through int8 weights, standard library only."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import mul
from typing import TypedDict

from bot.routing.choice import Intent
from bot.routing.features import BUCKETS, Features, clip, features, tokens

MOVED_AT_MOST = 1.5
"""How far a workspace's own head may move the log-odds: it has seen little."""

_LANE = 20
_HALF, _MASK = 1 << _LANE - 1, (1 << _LANE) - 1
_POSITIVE = _HALF | _HALF << _LANE | _HALF << 2 * _LANE
"""Three sums of some 400 int8 weights fit into what Python adds up without growing a number."""

_OPTIONS = re.compile(r"\n\(?[B-D][.)] ")


@dataclass(slots=True)  # not frozen, as a Choice
class Score:
    """Estimated probabilities that tier 1, and tier 2, would not do; `hardness` ranks texts, higher is harder.

    `moved` is what a workspace's own head adds to their log-odds.
    """

    tier1_fails: float
    tier2_fails: float
    hardness: float
    intent: Intent
    moved: float = 0.0


@dataclass(frozen=True, slots=True)
class Head:
    """One regression as loaded: `bias + statistics . figures + scale * sum of int8 word weights`."""

    bias: float
    statistics: tuple[float, ...]
    scale: float
    hashed: memoryview

    def of(self, seen: Features) -> float:
        """The head's value."""
        weights = map(self.hashed.__getitem__, seen.buckets)
        return self.worth(
            seen, sum(weights) * seen.unit if seen.values is None else sum(map(mul, weights, seen.values))
        )

    def worth(self, seen: Features, words: float) -> float:
        """The same where the sum of the words' weights is known."""
        figures: float = sum(map(mul, self.statistics, seen.statistics))
        return self.bias + figures + self.scale * words


@dataclass(frozen=True, slots=True)
class Likelihood:
    """P(a tier fails): the head, what the context adds to it, and a curve fitted on messages the head had not seen.

    `usual` is the probability at the quantile `share` of our own messages, for workspaces to be compared with.
    """

    head: Head
    context: tuple[float, ...]
    slope: float
    offset: float
    share: float
    usual: float

    def beside(self, value: float, context: tuple[float, ...]) -> float:
        """The head's value with what the context adds."""
        added: float = sum(map(mul, self.context, context))
        return value + added

    def of(self, raw: float) -> float:
        """The probability."""
        return logistic(self.slope * raw + self.offset)


@dataclass(frozen=True, slots=True)
class IntentWeights:
    """What each first word says for each intent: one row per bucket, one column per intent."""

    intents: tuple[Intent, ...]
    bias: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]

    def best(self, seen: Features) -> Intent:
        """The intent that the first words speak for most."""
        unit = 1 / math.sqrt(len(seen.first_words))
        totals = map(sum, zip(*map(self.rows.__getitem__, seen.first_words), strict=True))
        values = [bias + unit * total for bias, total in zip(self.bias, totals, strict=True)]
        return self.intents[values.index(max(values))]


@dataclass(frozen=True, slots=True)
class Scorer:
    """All that was learned. `packed` holds the word weights of `usual`, three to a number: one walk adds up all three."""

    first: Likelihood
    second: Likelihood
    exam_gain: Head
    usual: tuple[Head, Head, Head]
    packed: Sequence[int]
    intents: IntentWeights
    opinion: tuple[float, float]

    def score(self, text: str, context: tuple[float, ...] | None = None, learned: Head | None = None) -> Score | None:
        """Score the newest human text; None when there are no words to go by. `learned` is a workspace's own head."""
        clipped = clip(text)
        words = tokens(clipped)
        if not any(map(str.isalnum, words)):
            return None
        seen = features(clipped, words)
        first, second, gain = self._values(seen)
        if context is not None:
            first, second = self.first.beside(first, context), self.second.beside(second, context)
        hardness = self.exam_gain.of(seen) if _OPTIONS.search(clipped) else gain + 0.1 * (first + second)
        moved = max(-MOVED_AT_MOST, min(MOVED_AT_MOST, learned.of(seen))) if learned else 0.0
        return Score(self.first.of(first), self.second.of(second), hardness, self.intents.best(seen), moved)

    def _values(self, seen: Features) -> list[float]:
        """Of the usual heads."""
        if seen.values is not None:
            return [head.of(seen) for head in self.usual]
        total = sum(map(self.packed.__getitem__, seen.buckets)) + _POSITIVE
        sums = (total & _MASK) - _HALF, (total >> _LANE & _MASK) - _HALF, (total >> 2 * _LANE) - _HALF
        return [head.worth(seen, words * seen.unit) for head, words in zip(self.usual, sums, strict=True)]

    def trusted(self, confidence: float) -> float:
        """What a model's own confidence is worth: a curve over its log-odds (its source stands in the weights file)."""
        slope, offset = self.opinion
        sure = max(0.001, min(0.999, confidence))
        return logistic(slope * math.log(sure / (1 - sure)) + offset)


def logistic(log_odds: float) -> float:
    """The probability at these log-odds."""
    return 1 / (1 + math.exp(-log_odds if -30.0 < log_odds < 30.0 else math.copysign(30.0, -log_odds)))


class StoredHead(TypedDict):
    """One regression in the weights file."""

    bias: float
    statistics: list[float]
    scale: float
    weights: str


class _StoredLikelihood(TypedDict):
    context: list[float]
    slope: float
    offset: float
    share: float
    usual: float


class _StoredOpinion(TypedDict):
    slope: float
    offset: float
    source: str


class Stored(TypedDict):
    """The weights file."""

    trained_on: Mapping[str, str]
    report: Mapping[str, object]
    heads: Mapping[str, StoredHead]
    likelihoods: Mapping[str, _StoredLikelihood]
    intents: Mapping[str, StoredHead]
    opinion: _StoredOpinion


@cache
def shipped() -> Scorer:
    """The scorer that ships with this Lucy; read once, some ten milliseconds, so call it before the first ask."""
    return scorer_of(json.loads(files("bot.routing").joinpath("scorer_weights.json").read_text("utf-8")))


def scorer_of(stored: Stored) -> Scorer:
    """The scorer that a weights file describes."""
    heads = {name: head_of(head) for name, head in stored["heads"].items()}
    first, second = (
        Likelihood(
            heads[name], tuple(shape["context"]), shape["slope"], shape["offset"], shape["share"], shape["usual"]
        )
        for name, shape in stored["likelihoods"].items()
    )
    opinion = stored["opinion"]["slope"], stored["opinion"]["offset"]
    usual = first.head, second.head, heads["gain"]
    words = zip(*(head.hashed for head in usual), strict=True)
    packed = [one + (two << _LANE) + (three << 2 * _LANE) for one, two, three in words]
    return Scorer(first, second, heads["exam_gain"], usual, packed, _intents(stored["intents"]), opinion)


def _intents(stored: Mapping[str, StoredHead]) -> IntentWeights:
    heads = {Intent(name): head_of(head, spread=False) for name, head in stored.items()}
    columns = [[head.scale * weight for weight in head.hashed] for head in heads.values()]
    return IntentWeights(tuple(heads), tuple(head.bias for head in heads.values()), tuple(zip(*columns, strict=True)))


def head_of(head: StoredHead, *, spread: bool = True) -> Head:
    """One head. One with fewer buckets is repeated, so that all are read at the finest hash."""
    packed = base64.b85decode(head["weights"])
    hashed = memoryview(packed * (BUCKETS // len(packed)) if spread else packed).cast("b")
    return Head(head["bias"], tuple(head["statistics"]), head["scale"], hashed)
