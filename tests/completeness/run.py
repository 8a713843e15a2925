"""Many scenarios at once, each in a workspace of its own, several lanes to the database."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from bot.costs.inquiry import Inquiry
from bot.costs.price_book import load_price_book
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.llm.generations import generations
from bot.llm.litellm_client import LitellmClient
from bot.llm.streamed import Patience
from bot.routing.tiers import Tiers
from tests.completeness.agreement import Counts, Violation, agreed
from tests.completeness.lane import Door, lane
from tests.completeness.play import Play, Tools
from tests.completeness.providers import Providers, providers
from tests.completeness.scenario import scenario

_LANES = 16
_TIMEOUT_S = 0.6
_MINUTE_AGO = text(
    "UPDATE cost_log SET settled_at = settled_at - interval '1 minute' WHERE provider_response_id IS NOT NULL"
    " AND (state = 'unknown' OR usage_source = 'estimated')"
)


@dataclass(slots=True)
class Score:
    """What came of a run."""

    scenarios: int = 0
    counts: Counts = field(default_factory=Counts)
    violations: list[str] = field(default_factory=list)
    resolved: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything a run needs; the judge's way to the database is never cut."""

    world: Providers
    tools: Tools
    url: str
    cipher: Cipher
    judge: Database

    async def run(self, seed: int, numbers: Sequence[int], tell: Callable[[Score], None] = lambda _: None) -> Score:
        """Play the scenarios, check each; ask OpenRouter what is left; check all of them again."""
        score, left = Score(), iter(numbers)
        await asyncio.gather(*(self._lane(seed, left, score, tell) for _ in range(_LANES)))
        async with lane(self.url, self.cipher) as (door, _):
            score.resolved = await self._ask_later(door)
            if score.resolved:
                score.counts = Counts()
                for number in numbers:
                    await self.check(Play(self.tools, door, _, self.world.desks[number], seed, number), score)
        return score

    async def _lane(self, seed: int, numbers: Iterable[int], score: Score, tell: Callable[[Score], None]) -> None:
        async with lane(self.url, self.cipher) as (door, proxy):
            for number in numbers:
                play = Play(self.tools, door, proxy, self.world.desks[number], seed, number)
                await play.play(scenario(seed, number))
                await self.check(play, score)
                score.scenarios += 1
                tell(score)

    async def check(self, play: Play, score: Score) -> None:
        """Add a scenario that is over to the score."""
        desks = play.desks
        try:
            score.counts += await agreed(self.judge, play.workspace_id, desks.invoice, desks.requests)
        except Violation as violation:
            score.violations.append(f"seed {play.seed}, scenario {play.number}: {violation}")

    async def _ask_later(self, door: Door) -> int:
        """OpenRouter tells what broken answers cost; how many."""
        async with door.operations() as operations:
            await operations._session.execute(_MINUTE_AGO)
        inquiry = Inquiry(door, self.tools.tiers.deployments, self.tools.tiers.baseline[1], generations)
        told = 0
        while found := await inquiry.tick():
            told += found
        return told


async def tools_for(tiers_file: str) -> Tools:
    """A warm client with little patience, and the tiers of a file."""
    client, book = LitellmClient(Patience(first_s=0.5, idle_s=0.4)), load_price_book()
    await client.warm_up()
    return Tools(client, Tiers.load(tiers_file, {"SANDBOX_KEY": "key"}, book), book)


@asynccontextmanager
async def stage(url: str, cipher: Cipher) -> AsyncIterator[Stage]:
    """The providers and a warm client, before a migrated database."""
    async with providers() as world:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tiers.toml"
            file.write_text(world.tiers_toml(_TIMEOUT_S))
            judge = Database.open(url, cipher, pool_size=4)
            yield Stage(world, await tools_for(str(file)), url, cipher, judge)
            await judge.close()
