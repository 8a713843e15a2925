"""The plans of a Home as PostgreSQL really ran them: nothing is read through, the ledger least of all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bot.costs.reports import Reports
from bot.slack.home.facts import Viewer, facts_of
from tests.bench.generated_ledger import generate
from tests.bench.lately import happen
from tests.bench.scratch import bare_connection
from tests.db.test_distribution import Explained, explained, nodes

__all__ = ["explained"]

NOW = datetime.now(UTC)
UNLUCKY = """
SELECT user_id FROM cost_log WHERE workspace_id = $1 AND state = 'failed' AND purpose = 'reply' AND created_at > now() - interval '5 days' LIMIT 1
"""


@pytest.mark.parametrize("is_admin", [True, False])
async def test_every_read_of_a_home_is_bound_by_an_index(
    explained: Explained, onlooker: asyncpg.Connection, *, is_admin: bool
) -> None:
    async with bare_connection(explained.db) as connection:
        await generate(connection, 6000, lambda _: None, folded=True)
        await happen(connection, failing=200)
        busiest = UUID(await connection.fetchval("SELECT md5('workspace 1')"))
        asker = await connection.fetchval(UNLUCKY, busiest)
    await onlooker.execute(
        f"ALTER DATABASE {await onlooker.fetchval('SELECT current_database()')} SET enable_seqscan = off"
    )
    await explained.db.ping()
    explained.plans.clear()

    facts = await facts_of(explained.db, Reports(explained.db, "big/model"), Viewer(busiest, asker, is_admin), NOW)

    ran = [(plan["Query Text"], node) for plan in explained.plans for node in nodes(plan["Plan"])]
    assert [text for text, node in ran if node["Node Type"] == "Seq Scan"] == []
    tables = {str(node.get("Relation Name")) for _, node in ran}
    assert tables >= {"cost_rollup", "inbox", "choice", "workspace"}
    for _, node in ran:
        if node.get("Index Name") == "cost_rollup_pkey":
            assert all(name in node["Index Cond"] for name in ("workspace_id", "dimension", "quarter"))
        if str(node.get("Relation Name")).startswith("cost_log_"):
            assert is_bound(node), node
    assert facts.asks
    assert facts.failures


def is_bound(node: dict[str, Any]) -> bool:
    """Whether a scan of the ledger begins and ends at instants, in one workspace."""
    condition = str(node.get("Index Cond", node.get("Recheck Cond", "")))
    return all(name in condition for name in ("workspace_id", "created_at >", "created_at <"))
