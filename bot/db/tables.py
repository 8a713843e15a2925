"""Every table, gathered for the migrations and the tests that compare them with the database."""

from __future__ import annotations

from bot.db.admins import NamedAdminRow
from bot.db.asked import AskedRow
from bot.db.audit import AuditRow
from bot.db.base import Base
from bot.db.bills import BillCheckRow
from bot.db.budget_tables import BudgetNoticeRow, BudgetRequestRow, BudgetRow, BudgetSpendRow
from bot.db.choices import ChoiceRow
from bot.db.cost_tables import CostRollupRow, CostRow
from bot.db.dials import DialSettingRow, ScoreShiftRow
from bot.db.digests import DigestRunRow, DigestSettingRow
from bot.db.forgetting import ForgottenDayRow
from bot.db.inbox import InboxRow
from bot.db.installations import InstallationRow, OAuthStateRow
from bot.db.joined_threads import JoinedThreadRow
from bot.db.kept_messages import KeptMessageRow
from bot.db.labels import RoutingLabelRow
from bot.db.opinions import OpinionRow
from bot.db.price_overlays import PriceOverlayRow
from bot.db.replies import ReplyPartRow
from bot.db.rollup_cut import RollupCutRow
from bot.db.routing_weights import RoutingWeightsRow
from bot.db.slack_buckets import SlackBucketRow
from bot.db.streams import StreamMessageRow
from bot.db.thread_floors import ThreadFloorRow
from bot.db.thread_summaries import ThreadSummaryRow
from bot.db.tier_bounds import TierBoundRow
from bot.db.workspaces import WorkspaceRow

TABLES = (
    WorkspaceRow, InstallationRow, OAuthStateRow, InboxRow, ReplyPartRow, ChoiceRow, CostRow, CostRollupRow,
    DigestSettingRow, DigestRunRow, AuditRow, BillCheckRow, PriceOverlayRow, BudgetRow, BudgetSpendRow, BudgetNoticeRow,
    BudgetRequestRow, ForgottenDayRow, DialSettingRow, ScoreShiftRow, OpinionRow, ThreadFloorRow, TierBoundRow,
    RoutingLabelRow, AskedRow, RollupCutRow, RoutingWeightsRow, SlackBucketRow, NamedAdminRow, StreamMessageRow, JoinedThreadRow,
    ThreadSummaryRow, KeptMessageRow,
)  # fmt: skip

metadata = Base.metadata
