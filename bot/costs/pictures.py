"""How many tokens a picture is, at most: vendors count by size, each in a way of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bot.llm.model_client import Message

_LEAST = 2240
"""Gemini's budget for a picture at its highest resolution, whatever the picture's size."""

_PATCH, _PER_PATCH = 32, 2.46
"""The densest count in use: OpenAI's patches of 32 pixels, each up to 2.46 tokens of its smallest models.

Anthropic counts a token per 750 pixels, Moonshot one per 28 by 28, OpenAI's tiles fewer still.
"""

_TILED = {"gpt-4o-mini": (2833, 5667)}
"""Tokens of a picture, and of each of its tiles of 512 pixels, where tiles are dearer than patches."""

_TILE, _LONG, _SHORT = 512, 2048, 768


def picture_tokens(model: str, messages: Iterable[Message]) -> int:
    """An upper bound of the tokens that the pictures in a prompt are to a model."""
    name = model.rpartition("/")[2]
    return sum(_tokens(name, one.width, one.height) for message in messages for one in message.pictures)


def _tokens(name: str, width: int, height: int) -> int:
    if name in _TILED:
        base, per_tile = _TILED[name]
        return base + per_tile * _tiles(width, height)
    patches = math.ceil(width / _PATCH) * math.ceil(height / _PATCH)
    return max(_LEAST, math.ceil(patches * _PER_PATCH))


def _tiles(width: int, height: int) -> int:
    """The picture is made to fit first: its long side within 2048 pixels, its short one within 768."""
    scale = min(1.0, _LONG / max(width, height), _SHORT / min(width, height))
    return math.ceil(width * scale / _TILE) * math.ceil(height * scale / _TILE)
