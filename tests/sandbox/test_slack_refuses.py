"""The local Slack says no where Slack says no, heard through the real SDK."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.sandbox import Sandbox

WORDS = [{"type": "raw_text", "text": "Model"}]
TABLE: dict[str, Any] = {"type": "data_table", "caption": "Models", "rows": [WORDS, WORDS]}
PLOT: dict[str, Any] = {
    "type": "bar",
    "series": [{"name": "USD", "data": [{"label": "Mon", "value": 1.5}]}],
    "axis_config": {"categories": ["Mon"]},
}
CHART: dict[str, Any] = {"type": "data_visualization", "title": "Spend", "chart": PLOT}

POSTS: list[tuple[str, dict[str, Any]]] = [
    ("channel_not_found", {"channel": "C0NOWHERE", "text": "hi"}),
    ("not_in_channel", {"channel": "C0QUIET", "text": "hi"}),
    ("is_archived", {"channel": "C0OLD", "text": "hi"}),
    ("no_text", {"text": ""}),
    ("markdown_text_conflict", {"text": "a", "markdown_text": "b"}),
    ("msg_too_long", {"markdown_text": "x" * 12_001}),
    ("invalid_blocks", {"blocks": [{"type": "divider"}] * 51}),
    ("invalid_blocks", {"blocks": [{"type": "nonsense"}]}),
    ("invalid_blocks", {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]}),
    ("invalid_blocks", {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}),
    ("invalid_blocks", {"blocks": [{"type": "context", "elements": []}]}),
    ("invalid_blocks", {"blocks": [{"type": "actions", "elements": [{"type": "button", "action_id": "x" * 256}]}]}),
    ("invalid_blocks", {"blocks": [{"type": "table", "rows": [[]] * 101}]}),
    ("invalid_blocks", {"blocks": [{"type": "data_table", "rows": [WORDS, WORDS]}]}),
    ("invalid_blocks", {"blocks": [TABLE | {"rows": [WORDS]}]}),
    ("invalid_blocks", {"blocks": [TABLE | {"rows": [WORDS, WORDS * 2]}]}),
    ("invalid_blocks", {"blocks": [TABLE | {"rows": [WORDS] * 102}]}),
    ("invalid_blocks", {"blocks": [TABLE | {"rows": [WORDS, [{"type": "raw_number", "text": "1", "value": "1"}]]}]}),
    ("invalid_blocks", {"blocks": [TABLE | {"page_size": 101}]}),
    ("invalid_blocks", {"blocks": [CHART | {"title": "x" * 51}]}),
    ("invalid_blocks", {"blocks": [CHART | {"chart": PLOT | {"series": PLOT["series"] * 2}}]}),
    ("invalid_blocks", {"blocks": [CHART | {"chart": PLOT | {"axis_config": {"categories": ["Tue"]}}}]}),
    ("invalid_blocks", {"blocks": [CHART] * 3}),
    ("msg_blocks_too_long", {"blocks": [{"type": "markdown", "text": "x" * 6001}] * 2}),
    ("invalid_metadata_format", {"text": "a", "metadata": {"event_type": "key"}}),
]


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as no:
        await call
    return str(no.value.response["error"])


@pytest.mark.parametrize(("code", "post"), POSTS, ids=[f"{n}-{code}" for n, (code, _) in enumerate(POSTS)])
async def test_a_post_slack_would_refuse_is_refused(client: AsyncWebClient, code: str, post: dict[str, Any]) -> None:
    assert await refusal(client.api_call("chat.postMessage", json={"channel": "C0ENG", **post})) == code


@pytest.mark.parametrize(
    ("token", "code"),
    [("", "not_authed"), ("xoxb-other", "invalid_auth")],
)
async def test_a_token_slack_does_not_know_opens_nothing(sandbox: Sandbox, token: str, code: str) -> None:
    assert await refusal(AsyncWebClient(token=token, base_url=sandbox.slack.api_url).auth_test()) == code


async def test_a_revoked_token_stays_revoked(client: AsyncWebClient) -> None:
    await client.auth_revoke()

    assert await refusal(client.auth_test()) == "token_revoked"


async def test_a_missing_scope_is_named(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.slack.state.scopes.discard("users:read")

    with pytest.raises(SlackApiError) as no:
        await client.users_info(user="U0ADA")

    assert no.value.response["error"] == "missing_scope"
    assert no.value.response["needed"] == "users:read"


async def test_only_ones_own_messages_change(sandbox: Sandbox, client: AsyncWebClient) -> None:
    theirs = await sandbox.slack.say("U0ADA", "C0ENG", "mine")

    assert await refusal(client.chat_update(channel="C0ENG", ts=theirs, text="no")) == "cant_update_message"
    assert await refusal(client.chat_update(channel="C0ENG", ts="1.1", text="no")) == "message_not_found"


async def test_a_stopped_stream_takes_no_more(sandbox: Sandbox, client: AsyncWebClient) -> None:
    root = await sandbox.slack.say("U0ADA", "C0ENG", "stream, please")
    who = {"recipient_team_id": sandbox.slack.state.team_id, "recipient_user_id": "U0ADA"}
    lost = client.chat_startStream(channel="C0ENG", thread_ts=root)
    assert await refusal(lost) == "missing_recipient_team_id"
    ts = (await client.chat_startStream(channel="C0ENG", thread_ts=root, **who))["ts"]

    await client.chat_appendStream(channel="C0ENG", ts=ts, markdown_text="one ")
    conflict = await refusal(client.chat_update(channel="C0ENG", ts=ts, text="no"))
    await client.chat_stopStream(channel="C0ENG", ts=ts, markdown_text="two")

    assert conflict == "streaming_state_conflict"
    late = client.chat_appendStream(channel="C0ENG", ts=ts, markdown_text="late")
    assert await refusal(late) == "message_not_in_streaming_state"
    assert sandbox.slack.answers("C0ENG", root) == ["one two"]


async def test_a_method_slack_does_not_have_is_unknown(client: AsyncWebClient) -> None:
    assert await refusal(client.api_call("chat.shout")) == "unknown_method"


async def test_a_reaction_is_given_once_and_taken_once(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.slack.state.scopes.add("reactions:write")
    ts = await sandbox.slack.say("U0ADA", "C0ENG", "look")
    eyes = {"channel": "C0ENG", "timestamp": ts, "name": "eyes"}

    await client.reactions_add(**eyes)
    assert await refusal(client.reactions_add(**eyes)) == "already_reacted"
    await client.reactions_remove(**eyes)
    assert await refusal(client.reactions_remove(**eyes)) == "no_reaction"


async def test_too_many_prompts_are_refused(client: AsyncWebClient) -> None:
    prompts = [{"title": "a", "message": "b"}] * 5

    call = client.assistant_threads_setSuggestedPrompts(channel_id="D0LUCY", prompts=prompts)

    assert await refusal(call) == "invalid_arguments"


async def test_figures_stand_unless_this_slack_does_not_draw_them_yet(sandbox: Sandbox, client: AsyncWebClient) -> None:
    post = {"channel": "C0ENG", "text": "figures", "blocks": [TABLE, CHART, CHART]}

    shown = await client.api_call("chat.postMessage", json=post)
    sandbox.slack.state.refused_blocks.add("data_visualization")

    assert shown["ok"]
    assert await refusal(client.api_call("chat.postMessage", json=post)) == "invalid_blocks"


async def test_a_file_stands_once_all_its_bytes_are_there(sandbox: Sandbox, client: AsyncWebClient) -> None:
    address = await client.files_getUploadURLExternal(filename="a.csv", length=3)
    files = [{"id": address["file_id"], "title": "a"}]
    async with aiohttp.ClientSession() as web:
        early = await refusal(client.files_completeUploadExternal(files=files, channel_id="C0ENG"))
        short = await web.post(address["upload_url"], data=b"12")
        whole = await web.post(address["upload_url"], data=b"123")
    await client.files_completeUploadExternal(files=files, channel_id="C0ENG")

    assert (early, short.status, whole.status) == ("file_not_found", 400, 200)
    assert sandbox.slack.messages("C0ENG")[-1]["files"][0]["name"] == "a.csv"


async def test_upload_methods_take_no_json_and_need_their_scope(sandbox: Sandbox, client: AsyncWebClient) -> None:
    method = "files.getUploadURLExternal"

    as_json = await refusal(client.api_call(method, json={"filename": "a.csv", "length": 3}))
    sandbox.slack.state.scopes.discard("files:write")

    assert as_json == "invalid_arguments"
    assert await refusal(client.files_getUploadURLExternal(filename="a.csv", length=3)) == "missing_scope"
