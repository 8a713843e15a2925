"""What a workspace's own labels add to the score: one more head over the same features, kept as a kilobyte."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence

from bot.routing.features import BUCKETS
from bot.routing.scorer import Head

FIGURES, FOLD = 13, 1024
"""How many statistics, and into how many buckets its words fall: few labels fill no more."""

_VERSION = 1
_FORM = struct.Struct(f"<Bff{FIGURES}f")
_FINEST = 127


def packed(bias: float, figures: Sequence[float], words: Sequence[float]) -> bytes:
    """The head as it is kept: floats for the bias and the statistics, a byte for each bucket of words."""
    scale = max(map(abs, words), default=0.0) / _FINEST or 1.0
    small = array("b", [round(weight / scale) for weight in words])
    return _FORM.pack(_VERSION, bias, scale, *figures) + small.tobytes()


def correction_of(stored: bytes | None) -> Head | None:
    """The head, for `Scorer.score`; None for nothing, and for what another version wrote."""
    if stored is None or len(stored) != _FORM.size + FOLD or stored[0] != _VERSION:
        return None
    _, bias, scale, *figures = _FORM.unpack_from(stored)
    words = memoryview(stored[_FORM.size :] * (BUCKETS // FOLD)).cast("b")
    return Head(bias, tuple(figures), scale, words)
