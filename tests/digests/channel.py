"""A channel in memory, which can refuse, die before it posts, or take a post and lose its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from bot.db.database import inside_unit
from bot.digests.digest import Digest
from bot.digests.run import Unsure
from bot.errors import LucyError, Undeliverable


@dataclass(slots=True)
class MemoryChannel:
    """What was posted as (workspace, channel, key), and who was told what."""

    posts: list[tuple[UUID, str, str]] = field(default_factory=list)
    digests: list[Digest] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    looked: int = 0
    refuse: str | None = None
    dies: bool = False
    lose_answers: bool = False
    broken: UUID | None = None

    async def post(self, workspace_id: UUID, channel_id: str, digest: Digest, key: str) -> str:
        assert not inside_unit()
        if workspace_id == self.broken:
            raise LucyError("its token cannot be read")
        if self.dies:
            raise asyncio.CancelledError
        if self.refuse:
            raise Undeliverable(self.refuse)
        self.posts.append((workspace_id, channel_id, key))
        self.digests.append(digest)
        if self.lose_answers:
            raise Unsure("the connection was lost")
        return f"{len(self.posts)}.0"

    async def find(self, workspace_id: UUID, channel_id: str, key: str, since: datetime) -> str | None:
        assert not inside_unit()
        self.looked += 1
        return "1.0" if (workspace_id, channel_id, key) in self.posts else None

    async def tell(self, workspace_id: UUID, user_id: str, sentence: str) -> None:
        self.told.append((user_id, sentence))
