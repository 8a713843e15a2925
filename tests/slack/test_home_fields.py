"""What Slack tells of a filled form, by kind of field."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.home.fields import filled

FIELDS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"type": "plain_text_input", "value": " 50 "}, {"x": "50"}),
    ({"type": "plain_text_input", "value": None}, {}),
    ({"type": "static_select", "selected_option": {"text": {}, "value": "stop"}}, {"x": "stop"}),
    ({"type": "static_select", "selected_option": None}, {}),
    ({"type": "conversations_select", "selected_conversation": "C1"}, {"x": "C1"}),
    ({"type": "users_select", "selected_user": "U1"}, {"x": "U1"}),
    ({"type": "timepicker", "selected_time": "09:00"}, {"x": "09:00"}),
]


@pytest.mark.parametrize(("element", "held"), FIELDS)
def test_a_field_says_what_it_holds(element: dict[str, Any], held: dict[str, str]) -> None:
    assert filled({"state": {"values": {"x": {"x": element}}}}) == held


def test_a_view_without_fields_holds_nothing() -> None:
    assert filled({}) == {}
