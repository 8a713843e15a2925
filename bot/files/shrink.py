"""A picture as models take it: `python -m bot.files.shrink`, the file on stdin; a line of JSON and the picture on stdout.

Runs confined; may crash.
"""

from __future__ import annotations

import io
import json
import sys
import warnings

from PIL import Image, ImageOps

from bot.files.confined import confine

LONGEST_SIDE = 1568
"""Pixels. What is larger, vendors make smaller themselves or charge by the tile; text on a screenshot stays readable."""

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_MOST_PIXELS = 50_000_000
_LARGEST_PNG = 1_000_000


def shrunk(content: bytes) -> tuple[str, tuple[int, int], bytes]:
    """Media type, sides and bytes: the first frame, upright, on white, with nothing of what cameras note beside it.

    Raises what Pillow raises for what is no picture, or too large a one.
    """
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    image: Image.Image = Image.open(io.BytesIO(content), formats=_FORMATS)
    drawn = image.format == "PNG" or image.format == "GIF"
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if image.mode.startswith("I"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright)
    saved = _saved(flat, "PNG") if drawn else b""
    if saved and len(saved) <= _LARGEST_PNG:
        return "image/png", flat.size, saved
    return "image/jpeg", flat.size, _saved(flat, "JPEG")


def _saved(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, quality=85)
    return file.getvalue()


def main() -> None:
    """One picture."""
    confine()
    media_type, (width, height), content = shrunk(sys.stdin.buffer.read())
    head = json.dumps({"media_type": media_type, "width": width, "height": height})
    sys.stdout.buffer.write(head.encode() + b"\n" + content)


if __name__ == "__main__":
    main()
