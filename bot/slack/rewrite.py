"""A message that stands in Slack is made to say what it should: by its ts, as often as it takes, for it may be repeated."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from bot.errors import LucyError, Undeliverable
from bot.slack.blocks import plain_message
from bot.slack.client import Permit, SlackClient, SlackRefused, SlackUnsure

_TRIES = 3
DECORATION = (
    "invalid_blocks",
    "msg_too_long",
    "msg_blocks_too_long",
    "invalid_metadata",
    "markdown",
    "no_text",
)
_NOT_OURS = ("message_not_found", "cant_update_message", "edit_window_closed", "message_not_editable")


class Gone(LucyError):
    """The message is not there any more, or may not be changed: the words must stand in another one."""


async def rewrite(
    client: SlackClient, permit: Permit, where: dict[str, str], message: dict[str, Any], text: str
) -> str:
    """chat.update of the message at `where` (channel and ts), plainer if need be; its ts.

    Raises Gone, Undeliverable, SlackRefused (a rate limit) or SlackUnsure.
    """
    for _ in range(_TRIES):
        try:
            await client.call("chat.update", permit, **where, **message)
        except SlackRefused as refused:
            if refused.code.startswith(_NOT_OURS):
                raise Gone(refused.code) from refused
            if refused.code == "streaming_state_conflict":
                await end_stream(client, where)
                continue
            message = plainer(message, text, refused)
        except SlackUnsure:
            continue
        else:
            return where["ts"]
    raise SlackUnsure("chat.update: no answer from Slack, again and again")


async def end_stream(client: SlackClient, where: dict[str, str]) -> None:
    """Whatever state a streamed message is in, it may be updated afterwards."""
    with suppress(SlackRefused, SlackUnsure):
        await client.call("chat.stopStream", **where)


def plainer(message: dict[str, Any], text: str, refused: SlackRefused) -> dict[str, Any]:
    """What to say instead of a message that Slack refused. Raises Undeliverable, or SlackRefused for a later try."""
    if refused.code == "ratelimited":
        raise refused
    if "blocks" not in message or not refused.code.startswith(DECORATION):
        raise Undeliverable(refused.code) from refused
    return plain_message(text, message["metadata"]["event_payload"]["key"])
