"""Sums over the ledger's own rows end in a sentence when they take too long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from bot.db.database import Database
from bot.db.ledger import TooMuch, Window

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.slow
async def test_what_takes_more_than_five_seconds_is_too_much(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    async with onlooker.transaction():
        await onlooker.execute("LOCK TABLE cost_log IN ACCESS EXCLUSIVE MODE")

        with pytest.raises(TooMuch) as refused:
            async with db.unit(workspace_id) as unit:
                await unit.ledger.by("thread", Window(NOW, NOW + timedelta(days=1)), 99)

    assert "shorter period" in refused.value.sentence
