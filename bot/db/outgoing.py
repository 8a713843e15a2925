"""What delivering an answer takes, in one statement: leave to post it, its parts, who stopped it, what is said under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.costs import CALLS, Called, calls_of
from bot.db.encryption import Cipher
from bot.db.inbox import HELD, Lease, fence, prove
from bot.db.labels import LABELS, Label
from bot.db.prepared import Prepared
from bot.db.replies import STORED, StoredAnswer, stored_answer
from bot.db.stops import WANTED

OUTGOING = Prepared(
    f"""
    {HELD}, intended AS (
        UPDATE reply_part AS part SET intent_at = now() FROM held
        WHERE part.workspace_id = :workspace_id AND part.task_id = held.task_id AND part.ts IS NULL
    )
    SELECT (SELECT task_id FROM held) AS task_id, ({WANTED}) AS stop_by,
           coalesce((SELECT footer FROM workspace WHERE workspace_id = :workspace_id), false) AS footer,
           ARRAY(SELECT stored FROM ({STORED}) AS stored) AS stored,
           ARRAY(SELECT call FROM ({CALLS}) AS call) AS calls,
           ARRAY(SELECT label FROM ({LABELS}) AS label) AS labels
    """
)
"""Each list is of whole rows, in the order of the fields of what they become; of intents it has those before this one."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer, who wants its ask to stop, whether the workspace wants a footer, and what that is made of."""

    stop_by: str | None
    footer: bool
    answer: StoredAnswer
    calls: Sequence[Called]
    labels: Sequence[Label]


class OutgoingStore:
    """The answers of one workspace that are on their way to Slack."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def of(self, lease: Lease) -> Outgoing:
        """An ask's, and the intent to post what does not stand in Slack. Raises LeaseLost, Undecryptable."""
        values = {**fence(self._workspace_id, lease), **calls_of(self._workspace_id, lease.task_id)}
        row = await OUTGOING.row(self._session, values)
        prove(lease, row["task_id"])
        return Outgoing(
            row["stop_by"],
            row["footer"],
            stored_answer(row["stored"], self._cipher),
            [Called(*call) for call in row["calls"]],
            [Label(*label) for label in row["labels"]],
        )
