"""Two teams behind one Slack: tokens, guests, installs; heard through the real SDK."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.sandbox import Sandbox

LINK = {"client_id": "1.2", "scope": "chat:write,users:read,channels:history", "state": "s"}


@pytest.fixture
def theirs(sandbox: Sandbox) -> AsyncWebClient:
    """The second team's client, as if Lucy had been installed there."""
    sandbox.globex.state.installed = True
    return AsyncWebClient(token=sandbox.globex.state.bot_token, base_url=sandbox.slack.api_url, retry_handlers=[])


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as no:
        await call
    return str(no.value.response["error"])


async def test_a_token_opens_its_own_team_only(client: AsyncWebClient, theirs: AsyncWebClient) -> None:
    assert (await client.auth_test())["team_id"] == "T0ACME"
    assert (await theirs.auth_test())["user_id"] == "U1LUCY"
    assert await refusal(theirs.chat_postMessage(channel="C0GENERAL", text="hi")) == "channel_not_found"
    assert await refusal(client.users_info(user="U1IDA")) == "user_not_found"


async def test_the_token_of_a_team_without_lucy_opens_nothing(sandbox: Sandbox, theirs: AsyncWebClient) -> None:
    sandbox.globex.state.installed = False

    assert await refusal(theirs.auth_test()) == "invalid_auth"


async def test_guests_and_zones_are_told_with_a_person(theirs: AsyncWebClient) -> None:
    guest = (await theirs.users_info(user="U1GUEST"))["user"]
    owner = (await theirs.users_info(user="U1HANK"))["user"]

    assert (guest["is_restricted"], owner["is_restricted"]) == (True, False)
    assert (guest["tz"], guest["tz_offset"] % 3600) == ("Pacific/Chatham", 45 * 60)


@pytest.mark.parametrize(
    ("channel", "scope"),
    [("C1LOBBY", "channels:history"), ("G1BOARD", "groups:history"), ("D1LUCY", "im:history")],
)
async def test_the_history_of_each_kind_of_channel_needs_its_own_scope(
    sandbox: Sandbox, theirs: AsyncWebClient, channel: str, scope: str
) -> None:
    sandbox.globex.state.scopes -= {scope}

    with pytest.raises(SlackApiError) as no:
        await theirs.conversations_history(channel=channel)

    assert (no.value.response["error"], no.value.response["needed"]) == ("missing_scope", scope)
    assert "chat:write" in no.value.response["provided"]


async def test_a_message_to_a_person_begins_a_direct_message(sandbox: Sandbox, theirs: AsyncWebClient) -> None:
    told = await theirs.chat_postMessage(channel="U1IDA", text="hi")

    assert told["channel"] == sandbox.globex.state.direct("U1IDA") != sandbox.globex.state.direct("U1HANK")


async def test_a_view_is_opened_by_a_fresh_trigger_once(sandbox: Sandbox, client: AsyncWebClient) -> None:
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Ask"}, "blocks": [{"type": "divider"}]}
    trigger = sandbox.slack.state.new_trigger("U0ADA")

    opened = await client.views_open(trigger_id=trigger, view=modal)

    [shown] = sandbox.slack.state.views[opened["view"]["id"]]["blocks"]
    assert shown["type"] == "divider"
    assert await refusal(client.views_open(trigger_id=trigger, view=modal)) == "invalid_trigger_id"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"client_id": "9.9"}, "invalid_client_id"),
        ({"scope": "chat:write,everything"}, "invalid_scope"),
        ({"redirect_uri": "http://elsewhere.example/"}, "bad_redirect_uri"),
    ],
)
async def test_a_wrong_link_gets_a_page_and_no_code(sandbox: Sandbox, wrong: dict[str, str], said: str) -> None:
    sandbox.slack.delivery.events_url = "http://127.0.0.1:1/slack/events"

    async with aiohttp.ClientSession() as browser, visit(browser, sandbox, wrong) as page:
        assert (page.status, await page.text()) == (400, said)


async def test_a_code_is_exchanged_once_by_whoever_knows_the_secret(sandbox: Sandbox) -> None:
    sandbox.slack.delivery.events_url = "http://127.0.0.1:1/slack/events"
    slack, secret = AsyncWebClient(base_url=sandbox.slack.api_url), sandbox.slack.state.app.client_secret
    async with aiohttp.ClientSession() as browser, visit(browser, sandbox, {}) as back:
        [code] = parse_qs(urlsplit(back.headers["Location"]).query)["code"]

    async def exchange(**wrong: str) -> Any:
        return await slack.oauth_v2_access(**{"client_id": "1.2", "client_secret": secret, "code": code, **wrong})

    assert await refusal(exchange(client_secret="guessed")) == "bad_client_secret"
    assert await refusal(exchange(code="guessed")) == "invalid_code"
    granted = await exchange()
    assert (granted["team"]["id"], granted["access_token"]) == ("T1GLOBEX", sandbox.globex.state.bot_token)
    assert granted["scope"] == "channels:history,chat:write,users:read"
    assert await refusal(exchange()) == "code_already_used"


def visit(browser: aiohttp.ClientSession, sandbox: Sandbox, wrong: dict[str, str]) -> Any:
    """Follow an install link as far as Slack's own page."""
    page = f"{sandbox.slack.origin}/oauth/v2/authorize"
    return browser.get(page, params={**LINK, **wrong}, allow_redirects=False)
