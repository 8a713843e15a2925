"""A worker process that makes the calls of many scenarios at once, until it is killed: `python -m … URL TIERS SEED FIRST COUNT`."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from cryptography.fernet import Fernet

from bot.db.encryption import Cipher
from bot.errors import LucyError
from tests.completeness.lane import Door, Proxy
from tests.completeness.play import Play, Tools
from tests.completeness.providers import Desks
from tests.completeness.run import tools_for
from tests.completeness.scenario import Ask, scenario


async def main(url: str, tiers: str, seed: int, first: int, count: int) -> None:
    """Returns when every call has ended."""
    tools = await tools_for(tiers)
    door = Door.open(url, Cipher([Fernet.generate_key().decode()]), pool_size=8)
    await asyncio.gather(*(_calls(tools, door, url, seed, number) for number in range(first, first + count)))


async def _calls(tools: Tools, door: Door, url: str, seed: int, number: int) -> None:
    play = Play(tools, door, Proxy(url), Desks(), seed, number)
    router, _ = play.worker()
    for step in scenario(seed, number):
        if isinstance(step, Ask):
            try:
                await router.route(play.call(step))
            except LucyError:
                continue


if __name__ == "__main__":
    _, at, file, *figures = sys.argv
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(at, file, *map(int, figures)))
