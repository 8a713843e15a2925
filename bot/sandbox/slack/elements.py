"""What Slack rejects among the things people press, pick and fill in.

Source: docs.slack.dev/reference/block-kit/block-elements and .../composition-objects, November 2026.
"""

from __future__ import annotations

from typing import Any

PICKERS = frozenset({"conversations_select", "channels_select", "users_select", "timepicker", "datepicker"})
FIELDS = frozenset({"plain_text_input", "static_select", "radio_buttons", "checkboxes", *PICKERS})
"""What may stand in an input block."""

_CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
_TEXT, _VALUE, _PLACEHOLDER, _OPTIONS, _CHOICES = 75, 150, 150, 100, 10


def misshapen(element: Any) -> bool:
    """True for an element that Slack would refuse."""
    if not isinstance(element, dict) or len(words(element.get("placeholder"))) > _PLACEHOLDER:
        return True
    return len(str(element.get("action_id", ""))) > 255 or _unusable(element)


def _unusable(element: dict[str, Any]) -> bool:
    match element.get("type"):
        case "static_select":
            return _unpickable(element, _OPTIONS)
        case "radio_buttons" | "checkboxes":
            return _unpickable(element, _CHOICES)
        case "plain_text_input":
            return not 0 < int(element.get("max_length", 3000)) <= 3000
        case kind if kind in PICKERS:
            return False
        case _:
            return button_wrong(element)


def button_wrong(button: dict[str, Any]) -> bool:
    """A button within its limits, its confirmation too, shown to some people or to all."""
    confirm, readers = button.get("confirm"), button.get("visible_to_user_ids", ["all"])
    texts = [(confirm.get(name), most) for name, most in _CONFIRM.items()] if isinstance(confirm, dict) else []
    return (
        not 0 < len(words(button.get("text"))) <= _TEXT
        or len(button.get("action_id", "")) > 255
        or len(button.get("value", "")) > 2000
        or any(not 0 < len(words(text)) <= most for text, most in texts)
        or not readers
    )


def _unpickable(element: dict[str, Any], most: int) -> bool:
    """Options each within their limits, and what is picked at first among them."""
    options = element.get("options") or []
    first = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
    return (
        not 0 < len(options) <= most
        or any(
            not 0 < len(words(one.get("text"))) <= _TEXT or not 0 < len(one.get("value", "")) <= _VALUE
            for one in options
        )
        or any(one not in options for one in first)
    )


def words(text: Any) -> str:
    """The text of a text object, or nothing."""
    return str(text.get("text", "")) if isinstance(text, dict) else ""
