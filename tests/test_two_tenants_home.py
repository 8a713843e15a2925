"""Two tenants and their Homes: each shows its own and sets its own."""

from __future__ import annotations

import pytest

from tests.onlooker import until
from tests.slack.test_install import browser, open_to_all
from tests.test_two_tenants import Both, both

__all__ = ["both", "browser", "open_to_all"]


async def test_a_home_shows_ones_own_and_nothing_of_the_others(both: Both) -> None:
    theirs, ours = await both.home(in_acme=True), await both.home()

    told = {word for word in ("1 call", "$77", "C0GENERAL", "C0FINANCE", "gemini", "quality") if word in theirs}
    assert told == {"1 call", "$77", "C0GENERAL", "C0FINANCE", "gemini", "quality"}
    assert {word for word in told - {"quality"} if word in ours} == set()
    assert "Nobody has asked me anything yet" in ours
    assert "'initial_option': {'text': {'type': 'plain_text', 'text': 'Balanced'}, 'value': 'balanced'}" in ours


async def test_an_opened_home_that_names_somebody_of_the_others_shows_nothing(both: Both) -> None:
    event = {"type": "app_home_opened", "tab": "home", "user": "U0ADA", "channel": "D0LUCY", "event_ts": "1.1"}

    await both.sandbox.globex.delivery.event(event, "Ev0MIXEDHOME")
    await until(lambda: any(method == "users.info" for method, _ in both.sandbox.globex.api.calls))
    await both.home()

    assert both.sandbox.slack.state.homes == {}
    assert list(both.sandbox.globex.state.homes) == ["U1HANK"]


@pytest.mark.parametrize(
    ("action", "value"),
    [("lucy_home_budget", "workspace::month"), ("lucy_home_digest", "daily"), ("lucy_home_tiers", "C0ENG")],
)
async def test_a_form_of_the_home_holds_nothing_of_the_others(both: Both, action: str, value: str) -> None:
    await both.home()
    globex = both.sandbox.globex

    await globex.act(globex.state.homes["U1HANK"], {"action_id": action, "value": value}, "U1HANK")
    await until(lambda: bool(globex.state.views))

    assert [word for word in ("$77", "C0FINANCE", "'Europe/Berlin'") if word in str(globex.state.views)] == []


async def test_what_is_ended_or_turned_in_one_stays_in_the_other(both: Both) -> None:
    before = await both.acmes()

    for text in ("budget workspace off", "digest off", "admins remove <@U0DEV>", "dial eco", "zone Asia/Tokyo"):
        await both.typed(text)

    assert await both.acmes() == before
    assert "quality*" in await both.typed("dial", in_acme=True)
    assert "$77" in await both.typed("budget", in_acme=True)
