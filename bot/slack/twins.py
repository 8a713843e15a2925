"""The same message told twice, which Slack does of every mention in a channel: what came of the first is known to the second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Key = tuple[str, str, str]
_AT_MOST = 1000


class Twins:
    """Remembers what was stored lately, by team, channel and ts. Only a saving: the database tells twins apart anyway."""

    def __init__(self) -> None:
        self._stored: dict[Key, asyncio.Future[bool]] = {}

    async def once(self, key: Key, store: Callable[[], Awaitable[bool]]) -> bool:
        """True when a message is stored: by `store`, now or a moment ago. What failed, or was not to be stored, is tried again."""
        while (known := self._stored.get(key)) is not None:
            if await asyncio.shield(known):
                return True
        self._stored[key] = known = asyncio.get_running_loop().create_future()
        stored = False
        try:
            stored = await store()
        finally:
            known.set_result(stored)
            if not stored:
                self._stored.pop(key, None)
        if len(self._stored) > _AT_MOST:
            del self._stored[next(iter(self._stored))]
        return stored
