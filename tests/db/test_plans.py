"""The plans behind the ledger: no table is read through, one month is one partition, reports read the rollup by its key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bot.costs.periods import period
from bot.costs.reports import DIMENSIONS, Reports
from bot.db.database import Database
from bot.db.digests import Kind
from bot.db.roles import WORKSPACE as LOCK
from bot.digests.compose import Composer
from bot.digests.spans import Span
from tests.bench.generated_ledger import generate
from tests.bench.scratch import bare_connection
from tests.db.planning import heard, planned, statements_of

ROLLED_UP = tuple(dimension for dimension in DIMENSIONS if dimension != "thread")
WORKSPACE = UUID("00000000-0000-0000-0000-000000000001")
NOW = datetime.now(UTC)
STATEMENTS = statements_of(WORKSPACE)


@pytest.fixture
async def connection(db: Database) -> AsyncIterator[Any]:
    """The driver as a unit has it, on a ledger of three months; a table so small is read through unless it is forbidden."""
    async with bare_connection(db) as connection:
        await generate(connection, 2000, lambda _: None)
        await connection.execute("SET enable_seqscan = off")
        await connection.execute(f"SET {LOCK} = '{WORKSPACE}'")
        yield connection


async def test_no_statement_reads_the_ledger_through(connection: Any) -> None:
    for name, (statement, values) in STATEMENTS.items():
        nodes = await planned(connection, statement.sql, *statement.arguments(values))

        through = [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"]
        assert through == [], name


@pytest.mark.parametrize("name", ["transition", "settle", "replay", "known"])
async def test_who_names_the_time_reads_one_partition(connection: Any, name: str) -> None:
    statement, values = STATEMENTS[name]

    nodes = await planned(connection, statement.sql, *statement.arguments(values))

    ledger = {node["Relation Name"] for node in nodes if str(node.get("Relation Name")).startswith("cost_log")}
    assert ledger - {"cost_log"} == {f"cost_log_{NOW:%Y_%m}"}


async def test_a_persons_last_asks_are_found_by_person_and_time(connection: Any) -> None:
    statement, values = STATEMENTS["recent asks"]

    nodes = await planned(connection, statement.sql, *statement.arguments(values))

    used = {node["Relation Name"]: node["Index Name"] for node in nodes if "Index Name" in node}
    assert used["inbox"] == "inbox_of_user_idx"
    assert used["choice"] in {"choice_pkey", "choice_thread_idx"}, "of an empty table either costs the same"
    assert not {"Sort", "Seq Scan"} & {node["Node Type"] for node in nodes}


async def test_the_attempts_of_a_task_are_found_by_an_index(connection: Any) -> None:
    statement, values = STATEMENTS["of a task"]

    nodes = await planned(connection, statement.sql, *statement.arguments(values))

    scans = {node["Node Type"] for node in nodes if node.get("Relation Name")}
    assert scans
    assert scans <= {"Index Scan", "Bitmap Heap Scan"}


async def test_reports_read_the_rollup_by_its_key_and_nothing_of_the_ledger(db: Database, connection: Any) -> None:
    reports = Reports(db, "big/model")
    with heard(db) as statements:
        for dimension in ROLLED_UP:
            await reports.spend(WORKSPACE, period("month", NOW), dimension)
        await reports.own(WORKSPACE, "U1", period("month", NOW), "model")
        for sees_all in (True, False):
            await reports.overview(WORKSPACE, "U1", NOW, sees_all=sees_all)

    nodes = [node for said in statements for node in await planned(connection, *said)]
    scans = [node for node in nodes if "cost_" in str(node.get("Relation Name"))]
    assert len(scans) > len(ROLLED_UP)
    assert {node["Relation Name"] for node in scans} == {"cost_rollup"}
    for condition in conditions(nodes):
        assert all(name in condition for name in ("workspace_id", "dimension", "quarter")), condition


async def test_a_digest_reads_the_rollup_by_its_key_and_one_day_of_the_ledger(db: Database, connection: Any) -> None:
    yesterday = (NOW - timedelta(days=1)).date()
    with heard(db) as statements:
        await Composer(db, "big/model").compose(WORKSPACE, Span(Kind.DAILY, yesterday, yesterday), "Asia/Kathmandu")

    nodes = [node for said in statements for node in await planned(connection, *said)]
    scans = [node for node in nodes if "cost_" in str(node.get("Relation Name"))]
    assert [node for node in scans if node["Node Type"] == "Seq Scan"] == []
    days = {node["Relation Name"] for node in scans} - {"cost_rollup"}
    assert days <= {f"cost_log_{day:%Y_%m}" for day in (yesterday, yesterday - timedelta(days=1))}
    lists_too = connection.get_server_version().major >= 17  # older planners filter a list of dimensions afterwards
    sought = ("workspace_id", "quarter", *(("dimension",) if lists_too else ()))
    for condition in conditions(nodes):
        assert all(name in condition for name in sought), condition


async def test_the_past_that_is_to_be_folded_is_found_by_indexes(db: Database, connection: Any) -> None:
    busiest = UUID(await connection.fetchval("SELECT md5('workspace 1')"))
    with heard(db) as statements:
        async with db.operations() as operations:
            assert busiest in await operations.folds_due()
        async with db.unit(busiest) as unit:
            await unit.folds.cut()
            assert await unit.folds.fold_oldest(1)

    reads = [said for said in statements if "cost_rollup" in said[0]]
    nodes = [node for said in reads for node in await planned(connection, *said)]
    scans = {node["Node Type"] for node in nodes if node.get("Relation Name") == "cost_rollup" and "Alias" in node}
    assert len(reads) >= 3
    assert "Seq Scan" not in scans
    assert {node.get("Index Name") for node in nodes} >= {"cost_rollup_pkey", "cost_rollup_quarters_idx"}


def conditions(nodes: list[dict[str, Any]]) -> list[str]:
    found = [str(node["Index Cond"]) for node in nodes if node.get("Index Name") == "cost_rollup_pkey"]
    assert found
    return found
