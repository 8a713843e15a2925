"""The long run: `python -m tests.completeness [--scenarios N] [--seed S] [--only K]`; exit 1 when the books disagree."""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import structlog
import uvloop
from cryptography.fernet import Fernet
from rich.console import Console
from rich.table import Table

from bot.db.encryption import Cipher
from bot.db.local_postgres import LocalPostgres
from bot.db.migrate import migrate
from tests.completeness.kill import killed
from tests.completeness.run import Score, stage
from tests.completeness.scenario import scenario

_console = Console()
_EVERY_S = 10.0
_KILLS = 10
_SIZE = 40


async def main(seed: int, numbers: list[int]) -> bool:
    """True when no scenario was violated."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="lucy-faults-") as folder:
        postgres = LocalPostgres(Path(folder))
        url = await postgres.start()
        try:
            await migrate(url)
            async with stage(url, Cipher([Fernet.generate_key().decode()])) as running:
                score = await running.run(seed, numbers, _progress(len(numbers), began))
                dead = await killed(running, seed, _KILLS if len(numbers) > 1 else 0, _SIZE)
        finally:
            await postgres.stop()
    _console.print(_table(score, dead, seed, time.perf_counter() - began))
    violations = score.violations + dead.violations
    for violation in violations[:20]:
        _console.print(f"[red]{violation}[/red]  (python -m tests.completeness --seed {seed} --only K)", soft_wrap=True)
    return not violations and score.scenarios == len(numbers)


def _progress(of: int, began: float) -> Callable[[Score], None]:
    told = began

    def tell(score: Score) -> None:
        nonlocal told
        now = time.perf_counter()
        if now - told > _EVERY_S or score.scenarios == of:
            told = now
            rate = score.scenarios / (now - began)
            _console.print(f"  {score.scenarios:,} of {of:,}, {rate:.1f} a second, {len(score.violations)} violations")

    return tell


def _table(score: Score, dead: Score, seed: int, seconds: float) -> Table:
    table = Table("", "", title=f"The books under faults, seed {seed}, {seconds:.0f} s", show_header=False)
    counts = score.counts + dead.counts
    for name, value in (
        ("scenarios", score.scenarios),
        ("scenarios whose process was killed (SIGKILL)", dead.scenarios),
        ("attempts (rows)", counts.attempts),
        ("invoice lines", counts.lines),
        ("rows that are their line, to the last digit", counts.exact),
        ("of these told later by the provider", score.resolved),
        ("rows estimated, their reserve above the line", counts.estimated),
        ("rows unknown, their reserve above the line", counts.unknown),
        ("rows free: refused, or never arrived", counts.free),
        ("violations", len(score.violations) + len(dead.violations)),
    ):
        table.add_row(name, f"{value:,}")
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.completeness", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--scenarios", type=int, default=10_000)
    parser.add_argument("--only", type=int, help="one scenario of the seed, told step by step")
    given = parser.parse_args()
    if given.only is not None:
        _console.print(*scenario(given.seed, given.only), sep="\n")
    else:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    _console.print(f"seed {given.seed}")
    chosen = list(range(given.scenarios)) if given.only is None else [given.only]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(not runner.run(main(given.seed, chosen)))
