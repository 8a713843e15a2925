"""The digest for terminals and machines says what Slack is told."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from uuid import UUID

from bot.costs.reports import Reports
from bot.db.database import Database
from bot.digests.compose import compose
from bot.digests.words import as_json, as_lines
from tests.costs.spending import Spent, spend


async def test_lines_and_json_hold_the_same_figures(db: Database, workspace_id: UUID) -> None:
    await spend(db, workspace_id, datetime(2026, 11, 23, 12, tzinfo=UTC), Spent("0.250000000001", model="m"))

    digest = await compose(db, Reports(db, "big/model"), workspace_id, date(2026, 11, 23), "UTC")

    lines = "\n".join(as_lines(digest))
    assert "$0.25 Monday, 23 November" in lines
    assert "models: m $0.25" in lines
    told = json.loads(json.dumps(as_json(digest)))
    assert told["total"]["cost_usd"] == told["models"][0]["cost_usd"] == "0.250000000001"


async def test_a_quiet_day_is_one_line_under_its_title(db: Database, workspace_id: UUID) -> None:
    digest = await compose(db, Reports(db, "big/model"), workspace_id, date(2026, 11, 23), "UTC")

    assert len(list(as_lines(digest))) == 2
