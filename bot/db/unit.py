"""What a unit of work is made of: the stores of one workspace, inside one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.admins import AdminStore
from bot.db.arrivals import ArrivalStore
from bot.db.asked import AskedStore
from bot.db.audit import AuditStore
from bot.db.background import BackgroundStore
from bot.db.budget_notices import BudgetNoticeStore
from bot.db.budgets import BudgetStore
from bot.db.choices import ChoiceStore
from bot.db.costs import CostStore
from bot.db.crowds import CrowdStore
from bot.db.day_threads import DayThreadStore
from bot.db.dials import DialStore
from bot.db.digest_reads import DigestReads
from bot.db.digests import DigestStore
from bot.db.edits import EditStore
from bot.db.encryption import Cipher
from bot.db.endings import EndingStore
from bot.db.folding import FoldStore
from bot.db.inbox import InboxStore
from bot.db.installations import InstallationStore
from bot.db.joined_threads import JoinedThreadStore
from bot.db.kept_messages import KeptMessageStore
from bot.db.labels import LabelStore
from bot.db.ledger import LedgerStore
from bot.db.operator_inbox import OperatorInbox
from bot.db.opinions import OpinionStore
from bot.db.outgoing import OutgoingStore
from bot.db.past_costs import PastCosts
from bot.db.recent import RecentStore
from bot.db.replies import ReplyStore
from bot.db.rollups import RollupStore
from bot.db.routing_weights import RoutingWeightsStore
from bot.db.seals import SealStore
from bot.db.settling import SettlingStore
from bot.db.slack_buckets import SlackBucketStore
from bot.db.stops import StopStore
from bot.db.streams import StreamStore
from bot.db.switches import SwitchStore
from bot.db.thread_floors import ThreadFloorStore
from bot.db.thread_summaries import ThreadSummaryStore
from bot.db.tier_bounds import TierBoundStore
from bot.db.workspaces import WorkspaceStore

Store = TypeVar("Store")


class StoreOf(Generic[Store]):
    """A store of the unit that it stands in, made when it is first asked for: most units need one or two of them."""

    def __init__(self, store: Callable[..., Store], *, seals: bool = False) -> None:
        """One that `seals` texts is given the cipher."""
        self.store, self._seals = store, seals

    def __set_name__(self, unit: type[Unit], name: str) -> None:
        self._name = name

    def __get__(self, unit: Unit, _: type[Unit]) -> Store:
        whose = (unit.session, unit.workspace_id)
        store = self.store(*whose, unit.cipher) if self._seals else self.store(*whose)
        unit.__dict__[self._name] = store
        return store


class Unit:
    """One short transaction inside one workspace; the block that opened it commits."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self.session, self.workspace_id, self.cipher = session, workspace_id, cipher

    workspaces = StoreOf(WorkspaceStore)
    installations = StoreOf(InstallationStore, seals=True)
    arrivals = StoreOf(ArrivalStore, seals=True)
    inbox = StoreOf(InboxStore, seals=True)
    operator_inbox = StoreOf(OperatorInbox)
    crowds = StoreOf(CrowdStore)
    edits = StoreOf(EditStore, seals=True)
    joined = StoreOf(JoinedThreadStore)
    switches = StoreOf(SwitchStore)
    summaries = StoreOf(ThreadSummaryStore, seals=True)
    endings = StoreOf(EndingStore)
    kept = StoreOf(KeptMessageStore, seals=True)
    stops = StoreOf(StopStore)
    replies = StoreOf(ReplyStore, seals=True)
    outgoing = StoreOf(OutgoingStore, seals=True)
    streams = StoreOf(StreamStore)
    background = StoreOf(BackgroundStore)
    choices = StoreOf(ChoiceStore)
    dials = StoreOf(DialStore)
    opinions = StoreOf(OpinionStore, seals=True)
    costs = StoreOf(CostStore)
    settling = StoreOf(SettlingStore, seals=True)
    past = StoreOf(PastCosts)
    recent = StoreOf(RecentStore)
    rollups = StoreOf(RollupStore)
    folds = StoreOf(FoldStore)
    ledger = StoreOf(LedgerStore)
    digests = StoreOf(DigestStore)
    digest_reads = StoreOf(DigestReads)
    day_threads = StoreOf(DayThreadStore)
    audit = StoreOf(AuditStore)
    admins = StoreOf(AdminStore)
    budgets = StoreOf(BudgetStore)
    budget_notices = StoreOf(BudgetNoticeStore)
    seals = StoreOf(SealStore, seals=True)
    floors = StoreOf(ThreadFloorStore)
    bounds = StoreOf(TierBoundStore)
    labels = StoreOf(LabelStore)
    asked = StoreOf(AskedStore)
    weights = StoreOf(RoutingWeightsStore)
    slack_buckets = StoreOf(SlackBucketStore)


async def depart(unit: Unit) -> None:
    """Its workspace removed Lucy: she serves it no more, and the words she kept of it for later are gone."""
    await unit.workspaces.retire()
    await unit.summaries.wipe()
    await unit.kept.wipe()
