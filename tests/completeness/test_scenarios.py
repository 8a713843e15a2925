"""A few hundred of the scenarios of `make faults`, and one process that is really killed."""

from __future__ import annotations

import pytest

from bot.db.encryption import Cipher
from tests.completeness.kill import killed
from tests.completeness.run import stage

SEED = 20261124
SCENARIOS = range(250)


@pytest.mark.slow
async def test_the_books_agree_whatever_happens(database_url: str, cipher: Cipher) -> None:
    async with stage(database_url, cipher) as running:
        score = await running.run(SEED, SCENARIOS)

    assert score.violations == []
    assert score.scenarios == len(SCENARIOS)
    assert min(score.counts.exact, score.counts.estimated, score.counts.unknown, score.resolved) > 0


@pytest.mark.slow
async def test_the_books_agree_after_a_process_was_killed(database_url: str, cipher: Cipher) -> None:
    async with stage(database_url, cipher) as running:
        score = await killed(running, SEED, processes=1, size=20)

    assert score.violations == []
    assert score.counts.unknown > 0
