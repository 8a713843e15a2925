"""The sign that Lucy is at work is never in the way of the work."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from bot.db.ids import new_id, workspace_id_of
from bot.db.inbox import Lease, TakenAsk
from bot.errors import DatabaseAway
from bot.slack.installations import Access, Clients
from bot.slack.status import Status


class Away:
    """Tokens in a database that does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    async def access(self, workspace_id: UUID) -> Access:
        self.asked += 1
        raise DatabaseAway("for a moment")


async def test_a_database_that_is_away_costs_the_sign_and_nothing_else() -> None:
    tokens = Away()
    status = Status(Clients(tokens, "http://127.0.0.1:9/api/"))
    lease = Lease(workspace_id_of("T0ACME"), new_id(), new_id())
    ask = TakenAsk(lease, "C1", "channel", "1.0", "1.0", "U1", "hello", 1, datetime.now(UTC))

    await status.working(ask)
    await status.settled(ask)

    assert tokens.asked == 2
