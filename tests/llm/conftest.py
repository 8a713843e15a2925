"""The real litellm, warmed once for the run, on one event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.llm.litellm_client import LitellmClient
from tests.llm.wire import Wire, listening


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client() -> LitellmClient:
    warmed = LitellmClient()
    await warmed.warm_up()
    return warmed


@pytest_asyncio.fixture(loop_scope="session")
async def wire() -> AsyncIterator[Wire]:
    async with listening() as provider:
        yield provider
