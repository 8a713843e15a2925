"""How the local Slack reaches an app: signatures, retries, faults, response URLs, metadata, sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.sandbox import Sandbox


class Receiver:
    """An app that only notes what it was sent, and answers as told."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.seen: list[tuple[dict[str, str], str]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.seen.append(({k.lower(): v for k, v in request.headers.items()}, await request.text()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def receiver(sandbox: Sandbox) -> AsyncIterator[Receiver]:
    sandbox.slack.state.app.hears_channels = False
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/slack/events", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sandbox.slack.delivery.events_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield receiver
    await runner.cleanup()


async def test_an_event_is_signed_and_a_forged_one_is_not_believed(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.slack.say("U0ADA", "C0ENG", "<@U0LUCY> hi")
    await sandbox.slack.delivery.send("{}", {}, kind="forged", secret="wrong")
    await sandbox.slack.delivery.send("{}", {}, kind="stale", stamp=1)

    verifier = SignatureVerifier(sandbox.slack.state.signing_secret)
    assert [verifier.is_valid_request(body, headers) for headers, body in receiver.seen] == [True, False, False]


async def test_an_event_comes_again_until_it_is_taken(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.statuses = [500, 500]

    await sandbox.slack.say("U0ADA", "C0ENG", "<@U0LUCY> hi")

    numbers = [headers.get("x-slack-retry-num") for headers, _ in receiver.seen]
    assert numbers == [None, "1", "2"]
    assert receiver.seen[1][0]["x-slack-retry-reason"] == "http_error"
    assert len({body for _, body in receiver.seen}) == 1
    assert [delivery.status for delivery in sandbox.slack.delivery.log] == [500, 500, 200]


async def test_after_three_retries_slack_gives_up(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.statuses = [500] * 9

    await sandbox.slack.say("U0ADA", "C0ENG", "<@U0LUCY> hi")

    assert len(receiver.seen) == 4


async def test_a_refused_connection_is_named_as_the_reason(sandbox: Sandbox, receiver: Receiver) -> None:
    taken = sandbox.slack.delivery.events_url
    sandbox.slack.delivery.events_url = "http://127.0.0.1:9/slack/events"
    saying = asyncio.create_task(sandbox.slack.say("U0ADA", "C0ENG", "<@U0LUCY> hi"))
    while not sandbox.slack.delivery.log:
        await asyncio.sleep(0)
    sandbox.slack.delivery.events_url = taken

    await saying

    assert receiver.seen[0][0]["x-slack-retry-reason"] == "connection_failed"


async def test_a_response_url_takes_five_answers(sandbox: Sandbox, receiver: Receiver) -> None:
    shown = await sandbox.slack.command("/lucy-costs", "digest #finance 09:00", user="U0ADA", channel="C0ENG")
    fields = dict(pair.split("=", 1) for pair in receiver.seen[0][1].split("&"))
    url = fields["response_url"].replace("%3A", ":").replace("%2F", "/")

    async with aiohttp.ClientSession() as session:
        statuses = [(await session.post(url, json={"text": str(n)})).status for n in range(6)]

    assert statuses == [200] * 5 + [404]
    assert len(shown) == 5
    assert "C0FINANCE" in fields["text"]


async def test_a_rate_limited_call_says_when_to_come_back(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.slack.faults.rate_limit("chat.postMessage", 3)

    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel="C0ENG", text="hi")

    assert (limited.value.response.status_code, limited.value.response.headers["Retry-After"]) == (429, "3")
    assert (await client.chat_postMessage(channel="C0ENG", text="hi"))["ok"]


async def test_a_lost_response_leaves_its_message_and_metadata_behind(sandbox: Sandbox, client: AsyncWebClient) -> None:
    root = await sandbox.slack.say("U0ADA", "C0ENG", "hello")
    sandbox.slack.faults.lose_response("chat.postMessage")
    key = {"event_type": "lucy_reply", "event_payload": {"task": "1"}}

    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C0ENG", text="kept", thread_ts=root, metadata=key)

    plain = (await client.conversations_replies(channel="C0ENG", ts=root))["messages"]
    whole = (await client.conversations_replies(channel="C0ENG", ts=root, include_all_metadata=True))["messages"]
    assert [message["text"] for message in plain] == ["hello", "kept"]
    assert "metadata" not in plain[1]
    assert whole[1]["metadata"] == key


@pytest.mark.parametrize(("done", "meanwhile"), [(False, ["hello"]), (True, ["hello", "kept"])])
async def test_a_held_call_waits_before_its_effect_or_before_its_answer(
    sandbox: Sandbox, client: AsyncWebClient, done: bool, meanwhile: list[str]
) -> None:
    root = await sandbox.slack.say("U0ADA", "C0ENG", "hello")
    held = sandbox.slack.faults.hold("chat.postMessage", done=done)
    posting = asyncio.create_task(client.chat_postMessage(channel="C0ENG", text="kept", thread_ts=root))

    await held.arrived()
    seen = [message["text"] for message in sandbox.slack.messages("C0ENG", root)]
    held.let_go()

    assert (await posting)["ok"]
    assert seen == meanwhile
    assert [message["text"] for message in sandbox.slack.messages("C0ENG", root)] == ["hello", "kept"]


async def test_a_held_call_can_be_lost_and_the_calls_around_it_are_not(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    root = await sandbox.slack.say("U0ADA", "C0ENG", "hello")
    held = sandbox.slack.faults.hold("chat.postMessage", skip=1)
    held.lose()

    said = [
        asyncio.create_task(client.chat_postMessage(channel="C0ENG", text=text, thread_ts=root))
        for text in ("one", "lost", "three")
    ]
    fates = await asyncio.gather(*said, return_exceptions=True)

    assert [isinstance(fate, SlackApiError) for fate in fates].count(True) == 1
    assert len(sandbox.slack.messages("C0ENG", root)) == 3


async def test_a_socket_gets_what_http_would_have_got(sandbox: Sandbox, client: AsyncWebClient) -> None:
    heard: list[str] = []
    app = AsyncApp(client=client, signing_secret=sandbox.slack.state.signing_secret)

    @app.event("app_mention")
    async def hear(event: dict[str, str]) -> None:
        heard.append(event["text"])

    handler = AsyncSocketModeHandler(app, sandbox.slack.state.app_token, web_client=client)
    await handler.connect_async()
    while not sandbox.slack.sockets.connected:
        await asyncio.sleep(0.01)

    await sandbox.slack.say("U0ADA", "C0ENG", "<@U0LUCY> over the socket")
    await asyncio.sleep(0.05)
    await handler.close_async()

    assert heard == ["<@U0LUCY> over the socket"]


@pytest.mark.parametrize(("subscribed", "told"), [(False, ["app_mention"]), (True, ["app_mention", "message"])])
async def test_a_mention_comes_with_its_twin_when_the_app_hears_channels(
    sandbox: Sandbox, receiver: Receiver, *, subscribed: bool, told: list[str]
) -> None:
    sandbox.slack.state.app.hears_channels = subscribed

    await sandbox.slack.say("U0ADA", "C0ENG", "<@U0LUCY> hi")

    bodies = [json.loads(body) for _, body in receiver.seen]
    assert [body["event"]["type"] for body in bodies] == told
    assert len({body["event_id"] for body in bodies}) == len(told)
    assert len({body["event"]["ts"] for body in bodies}) == 1


async def test_what_is_said_where_the_app_is_not_is_not_told(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.slack.say("U0ADA", "C0QUIET", "<@U0LUCY> hi")
    await sandbox.globex.say("U1HANK", "C1LOBBY", "<@U1LUCY> hi")

    assert receiver.seen == []


async def test_a_shortcut_and_a_modal_reach_the_app(sandbox: Sandbox, receiver: Receiver) -> None:
    ts = await sandbox.slack.say("U0ADA", "C0ENG", "what does this mean?")
    sandbox.slack.state.views["V1"] = {
        "id": "V1",
        "type": "modal",
        "callback_id": "wish",
        "private_metadata": "x",
        "blocks": [],
    }

    await sandbox.slack.shortcut("ask_lucy", "U0BEN", "C0ENG", ts)
    await sandbox.slack.submit("V1", {"tier": {"pick": {"value": "3"}}}, "U0BEN")

    picked, sent = (json.loads(parse_qs(body)["payload"][0]) for _, body in receiver.seen)
    assert (picked["type"], picked["callback_id"], picked["message"]["ts"]) == ("message_action", "ask_lucy", ts)
    assert picked["response_url"].startswith(sandbox.slack.origin)
    assert (sent["type"], sent["view"]["private_metadata"]) == ("view_submission", "x")
    assert sent["view"]["state"]["values"]["tier"]["pick"]["value"] == "3"
