"""Images in a request, in three wire formats: each must be one, and is paid for by its size."""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Iterator
from typing import Any

from aiohttp import web
from PIL import Image, UnidentifiedImageError

_PIXELS_PER_TOKEN = 750


def openai_images(messages: list[dict[str, Any]]) -> tuple[int, ...]:
    """The tokens of each image of a request. Raises HTTPBadRequest for what is none."""
    urls = (str(part["image_url"]["url"]) for part in _parts(messages) if part.get("type") == "image_url")
    return tuple(_tokens(url.partition(";base64,")[2]) for url in urls)


def anthropic_images(messages: list[dict[str, Any]]) -> tuple[int, ...]:
    """The tokens of each image of a request. Raises HTTPBadRequest for what is none."""
    return tuple(_tokens(str(part["source"]["data"])) for part in _parts(messages) if part.get("type") == "image")


def gemini_images(contents: list[dict[str, Any]]) -> tuple[int, ...]:
    """The tokens of each image of a request. Raises HTTPBadRequest for what is none."""
    parts = (part for turn in contents for part in turn.get("parts", ()))
    inline = (part.get("inline_data") or part.get("inlineData") for part in parts)
    return tuple(_tokens(str(data["data"])) for data in inline if data)


def _parts(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (part for message in messages if isinstance(message["content"], list) for part in message["content"])


def _tokens(data: str) -> int:
    try:
        width, height = Image.open(io.BytesIO(base64.b64decode(data, validate=True))).size
    except (binascii.Error, UnidentifiedImageError) as error:
        raise web.HTTPBadRequest(text='{"error": {"message": "Could not process image"}}') from error
    return math.ceil(width * height / _PIXELS_PER_TOKEN)
