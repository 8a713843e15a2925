"""A local score of how hard an ask is: hashed words and text statistics through int8 weights, standard library only."""

from __future__ import annotations

import base64
import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import mul
from typing import TypedDict
from zlib import crc32

from bot.routing.choice import Intent

BUCKETS = 4096
INTENT_BUCKETS, INTENT_WORDS = 2048, 48
"""The intent is only a label: fewer buckets keep the file small, fewer words keep it quick."""

HEAD, TAIL = 500, 150
"""Only so many characters of the beginning and the end are read: the time is bounded."""

_NUMBER = re.compile(r"\d+")
_TOKEN = re.compile(r"[^\W\d_]+|0|[^\w\s]")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_OPTIONS = re.compile(r"\n\(?[B-D][.)] ")
_SUBLINEAR = tuple(1 + math.log(max(1, count)) for count in range(3 * (HEAD + TAIL) + 4))
_COMMAS = re.compile("[,;，、；]")


@dataclass(frozen=True, slots=True)
class Score:
    """Estimated probabilities that tier 1, and tier 2, would not do; `hardness` ranks texts, higher is harder."""

    tier1_fails: float
    tier2_fails: float
    hardness: float
    intent: Intent


@dataclass(frozen=True, slots=True)
class Features:
    """What the heads see of a text: statistics, buckets of words and pairs with a value each, the first words."""

    dense: tuple[float, ...]
    buckets: tuple[int, ...]
    values: tuple[float, ...]
    first_words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """One head as loaded: `bias + dense . statistics + scale * mean-like sum of int8 word weights`."""

    bias: float
    dense: tuple[float, ...]
    scale: float
    hashed: memoryview

    def of(self, seen: Features) -> float:
        """The head's value."""
        words: float = sum(map(mul, map(self.hashed.__getitem__, seen.buckets), seen.values))
        statistics: float = sum(map(mul, self.dense, seen.dense))
        return self.bias + statistics + self.scale * words


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


class _Stored(TypedDict):
    bias: float
    dense: list[float]
    scale: float
    weights: str


def score(text: str) -> Score | None:
    """Score the newest human text; None when there are no words to go by."""
    clipped = clip(text)
    words = tokens(clipped)
    if not any(map(str.isalnum, words)):
        return None
    return _score(features(clipped, words), bool(_OPTIONS.search(clipped)))


def clip(text: str) -> str:
    """The head and the tail of a long text."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def tokens(text: str) -> list[str]:
    """Words in lower case, each number as 0, each character of a script without spaces on its own."""
    spread = text if text.isascii() else _UNSPACED.sub(r" \g<0> ", text)
    return _TOKEN.findall(_NUMBER.sub("0", spread.lower()))


def features(clipped: str, words: Sequence[str]) -> Features:
    """Words and pairs of neighbours as hash buckets (sublinear counts, unit length), and the statistics. `words` is not empty."""
    raw = ("\n ".join(["", *words])).encode("utf-8", "replace").split(b"\n")[1:]
    singles = list(map(crc32, raw))
    pairs = map(crc32, raw, [0x5E, *singles])
    buckets = [hashed % BUCKETS for hashed in (*singles, *pairs)]
    first_words = {hashed % INTENT_BUCKETS for hashed in singles[:INTENT_WORDS]}
    return Features(statistics(clipped, words), *_weighed(buckets), tuple(first_words))


def _weighed(buckets: Sequence[int]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Each bucket once, and its value."""
    counts = Counter(buckets)
    if len(counts) == len(buckets):
        return tuple(buckets), (1 / math.sqrt(len(buckets)),) * len(buckets)
    values = [_SUBLINEAR[count] for count in counts.values()]
    length = math.sqrt(sum(map(mul, values, values)))
    return tuple(counts), tuple([value / length for value in values])


def statistics(text: str, words: Sequence[str]) -> tuple[float, ...]:
    """Figures about a text, each roughly between 0 and 1; the order is the weights file's."""
    size, count = max(1, len(text)), max(1, len(words))
    unspaced = 0 if text.isascii() else len(_UNSPACED.findall(text))
    reach = size + 2 * unspaced
    return (
        math.log1p(reach) / 8,
        math.log1p(count) / 6,
        math.log1p(text.count("\n")) / 4,
        min(sum(map(len, words)) / count, 12) / 12,
        words.count("0") / count,
        float("```" in text),
        float(text.rstrip().endswith(("?", "？"))),
        math.log1p(len(_COMMAS.findall(text))) / 3,
        min(reach, 60) / 60,
        min(max(reach - 60, 0), 200) / 200,
        min(max(reach - 200, 0), 800) / 800,
        min(1.0, unspaced / 20),
    )


def _score(seen: Features, has_options: bool) -> Score:
    heads, intents = _loaded()
    first, second = heads["tier1_fails"].of(seen), heads["tier2_fails"].of(seen)
    gain = heads["exam_gain" if has_options else "gain"].of(seen)
    hardness = gain if has_options else gain + 0.1 * (first + second)
    return Score(_probability(first), _probability(second), hardness, intents.best(seen))


def _probability(value: float) -> float:
    return min(1.0, max(0.0, value))


@cache
def _loaded() -> tuple[Mapping[str, Weights], IntentWeights]:
    stored = json.loads(files("bot.routing").joinpath("scorer_weights.json").read_text("utf-8"))
    intents = {Intent(name): _weights(head) for name, head in stored["intents"].items()}
    columns = [[head.scale * weight for weight in head.hashed] for head in intents.values()]
    table = IntentWeights(
        tuple(intents), tuple(head.bias for head in intents.values()), tuple(zip(*columns, strict=True))
    )
    return {name: _weights(head) for name, head in stored["heads"].items()}, table


def _weights(head: _Stored) -> Weights:
    hashed = memoryview(base64.b64decode(head["weights"])).cast("b")
    return Weights(head["bias"], tuple(head["dense"]), head["scale"], hashed)
