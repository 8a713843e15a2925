"""The parts of which modals and selects are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.slack.blocks import plain_text

Block = dict[str, Any]


def option(text: str, value: str) -> Block:
    """One thing to pick."""
    return {"text": plain_text(text), "value": value}


def field(name: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    """Something to fill in; it is found again by its name."""
    more = {"hint": plain_text(hint)} if hint else {}
    return {
        "type": "input", "block_id": name, "label": plain_text(label), "element": {**element, "action_id": name},
        "optional": optional, **more,
    }  # fmt: skip


def select(options: Sequence[Block], chosen: str) -> Block:
    """One of a few; `chosen` is the value of the one that is picked at first."""
    first = next(one for one in options if one["value"] == chosen)
    return {"type": "static_select", "options": list(options), "initial_option": first}


def channel_select(chosen: str | None = None) -> Block:
    """A channel where people work together; no direct messages."""
    first = {"initial_conversation": chosen} if chosen else {}
    only = {"include": ["public", "private"], "exclude_bot_users": True}
    return {"type": "conversations_select", "filter": only, **first}


def text_field(value: str = "") -> Block:
    """A line of text."""
    return {"type": "plain_text_input", **({"initial_value": value} if value else {})}


def filled(view: Mapping[str, Any]) -> dict[str, str]:
    """What was filled in, by name; what was left empty is not in it."""
    values: Mapping[str, Mapping[str, Mapping[str, Any]]] = view.get("state", {}).get("values", {})
    found = {name: _value(element) for name, by_action in values.items() for element in by_action.values()}
    return {name: value for name, value in found.items() if value}


def _value(element: Mapping[str, Any]) -> str:
    if picked := element.get("selected_option"):
        return str(picked["value"])
    names = ("value", "selected_conversation", "selected_channel", "selected_user", "selected_time")
    return next((str(element[name]).strip() for name in names if element.get(name)), "")
