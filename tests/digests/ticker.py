"""A replica's tick of the digests in a process of its own: `python -m tests.digests.ticker URL API_URL TOKEN [NOW]`.

Ends with 0 when it posted one, with 1 when there was nothing to do.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from cryptography.fernet import Fernet

from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.digests.compose import Composer
from bot.digests.run import DigestRunner
from bot.slack.digest_channel import DigestChannel
from bot.slack.installations import Access, Clients, OneToken
from bot.slack.people import People


async def main(url: str, api_url: str, token: str, now: str | None = None) -> int:
    """How many digests it posted."""
    db = Database.open(url, Cipher([Fernet.generate_key().decode()]))
    clients = Clients(OneToken(Access("T0ACME", token, "B0LUCY", "U0LUCY")), api_url)
    runner = DigestRunner(db, Composer(db, "big/model"), DigestChannel(clients, People(clients)))
    return await runner.tick(datetime.fromisoformat(now) if now else None)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main(*sys.argv[1:])) else 1)
