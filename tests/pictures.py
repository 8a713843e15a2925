"""Pictures for tests, drawn with a few lines that no two sizes share."""

from __future__ import annotations

import io

from PIL import Image

from bot.llm.model_client import Picture


def drawn(width: int, height: int, kind: str = "PNG", mode: str = "RGB") -> bytes:
    """A picture's bytes."""
    image = Image.linear_gradient("L").resize((width, height)).convert(mode)
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def picture(width: int = 640, height: int = 480) -> Picture:
    return Picture("image/png", drawn(width, height), width, height)
