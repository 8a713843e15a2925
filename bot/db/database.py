"""The door to PostgreSQL: short units of work, each inside one workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from bot.db.address import address_of
from bot.db.admins import AdminStore
from bot.db.asked import AskedStore
from bot.db.audit import AuditStore
from bot.db.budget_notices import BudgetNoticeStore
from bot.db.budgets import BudgetStore
from bot.db.choices import ChoiceStore
from bot.db.costs import CostStore
from bot.db.crowds import CrowdStore
from bot.db.dials import DialStore
from bot.db.digest_reads import DigestReads
from bot.db.digests import DigestStore
from bot.db.encryption import Cipher
from bot.db.faults import FOREIGN, away
from bot.db.folding import FoldStore
from bot.db.inbox import InboxStore
from bot.db.installations import InstallationStore
from bot.db.labels import LabelStore
from bot.db.ledger import LedgerStore
from bot.db.operations import Operations
from bot.db.operator_inbox import OperatorInbox
from bot.db.opinions import OpinionStore
from bot.db.past_costs import PastCosts
from bot.db.replies import ReplyStore
from bot.db.roles import BEGIN, BEGIN_ACROSS, begin_in
from bot.db.rollups import RollupStore
from bot.db.routing_weights import RoutingWeightsStore
from bot.db.row_security import is_on
from bot.db.seals import SealStore
from bot.db.slack_buckets import SlackBucketStore
from bot.db.stops import StopStore
from bot.db.streams import StreamStore
from bot.db.thread_floors import ThreadFloorStore
from bot.db.tier_bounds import TierBoundStore
from bot.db.transaction import refuse_closed, transaction
from bot.db.workspaces import WorkspaceStore

_in_unit: ContextVar[bool] = ContextVar("in_unit", default=False)


@dataclass(frozen=True, slots=True)
class Unit:
    """One short transaction inside one workspace; the block that opened it commits."""

    workspaces: WorkspaceStore
    installations: InstallationStore
    inbox: InboxStore
    operator_inbox: OperatorInbox
    crowds: CrowdStore
    stops: StopStore
    replies: ReplyStore
    streams: StreamStore
    choices: ChoiceStore
    dials: DialStore
    opinions: OpinionStore
    costs: CostStore
    past: PastCosts
    rollups: RollupStore
    folds: FoldStore
    ledger: LedgerStore
    digests: DigestStore
    digest_reads: DigestReads
    audit: AuditStore
    admins: AdminStore
    budgets: BudgetStore
    budget_notices: BudgetNoticeStore
    seals: SealStore
    floors: ThreadFloorStore
    bounds: TierBoundStore
    labels: LabelStore
    asked: AskedStore
    weights: RoutingWeightsStore
    slack_buckets: SlackBucketStore


class Database:
    """A pool of connections and the units of work on it."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher, *, sharded: bool = False) -> None:
        self._engine, self._cipher, self._sharded = engine, cipher, sharded
        self._locked: bool | None = None

    @property
    def url(self) -> str:
        """Where this database is; it contains the password."""
        return self._engine.url.render_as_string(hide_password=False)

    @classmethod
    def open(
        cls, url: str, cipher: Cipher, *, pool_size: int = 10, statement_timeout_s: float = 30, sharded: bool = False
    ) -> Self:
        """A pool on `url` (`postgres://`, `postgresql://` or `postgresql+asyncpg://`). Connects on first use."""
        engine = engine_for(
            url, pool_size=pool_size, statement_timeout_s=statement_timeout_s, isolation_level="AUTOCOMMIT"
        )
        return cls(refuse_closed(engine), cipher, sharded=sharded)

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def unit(self, workspace_id: UUID) -> AsyncIterator[Unit]:
        """A unit of work in one workspace. Raises DatabaseAway; units do not nest."""
        async with self._session(begin_in(workspace_id)) as session:
            yield Unit(
                WorkspaceStore(session, workspace_id),
                InstallationStore(session, workspace_id, self._cipher),
                InboxStore(session, workspace_id, self._cipher),
                OperatorInbox(session, workspace_id),
                CrowdStore(session, workspace_id),
                StopStore(session, workspace_id),
                ReplyStore(session, workspace_id, self._cipher),
                StreamStore(session, workspace_id, self._cipher),
                ChoiceStore(session, workspace_id),
                DialStore(session, workspace_id),
                OpinionStore(session, workspace_id, self._cipher),
                CostStore(session, workspace_id),
                PastCosts(session, workspace_id),
                RollupStore(session, workspace_id),
                FoldStore(session, workspace_id),
                LedgerStore(session, workspace_id),
                DigestStore(session, workspace_id),
                DigestReads(session, workspace_id),
                AuditStore(session, workspace_id),
                AdminStore(session, workspace_id),
                BudgetStore(session, workspace_id),
                BudgetNoticeStore(session, workspace_id),
                SealStore(session, workspace_id, self._cipher),
                ThreadFloorStore(session, workspace_id),
                TierBoundStore(session, workspace_id),
                LabelStore(session, workspace_id),
                AskedStore(session, workspace_id),
                RoutingWeightsStore(session, workspace_id),
                SlackBucketStore(session, workspace_id),
            )

    @asynccontextmanager
    async def operations(self) -> AsyncIterator[Operations]:
        """A unit of work across all workspaces. Raises DatabaseAway."""
        async with self._session(BEGIN_ACROSS) as session:
            yield Operations(session, self._cipher, sharded=self._sharded)

    async def ping(self) -> None:
        """Raises DatabaseAway when PostgreSQL does not answer."""
        async with self._session(BEGIN) as session:
            await session.execute(text("SELECT 1"))

    @asynccontextmanager
    async def _session(self, begin: str) -> AsyncIterator[AsyncSession]:
        assert not _in_unit.get(), "units of work do not nest"
        token = _in_unit.set(True)
        try:
            async with transaction(self._engine, begin if await self._is_locked() else BEGIN) as session:
                yield session
        except FOREIGN as error:
            absent = away(error)
            if absent is None:
                raise
            raise absent from error
        finally:
            _in_unit.reset(token)

    async def _is_locked(self) -> bool:
        """Whether units step into their roles; asked of the database once."""
        if self._locked is None:
            async with transaction(self._engine, BEGIN) as session:
                self._locked = await is_on(session)
        return self._locked


def inside_unit() -> bool:
    """True while this task holds a transaction: no model, Slack or HTTP call may be made."""
    return _in_unit.get()


def engine_for(url: str, *, pool_size: int = 5, statement_timeout_s: float = 30, **more: Any) -> AsyncEngine:
    """An engine for any of the URL forms people paste; its errors hold no values. Raises SettingError."""
    plain, arguments = address_of(url)
    arguments["server_settings"]["statement_timeout"] = str(int(statement_timeout_s * 1000))
    return create_async_engine(
        plain,
        connect_args=arguments,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=False,
        hide_parameters=True,
        **more,
    )
