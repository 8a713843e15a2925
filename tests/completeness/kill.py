"""Real processes, killed for good in the middle of their calls; who comes after finds the books in order."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
from pathlib import Path

from tests.completeness.lane import lane
from tests.completeness.play import Play
from tests.completeness.run import Score, Stage
from tests.completeness.scenario import Ask, scenario
from tests.tracked import ROOT

_FIRST = 1_000_000
_PACE_S = 0.01
_PATIENCE_S = 60


async def killed(stage: Stage, seed: int, processes: int, size: int) -> Score:
    """Kill `processes` workers, one after the other, each while it makes the calls of `size` scenarios; check all."""
    score, chance = Score(), random.Random(seed)
    for number in range(processes):
        first = _FIRST + number * size
        await _kill_one(stage, seed, first, size, chance.randint(1, size * 2))
        async with lane(stage.url, stage.cipher) as (door, proxy):
            for scene in range(first, first + size):
                play = Play(stage.tools, door, proxy, stage.world.desks[scene], seed, scene)
                await play.end()
                await stage.check(play, score)
                score.scenarios += 1
    return score


async def _kill_one(stage: Stage, seed: int, first: int, size: int, after: int) -> None:
    """SIGKILL, once `after` requests have left the process (or it is done)."""
    numbers = range(first, first + size)
    for number in numbers:
        _lay_out(stage, seed, number)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tiers.toml"
        file.write_text(stage.world.tiers_toml(timeout_s=2))
        victim = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.completeness.victim", stage.url, str(file), str(seed), str(first), str(size),
            cwd=ROOT, env=dict(os.environ), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(_PATIENCE_S):
            while victim.returncode is None and sum(stage.world.desks[n].requests for n in numbers) < after:
                await asyncio.sleep(0.005)
        if victim.returncode is None:
            victim.kill()
        await victim.wait()


def _lay_out(stage: Stage, seed: int, number: int) -> None:
    """What the providers will do for one scenario; slowly, so that a kill falls into the middle."""
    for vendor in stage.world.desks[number].vendors.values():
        vendor.pace_s = _PACE_S
    for step in scenario(seed, number):
        if isinstance(step, Ask):
            for name, mood in step.moods:
                stage.world.desks[number].vendors[name].fail_next(mood)
