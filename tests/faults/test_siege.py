"""The long form of `make faults` in short: every kind of blow, on three Lucys under load."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from bot.db.database import Database
from bot.sandbox.sandbox import Sandbox
from tests.faults.nursery import nursery
from tests.faults.plan import KINDS, plan
from tests.faults.siege import besieged

SEED, KILLS = 20261130, 6


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_three_lucys_under_blows_lose_nothing_say_nothing_twice_and_are_billed_right(
    sandbox: Sandbox, onlooker: asyncpg.Connection, db: Database, tmp_path: Path
) -> None:
    mixed = plan(SEED, len(KINDS) - 1, KILLS)

    async with nursery() as lucys:
        verdict = await besieged(mixed, sandbox, (onlooker, db), tmp_path, lucys)

    assert verdict.faults == []
    assert verdict.acknowledged > KILLS
    assert verdict.lines >= verdict.acknowledged


def test_the_same_seed_is_the_same_siege() -> None:
    assert plan(SEED, 3, 25) == plan(SEED, 3, 25)
    assert plan(SEED, 3, 25) != plan(SEED, 4, 25) != plan(SEED + 1, 4, 25)
    assert [plan(SEED, number, 25).kills for number in range(4)] == [25] * 4
