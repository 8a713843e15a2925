"""A Lucy whose database goes away during a call, and who is killed before it is back: `python -m tests.costs.dying`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.costs.spool import FileSpool
from bot.costs.tracker import Tracker
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.telemetry import Telemetry
from tests.costs.paying import ANSWER, BASELINE, BOOK, an_attempt

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


async def main(url: str, folder: str, key: str) -> None:
    cipher = Cipher([key])
    tracker = Tracker(Database.open(url, cipher), BOOK, BASELINE, Telemetry(), spool=FileSpool(Path(folder), cipher))
    opened = await tracker.open(an_attempt(workspace_id_of("T0ACME")))
    tracker._db = Database.open(NOWHERE, cipher)
    await tracker.settle(opened, ANSWER, 1)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
