"""The figures of a Home as blocks. Charts and data tables stand in messages only, so bars are drawn in text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.costs.money import percent
from bot.costs.reports import SpendReport, rates_in_words, savings, shortened
from bot.db.recent import Failure
from bot.db.rollups import Sums
from bot.slack.blocks import button, buttons
from bot.slack.budget_blocks import context, section, shown
from bot.slack.data_blocks import amount
from bot.slack.home.actions import BUDGET
from bot.slack.home.facts import AskLately, Facts
from bot.slack.report_names import Names, moment, plain

Block = dict[str, Any]
_BAR, _MIXED, _BUDGETS = 10, 6, 8
_ENDS = {
    "answered": "",
    "failed": "failed",
    "dead": "given up after several tries",
    "over_budget": "stopped by a budget",
    "stopped": "stopped",
    "withdrawn": "taken back",
    "undeliverable": "could not be posted",
    "refused": "too many asks at once",
    "refused_again": "too many asks at once",
}


def spend_blocks(facts: Facts) -> list[Block]:
    """Three spans and what was saved, then the month's mix."""
    overview = facts.overview
    spans = (("Today", overview.today), ("Last 7 days", overview.week), ("This month", overview.month))
    fields = [_span(title, report) for title, report in spans]
    saved = savings(overview.month.saved_usd, overview.month.baseline_model) if overview.month.total.calls else "–"
    fields.append(f"*Saved this month*\n{saved}")
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": "What Lucy costs"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": text} for text in fields]},
    ]
    if overview.mix.rows:
        blocks.append(section(_mix(overview.mix)))
    if overview.week.total.calls:
        blocks.append(context(f"Of the last 7 days' calls: {rates_in_words(overview.week.total)}."))
    return blocks


def limits_blocks(facts: Facts, names: Mapping[str, str]) -> list[Block]:
    """Each budget with its bar; admins change it there."""
    blocks: list[Block] = [{"type": "divider"}, section("*Budgets*")]
    for standing in facts.budgets[:_BUDGETS]:
        key = standing.budget.key
        change = button(BUDGET, "Change", f"{key.scope}:{key.key}:{key.span}")
        blocks.append(section(shown(standing, names)) | ({"accessory": change} if facts.viewer.is_admin else {}))
    if not facts.budgets:
        blocks[1] = section("*Budgets*\nNo budget is set: nothing stops an answer.")
    if len(facts.budgets) > _BUDGETS:
        blocks.append(context(f"… and {len(facts.budgets) - _BUDGETS} more: `/lucy-costs budget`"))
    if facts.viewer.is_admin:
        blocks.append(buttons(button(BUDGET, "New budget", "new")))
    return blocks if facts.budgets or facts.viewer.is_admin else []


def asks_blocks(facts: Facts, links: Mapping[str, str]) -> list[Block]:
    """The viewer's last asks, each with the price that stands under its answer."""
    if not facts.asks:
        return []
    names = Names("thread", facts.overview.today.period.zone, links=links)
    lines = "\n".join(_ask(one, names) for one in facts.asks)
    return [{"type": "divider"}, section(f"*What you asked last*\n{lines}")]


def failures_blocks(facts: Facts) -> list[Block]:
    """The calls that failed last."""
    if not facts.failures:
        return []
    whose = "The calls that failed last" if facts.viewer.is_admin else "Your calls that failed last"
    lines = "\n".join(_failure(one, facts.overview.today.period.zone) for one in facts.failures)
    return [{"type": "divider"}, section(f"*{whose}*\n{lines}")]


def _span(title: str, report: SpendReport) -> str:
    own = report.rows[0] if report.rows else Sums("")
    return (
        f"*{title}*\n*{amount(report.total)}* · {_calls(report.total.calls)}\nYou: {amount(own)} · {_calls(own.calls)}"
    )


def _calls(count: int) -> str:
    return f"{count:,} {'call' if count == 1 else 'calls'}"


def _mix(report: SpendReport) -> str:
    names, calls = Names(report.by or ""), sum(row.calls for row in report.rows)
    title = "Tiers" if report.by == "tier" else "The models that answered you"
    rows = sorted(report.rows, key=lambda row: row.key) if report.by == "tier" else shortened(report.rows, _MIXED)
    return "\n".join([f"*{title}, this month*", *(_share(row, names, calls) for row in rows)])


def _share(row: Sums, names: Names, calls: int) -> str:
    filled = max(round(row.calls / calls * _BAR), 1 if row.calls else 0) if calls else 0
    bar = "█" * filled + "░" * (_BAR - filled)
    return f"`{bar}`  {names.word(row.key)} · {_of(row.calls, calls)} of calls · {amount(row)}"


def _of(part: int, whole: int) -> str:
    return percent(Decimal(part), Decimal(whole))


def _ask(one: AskLately, names: Names) -> str:
    ask = one.ask
    told = [names.markup(f"{ask.channel_id}|{ask.ts}")]
    told += [ask.intent.replace("_", " ")] if ask.intent else []
    told += [f"`{plain(one.model)}`"] if one.model else []
    told.append(one.price)
    end = _ENDS.get(ask.outcome, ask.outcome)
    return "• " + " · ".join([*told, end] if end else told)


def _failure(one: Failure, zone: str) -> str:
    why = f"{one.error_class.replace('_', ' ')} error" if one.error_class else "no answer"
    unknown = ", its cost unknown" if one.state == "unknown" else ""
    return f"• {moment(one.at, zone)} · `{plain(one.model)}` · {one.purpose} · {why}{unknown}"
