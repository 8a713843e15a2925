"""Pages of a provider's API, all of them: a busy one is waited for, a refusal is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import aiohttp

from bot.llm.bills.asking import Query
from bot.llm.bills.bill import BillUnreadable

_TRIES = 4
_MOST_PAGES = 1000
_LONGEST_WAIT_S = 30.0
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class BillApi:
    """One provider's API under one key. Amounts in its answers become Decimal, never a float."""

    def __init__(self, api_base: str, headers: Mapping[str, str]) -> None:
        self._api_base, self._headers = api_base.rstrip("/"), headers

    async def pages(self, path: str, query: Query) -> AsyncIterator[Any]:
        """Every page of a list that is told with `has_more` and `next_page`. Raises BillUnreadable."""
        asked = query
        async with aiohttp.ClientSession(headers=self._headers, timeout=_TIMEOUT) as session:
            for _ in range(_MOST_PAGES):
                page = await self._get(session, path, asked)
                yield page
                if not page.get("has_more"):
                    return
                asked = [*query, ("page", str(page.get("next_page")))]
        raise BillUnreadable(f"{path}: more than {_MOST_PAGES} pages")

    async def _get(self, session: aiohttp.ClientSession, path: str, query: Query) -> dict[str, Any]:
        for attempt in range(1, _TRIES + 1):
            try:
                async with session.get(f"{self._api_base}{path}", params=query) as answer:
                    text = await answer.text()
            except (aiohttp.ClientError, TimeoutError) as error:
                raise BillUnreadable(f"{self._api_base} does not answer: {type(error).__name__}") from error
            if answer.status == 200:
                return _object(text)
            await asyncio.sleep(_wait_s(answer, attempt))
        raise BillUnreadable(f"{path}: {self._api_base} is too busy")


def _wait_s(answer: aiohttp.ClientResponse, attempt: int) -> float:
    """How long to wait before asking again. Raises BillUnreadable where that is no use."""
    if answer.status in {401, 403}:
        raise BillUnreadable("the key is refused: a bill takes an admin (OpenRouter: management) key")
    if answer.status != 429 and answer.status < 500:
        raise BillUnreadable(f"the provider answers {answer.status}")
    told = answer.headers.get("Retry-After", "")
    return min(float(told) if told.replace(".", "", 1).isdigit() else 0.5 * 2**attempt, _LONGEST_WAIT_S)


def _object(text: str) -> dict[str, Any]:
    try:
        page = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise BillUnreadable("the provider's answer is no JSON") from error
    if not isinstance(page, dict):
        raise BillUnreadable("the provider's answer is no page")
    return page
