"""Manners of everything that Lucy posts: no previews of links, nothing that calls a whole channel, whoever wrote the words."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt.async_app import AsyncRespond
from slack_sdk.webhook import WebhookResponse

from bot.slack.guard import guard

_BROADCAST = re.compile(r"<!(?=channel|here|everyone|subteam)")
_NO_PREVIEWS: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}
_LOUD = ("reply_broadcast", "link_names", "parse")


def mannerly(method: str, sent: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call as they may leave; those of calls that say nothing stay as they are."""
    if not method.startswith("chat."):
        return sent
    said = {name: _quiet(value) for name, value in sent.items() if name not in _LOUD}
    return {**said, **_NO_PREVIEWS} if method == "chat.postMessage" else said


async def whisper(respond: AsyncRespond, text: str, blocks: list[dict[str, Any]] | None = None) -> WebhookResponse:
    """Tell whoever pressed or typed, and nobody else; `text` says what the blocks say. What Slack answered."""
    return await respond(
        text=_quiet(text), blocks=_quiet(blocks), response_type="ephemeral", replace_original=False, **_NO_PREVIEWS
    )


def _quiet(said: Any) -> Any:
    """Words that call nobody together, however deep they stand; what is code in Markdown is left as it is."""
    if isinstance(said, str):
        return _BROADCAST.sub("&lt;!", said) if "<!" in said else said
    if isinstance(said, dict):
        if said.get("type") == "markdown" and isinstance(said.get("text"), str):
            return {**said, "text": guard(said["text"])}
        return {name: _quiet(value) for name, value in said.items()}
    return [_quiet(one) for one in said] if isinstance(said, list | tuple) else said
