"""The few queries that look across workspaces. `tests/db/test_tenancy.py` lists them; nothing else may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID, uuid4

from asyncpg import UniqueViolationError
from sqlalchemy import CursorResult, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.bills import BillCheck, Booked, booked, checked, remember
from bot.db.budget_notices import DROP_TOLD, DUE_WORKSPACES
from bot.db.clock import NOW
from bot.db.cost_sql import EXPIRED_WORKSPACES, SWEEP
from bot.db.digests import DigestSetting, wanted
from bot.db.distribution import Placement, place
from bot.db.encryption import Cipher
from bot.db.file_refs import unpacked
from bot.db.folding import DUE
from bot.db.inbox import InboxRow, Lease, TakenAsk
from bot.db.installations import RENEWAL_DUE, STATE_LIFETIME, InstallationRow, OAuthStateRow
from bot.db.operator_inbox import InboxTotals, totals
from bot.db.partitions import drop_partitions, ensure_partitions
from bot.db.prepared import Prepared
from bot.db.price_overlays import PriceOverlay, add, overlays
from bot.db.queue import QUEUE, Queue
from bot.db.retention import DEAD_DAYS, DROP_OLD, FEATURES_DAYS
from bot.db.sharded_claim import claim_sharded
from bot.db.slack_buckets import DROP_FULL
from bot.db.turns import ANYBODY, CLAIM, Turn
from bot.db.unresolved import Unresolved, unresolved
from bot.db.workspaces import Listed, WorkspaceRow, left_before, listed
from bot.errors import Undecryptable

RENEW = Prepared(
    "UPDATE inbox SET run_at = now() + make_interval(secs => :lease_s) WHERE worker = :worker AND state = 'leased'"
    " AND lease_id = ANY(:held) RETURNING workspace_id, task_id, lease_id"
)
"""Only what is really in work: a lease that its worker lost sight of runs out, and the ask is taken up again."""

_A_WEEK_AGO = f"done_at < now() - interval '{DEAD_DAYS} days'"
WIPE_DEAD = text(
    f"UPDATE inbox SET sealed_text = NULL WHERE state = 'dead' AND sealed_text IS NOT NULL AND {_A_WEEK_AGO}"
)
DROP_DONE = text(f"DELETE FROM inbox WHERE state IN ('done', 'dead') AND {_A_WEEK_AGO} AND sealed_text IS NULL")
DROP_ASKED = text(f"DELETE FROM asked WHERE at < now() - interval '{FEATURES_DAYS} days'")
DROP_JOINED = text(
    "DELETE FROM joined_thread WHERE touched_at < now() - CASE WHEN muted THEN interval '1 year' ELSE interval '30 days' END"
)
DROP_FLOORS = text(
    "DELETE FROM thread_floor WHERE set_at < now() - CASE source WHEN 'asked' THEN interval '1 year' ELSE interval '30 days' END"
)
DROP_OPINIONS = text("DELETE FROM classifier_cache WHERE expires_at < now()")
DROP_SUMMARIES = text("DELETE FROM thread_summary WHERE expires_at < now()")
DROP_KEPT = text("DELETE FROM kept_message WHERE expires_at < now()")

_CLEANING = (
    WIPE_DEAD, DROP_DONE, DROP_TOLD, DROP_OPINIONS, DROP_ASKED, DROP_JOINED, DROP_FLOORS, DROP_SUMMARIES,
    DROP_KEPT, DROP_FULL,
)  # fmt: skip

Lost = tuple[UUID, float]


class Operations:
    """What a replica does for all workspaces at once: claim, renew, sweep."""

    def __init__(self, session: AsyncSession, cipher: Cipher, *, sharded: bool = False) -> None:
        self._session, self._cipher, self._sharded = session, cipher, sharded

    async def claim(self, worker: str, lease_s: float, turn: Turn = ANYBODY) -> TakenAsk | None:
        """Take one ready ask for `lease_s` seconds, or None when nothing is ready (or another worker was faster)."""
        lease_id = uuid4()
        values = {"lease_id": lease_id, "worker": worker, "lease_s": lease_s, **turn.asked}
        try:
            row = await (claim_sharded(self._session, values) if self._sharded else CLAIM.row(self._session, values))
        except UniqueViolationError:
            return None
        return None if row is None else self._taken(row, lease_id)

    async def renew(self, worker: str, held: Iterable[Lease], lease_s: float) -> set[Lease]:
        """Keep the leases that this worker holds for another `lease_s` seconds; those that are still its own."""
        ids = [lease.lease_id for lease in held]
        rows = await RENEW.rows(self._session, {"worker": worker, "held": ids, "lease_s": lease_s})
        return {Lease(*row.values()) for row in rows}

    async def clean(self) -> None:
        """Wipe what dead asks still hold after seven days, drop what is finished for as long."""
        for statement in _CLEANING:
            await self._session.execute(statement)
        stale = OAuthStateRow.created_at < func.now() - STATE_LIFETIME
        await self._session.execute(delete(OAuthStateRow).where(stale))

    async def add_partitions(self, months_ahead: int = 3) -> None:
        """Make the ledger's partitions for this month and the next ones."""
        await ensure_partitions(self._session, months_ahead)

    async def drop_partitions(self, months: int | None) -> list[str]:
        """Drop the ledger's months older than the `months` before this one, none without; their names.

        Raises DatabaseAway when a reader holds the ledger for long.
        """
        return await drop_partitions(self._session, months) if months else []

    async def drop_old(self, table: str, limit: int, most: int) -> int:
        """Drop rows of a table that are older than its limit, at most so many; how many."""
        result = await self._session.execute(DROP_OLD[table], {"limit": limit, "most": most})
        return cast(CursorResult[Any], result).rowcount

    async def departed(self, days: int) -> Sequence[UUID]:
        """The workspaces that Lucy was removed from so many days ago, or longer."""
        gone = select(WorkspaceRow.workspace_id).where(*left_before(days))
        return (await self._session.scalars(gone)).all()

    async def place(self, placement: Placement) -> bool:
        """Put a table where it stands on Citus; False when it stands there. Raises SettingError without Citus."""
        return await place(self._session, placement)

    async def sweep_costs(self) -> int:
        """Attempts whose time is over become `unknown`, workspace by workspace; how many."""
        workspaces = (await self._session.execute(EXPIRED_WORKSPACES)).scalars().all()
        swept = 0
        for workspace_id in workspaces:
            swept += int(await SWEEP.value(self._session, {"workspace_id": workspace_id}))
        return swept

    async def folds_due(self) -> Sequence[UUID]:
        """The workspaces whose rollup has a past to be folded, or to be cut anew."""
        return (await self._session.execute(DUE)).scalars().all()

    async def booked(self, provider: str, start: datetime, end: datetime) -> list[Booked]:
        """What the ledger holds against one provider's bill, per UTC day and model."""
        return await booked(self._session, provider, start, end)

    async def remember_bill(self, checks: Sequence[BillCheck]) -> None:
        """Keep how a comparison with a provider's bill came out."""
        await remember(self._session, checks)

    async def bill_checks(self, since: date) -> list[BillCheck]:
        """How the comparisons of the days from `since` on came out."""
        return await checked(self._session, since)

    async def unresolved(self, provider: str, most: int, after: datetime) -> Sequence[Unresolved]:
        """Rows of unknown or estimated cost about which `provider` can be asked."""
        return await unresolved(self._session, provider, most, after)

    async def now(self) -> datetime:
        """What the database's clock says."""
        return cast(datetime, await self._session.scalar(NOW))

    async def digests_wanted(self) -> list[DigestSetting]:
        """Every workspace that wants a daily digest."""
        return await wanted(self._session)

    async def budget_notices_due(self) -> Sequence[UUID]:
        """The workspaces in which something about a budget is to be told."""
        return (await self._session.execute(DUE_WORKSPACES)).scalars().all()

    async def add_oauth_state(self, state: str) -> None:
        """Remember the state of an install under way."""
        await self._session.execute(insert(OAuthStateRow).values(state=state))

    async def take_oauth_state(self, state: str) -> bool:
        """True once for each state that was added less than ten minutes ago."""
        taken = await self._session.execute(
            delete(OAuthStateRow)
            .where(OAuthStateRow.state == state, OAuthStateRow.created_at > func.now() - STATE_LIFETIME)
            .returning(OAuthStateRow.state)
        )
        return taken.scalar_one_or_none() is not None

    async def set_price(self, overlay: PriceOverlay) -> None:
        """Append a price that operators set, for every workspace."""
        await add(self._session, overlay)

    async def price_overlays(self) -> list[PriceOverlay]:
        """Every price that operators set, oldest first."""
        return await overlays(self._session)

    async def workspaces(self) -> list[UUID]:
        """Every workspace there is."""
        return list(await self._session.scalars(select(WorkspaceRow.workspace_id)))

    async def renewals_due(self) -> Sequence[UUID]:
        """The workspaces whose token is to be renewed, and was not refused."""
        lost = select(WorkspaceRow.workspace_id).where(WorkspaceRow.lost_since.is_not(None))
        due = select(InstallationRow.workspace_id).where(*RENEWAL_DUE, InstallationRow.workspace_id.not_in(lost))
        return (await self._session.scalars(due)).all()

    async def lost(self) -> list[Lost]:
        """The workspaces whose token Slack refuses, and for how many seconds."""
        age_s = func.extract("epoch", func.now() - WorkspaceRow.lost_since)
        mine = select(WorkspaceRow.workspace_id, age_s).where(WorkspaceRow.lost_since.is_not(None), WorkspaceRow.active)
        return [(workspace_id, float(age_s)) for workspace_id, age_s in await self._session.execute(mine)]

    async def roster(self) -> list[Listed]:
        """Every workspace as an operator sees it, by name."""
        return await listed(self._session)

    async def waiting(self) -> int:
        """How many asks are neither done nor dead."""
        open_states = InboxRow.state.in_(("new", "leased"))
        return (await self._session.execute(select(func.count()).where(open_states))).scalar_one()

    async def queue(self) -> Queue:
        """How long the queue is, and how old."""
        row = (await self._session.execute(QUEUE)).one()
        return Queue(row.new, row.leased, float(row.oldest_s))

    async def inbox_totals(self) -> list[InboxTotals]:
        """Every workspace with an ask that is not done, the one that waits longest first."""
        return await totals(self._session)

    def _taken(self, row: Mapping[str, Any], lease_id: UUID) -> TakenAsk:
        sealed, readable = "", True
        try:
            sealed = self._cipher.open(row["sealed_text"]) if row["sealed_text"] else ""
        except Undecryptable:
            readable = False
        words, files = unpacked(sealed)
        return TakenAsk(
            Lease(row["workspace_id"], row["task_id"], lease_id),
            row["channel_id"],
            row["channel_type"],
            row["thread_ts"],
            row["ts"],
            row["user_id"],
            words,
            row["attempts"],
            row["created_at"],
            readable,
            files,
            row["old"],
            row["user_team"],
            row["question_ts"],
            row["stop_by"],
            row["served"],
        )


CROSS_TENANT: Sequence[str] = (
    "claim", "renew", "clean", "add_partitions", "drop_partitions", "sweep_costs", "folds_due", "unresolved", "digests_wanted", "budget_notices_due",
    "add_oauth_state", "take_oauth_state", "waiting", "workspaces", "booked", "remember_bill", "bill_checks", "set_price", "price_overlays", "queue",
    "place", "inbox_totals", "renewals_due", "roster", "drop_old", "departed", "lost", "now",
)  # fmt: skip
