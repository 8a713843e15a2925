"""The local Slack's modals and Home tabs: what it takes, who is shown what, and what is said to what people send off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.sandbox import Sandbox
from bot.slack.web import listening, web_app
from tests.onlooker import until
from tests.sandbox.test_slack_refuses import refusal

WORDS = {"type": "plain_text", "text": "Words"}
PICK: dict[str, Any] = {"type": "static_select", "options": [{"text": WORDS, "value": "1"}], "action_id": "a"}
FIELD: dict[str, Any] = {"type": "input", "block_id": "amount", "label": WORDS, "element": {"type": "plain_text_input"}}
MODAL: dict[str, Any] = {"type": "modal", "title": WORDS, "submit": WORDS, "blocks": [FIELD]}
HOME: dict[str, Any] = {"type": "home", "blocks": [{"type": "divider"}]}

BLOCKS: list[dict[str, Any]] = [
    {"type": "markdown", "text": "not in a view"},
    {"type": "data_visualization"},
    {"type": "context_actions", "elements": []},
    {"type": "section", "text": WORDS, "accessory": PICK | {"options": []}},
    {"type": "section", "text": WORDS, "accessory": PICK | {"initial_option": {"text": WORDS, "value": "2"}}},
    {"type": "section", "text": WORDS, "accessory": PICK | {"options": [{"text": WORDS, "value": "x" * 151}]}},
    {"type": "actions", "elements": [PICK | {"placeholder": {"type": "plain_text", "text": "x" * 151}}]},
    FIELD | {"label": {"type": "plain_text", "text": ""}},
    FIELD | {"element": {"type": "button", "text": WORDS}},
    FIELD | {"block_id": "x" * 256},
]


async def ready() -> list[str]:
    return []


@dataclass(slots=True)
class Shop:
    """An app that answers what is sent off as told."""

    answer: dict[str, Any] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
async def shop(sandbox: Sandbox, client: AsyncWebClient) -> AsyncIterator[Shop]:
    shop, app = Shop(), AsyncApp(client=client, signing_secret=sandbox.slack.state.signing_secret)

    @app.view("wish")
    async def sent_off(ack: AsyncAck) -> None:
        await ack(**shop.answer)

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any]) -> None:
        shop.seen.append(event)

    @app.action("a")
    async def pressed(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        shop.seen.append(body)

    async with listening(web_app(app, ready), "127.0.0.1", 0) as url:
        sandbox.slack.delivery.events_url = f"{url}/slack/events"
        yield shop


@pytest.mark.parametrize("block", BLOCKS)
async def test_a_view_slack_would_refuse_is_refused(client: AsyncWebClient, block: dict[str, Any]) -> None:
    call = client.views_publish(user_id="U0BEN", view=HOME | {"blocks": [block]})

    assert await refusal(call) == "invalid_arguments"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"blocks": [{"type": "divider"}] * 101}, "invalid_arguments"),
        ({"private_metadata": "x" * 3001}, "invalid_arguments"),
        ({"blocks": [{"type": "divider", "block_id": "twice"}] * 2}, "invalid_arguments"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}] * 90}, "view_too_large"),
    ],
)
async def test_a_home_has_its_limits(client: AsyncWebClient, more: dict[str, Any], code: str) -> None:
    assert await refusal(client.views_publish(user_id="U0BEN", view=HOME | more)) == code


@pytest.mark.parametrize("more", [{"title": {"type": "plain_text", "text": "x" * 25}}, {"submit": None}])
async def test_a_modal_has_a_short_title_and_a_way_to_send_it_off(
    sandbox: Sandbox, client: AsyncWebClient, more: dict[str, Any]
) -> None:
    trigger = sandbox.slack.state.new_trigger("U0BEN")

    assert await refusal(client.views_open(trigger_id=trigger, view=MODAL | more)) == "invalid_arguments"


async def test_a_home_is_published_over_the_one_that_was_seen(sandbox: Sandbox, client: AsyncWebClient) -> None:
    first = (await client.views_publish(user_id="U0BEN", view=HOME))["view"]
    second = (await client.views_publish(user_id="U0BEN", view=HOME, hash=first["hash"]))["view"]

    assert await refusal(client.views_publish(user_id="U0BEN", view=HOME, hash=first["hash"])) == "hash_conflict"
    assert await refusal(client.views_publish(user_id="U0NOBODY", view=HOME)) == "user_not_found"
    assert (second["id"], list(sandbox.slack.state.homes)) == (first["id"], ["U0BEN"])


async def test_who_opens_the_home_is_told_to_the_app_with_what_it_shows(
    sandbox: Sandbox, client: AsyncWebClient, shop: Shop
) -> None:
    await sandbox.slack.open_home("U0BEN")
    shown = (await client.views_publish(user_id="U0BEN", view=HOME))["view"]
    await sandbox.slack.open_home("U0BEN")
    await sandbox.slack.act(shown, PICK | {"selected_option": PICK["options"][0]}, "U0BEN")

    first, second, pressed = shop.seen
    assert "view" not in first
    assert (second["view"]["hash"], second["tab"]) == (shown["hash"], "home")
    assert (pressed["view"]["id"], "response_url" in pressed) == (shown["id"], False)


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ({}, {}),
        ({"response_action": "errors", "errors": {"amount": "too much"}}, {"errors": {"amount": "too much"}}),
        ({"response_action": "errors", "errors": {"nowhere": "?"}}, {"trouble": "unknown block"}),
        ({"response_action": "update", "view": {"type": "home"}}, {"trouble": "invalid_arguments"}),
    ],
)
async def test_what_is_sent_off_is_answered(
    sandbox: Sandbox, client: AsyncWebClient, shop: Shop, answer: dict[str, Any], seen: dict[str, Any]
) -> None:
    trigger = sandbox.slack.state.new_trigger("U0BEN")
    view = (await client.views_open(trigger_id=trigger, view={**MODAL, "callback_id": "wish"}))["view"]
    shop.answer = answer

    assert await sandbox.slack.submit(view["id"], {}, "U0BEN") == seen
    assert (view["id"] in sandbox.slack.state.views) == bool(seen)


async def test_a_modal_is_answered_over_a_socket_too(sandbox: Sandbox, client: AsyncWebClient) -> None:
    app = AsyncApp(client=client, signing_secret=sandbox.slack.state.signing_secret)

    @app.view("wish")
    async def sent_off(ack: AsyncAck) -> None:
        await ack(response_action="errors", errors={"amount": "too much"})

    handler = AsyncSocketModeHandler(app, sandbox.slack.state.app_token, web_client=client)
    await handler.connect_async()
    await until(lambda: sandbox.slack.sockets.connected)
    trigger = sandbox.slack.state.new_trigger("U0BEN")
    view = (await client.views_open(trigger_id=trigger, view={**MODAL, "callback_id": "wish"}))["view"]

    seen = await sandbox.slack.submit(view["id"], {}, "U0BEN")
    await handler.close_async()

    assert seen == {"errors": {"amount": "too much"}}


async def test_prompts_with_a_thread_are_lost_without_a_word(sandbox: Sandbox, client: AsyncWebClient) -> None:
    told: list[dict[str, Any]] = []
    sandbox.slack.subscribe(told.append)
    prompts = [{"title": "a", "message": "b"}]

    await client.assistant_threads_setSuggestedPrompts(channel_id="D0LUCY", thread_ts="1.1", prompts=prompts)
    await client.assistant_threads_setSuggestedPrompts(channel_id="D0LUCY", prompts=prompts)

    assert [event["prompts"] for event in told] == [prompts]
