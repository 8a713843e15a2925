from __future__ import annotations

from uuid import UUID

import pytest

from bot.db.database import Database
from tests.routing.road import Road, road_on


@pytest.fixture
def road(db: Database, workspace_id: UUID) -> Road:
    return road_on(db, workspace_id)
