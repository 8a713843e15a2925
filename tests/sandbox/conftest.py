"""A sandbox, and the real Slack SDK pointed at it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.sandbox import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Retries follow at once, and a post in a channel is told once."""
    async with Sandbox(retry_delays_s=(0.0, 0.01, 0.02)) as sandbox:
        sandbox.slack.state.app.hears_channels = False
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=sandbox.slack.state.bot_token, base_url=sandbox.slack.api_url, retry_handlers=[])
