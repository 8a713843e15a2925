"""The one place that turns a listener's exception into a sentence with a reference."""

from __future__ import annotations

import secrets
from typing import Any

from slack_bolt.async_app import AsyncRespond
from slack_bolt.response import BoltResponse

from bot import log
from bot.errors import LucyError
from bot.slack.manners import whisper

_log = log.get(__name__)


async def tell(error: Exception, body: dict[str, Any], respond: AsyncRespond) -> BoltResponse:
    """Logged once with a reference, told once with that reference, never the exception's own words.

    A failed event gets 500, so that Slack sends it again; so does a modal that was sent off, which Slack leaves open then.
    """
    reference = secrets.token_hex(4)
    _log.error("listener_failed", reference=reference, exc_info=error)
    sentence = error.sentence if isinstance(error, LucyError) else LucyError.sentence
    if body.get("response_url"):
        await whisper(respond, f"{sentence} (reference `{reference}`)")
    unkept = body.get("type") in {"event_callback", "view_submission"}
    return BoltResponse(status=500 if unkept else 200, body="")
