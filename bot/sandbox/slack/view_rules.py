"""What Slack rejects of a view: a Home tab or a modal.

Source: docs.slack.dev/reference/views and .../block-kit/blocks (which blocks stand on which surface), November 2026.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from bot.sandbox.slack.elements import FIELDS, misshapen, words
from bot.sandbox.slack.rules import Rejected, check_blocks

BLOCKS = frozenset({"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "video"})
"""Neither Markdown nor Slack's native figures stand in a view."""

_MOST_BLOCKS, _MOST_BYTES = 100, 250_000
_TEXTS = {"title": 24, "submit": 24, "close": 24}


def check_view(view: Any, kind: str, refused: Collection[str] = ()) -> None:
    """Raises Rejected."""
    if not isinstance(view, dict) or view.get("type") != kind:
        raise Rejected("invalid_arguments")
    if len(json.dumps(view)) > _MOST_BYTES:
        raise Rejected("view_too_large")
    try:
        check_blocks(view.get("blocks"), _MOST_BLOCKS, refused, BLOCKS)
    except Rejected as no:
        raise Rejected("invalid_arguments") from no
    if _too_long(view) or any(_wrong(block) for block in view["blocks"]) or (kind == "modal" and _no_modal(view)):
        raise Rejected("invalid_arguments")


def _too_long(view: dict[str, Any]) -> bool:
    ids = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    return (
        len(view.get("private_metadata", "")) > 3000
        or len(view.get("callback_id", "")) > 255
        or any(len(each) > 255 for each in ids)
        or len(set(ids)) < len(ids)
    )


def _no_modal(view: dict[str, Any]) -> bool:
    """A title, short labels, and a button to send off what is filled in."""
    labels = [(words(view.get(name)), most) for name, most in _TEXTS.items()]
    asks = any(block["type"] == "input" for block in view["blocks"])
    return (
        not labels[0][0] or any(len(text) > most for text, most in labels) or (asks and not words(view.get("submit")))
    )


def _wrong(block: dict[str, Any]) -> bool:
    if block["type"] == "section":
        return "accessory" in block and misshapen(block["accessory"])
    if block["type"] != "input":
        return False
    element = block.get("element") or {}
    return not 0 < len(words(block.get("label"))) <= 2000 or element.get("type") not in FIELDS or misshapen(element)
