"""Which deliveries are asks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db.file_refs import FileRef
from bot.slack.events import LONGEST_TEXT, happened_at, incoming, is_farewell

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def delivery(**event: Any) -> dict[str, Any]:
    said = {"type": "app_mention", "user": "U0BEN", "channel": "C1", "ts": "1.2", "text": "<@U0LUCY> hi", **event}
    grant = {"team_id": "T0ACME", "enterprise_id": "E1", "user_id": "U0LUCY", "is_enterprise_install": False}
    return {"type": "event_callback", "event_id": "Ev1", "team_id": "T9", "event": said, "authorizations": [grant]}


def test_a_mention_belongs_to_the_workspace_that_authorised_it_never_to_the_events_team() -> None:
    found = incoming(delivery(team="T0GUEST"))

    assert found
    assert found.slack_id == "T0ACME"
    assert (found.ask.thread_ts, found.ask.channel_type) == ("1.2", "channel")


def test_an_installation_of_a_whole_organisation_belongs_to_the_organisation() -> None:
    body = delivery()
    body["authorizations"][0]["is_enterprise_install"] = True

    found = incoming(body)

    assert found
    assert found.slack_id == "E1"


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast"])
def test_what_people_say_to_her_directly_is_an_ask(subtype: str | None) -> None:
    assert incoming(delivery(type="message", channel_type="im", channel="D1", text="hi", subtype=subtype))


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B1"},
        {"user": "U0LUCY"},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"type": "message", "channel_type": "channel", "text": "nothing for Lucy"},
        {"type": "reaction_added"},
        {"user": None},
        {"subtype": ["odd"]},
        {"ts": {"odd": 1}},
        {"channel": "C\x001"},
    ],
)
def test_what_nobody_wants_answered_is_no_ask(event: dict[str, Any]) -> None:
    assert incoming(delivery(**event)) is None


def test_a_text_is_bounded_and_free_of_nul_and_lone_surrogates() -> None:
    found = incoming(delivery(text="a\x00b\ud800" + "x" * 50_000))

    assert found
    assert found.ask.text.startswith("ab?x")
    assert len(found.ask.text) == LONGEST_TEXT


@given(_JSON, _JSON, _JSON)
def test_no_shape_of_json_makes_it_crash(whole: Any, event: Any, field: Any) -> None:
    incoming(whole)
    incoming({**delivery(), "event": event, "authorizations": field})
    incoming(delivery(type=field, subtype=field, text=field, bot_id=field))
    is_farewell({**delivery(type="tokens_revoked", tokens=field), "event": event})
    is_farewell(delivery(type="tokens_revoked", tokens=field))
    happened_at({"event_time": field})


@pytest.mark.parametrize(
    ("files", "refs"),
    [
        ([{"id": "F1", "name": "a.csv", "mimetype": "text/csv", "size": 9}], (FileRef("F1", "a.csv", "text/csv", 9),)),
        (
            [{"id": "F1", "file_access": "check_file_info"}, {"id": "F2", "title": "b"}],
            (FileRef("F1"), FileRef("F2", "b")),
        ),
        ([{"id": "F1", "name": 'a">\n<`b\ud800', "size": -3}], (FileRef("F1", "a----b?"),)),
        ([{"id": "F1", "size": True, "mimetype": 7}, {"id": ""}, {}, None], (FileRef("F1"),)),
        ([{"id": "F1"}] * 999, (FileRef("F1"),) * 20),
        (None, ()),
        ("F1", ()),
    ],
)
def test_an_ask_says_which_files_hang_on_it(files: object, refs: tuple[FileRef, ...]) -> None:
    found = incoming(delivery(files=files))

    assert found
    assert found.ask.files == refs
