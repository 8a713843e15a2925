"""Budgets as Slack shows them: the list, a warning, a request for more, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.costs.budget_words import bar, level, promise, resets, window
from bot.costs.money import show
from bot.db.budget_notices import Request
from bot.db.budgets import BudgetKey, Standing
from bot.slack.blocks import button, buttons, plain_text
from bot.slack.report_names import plain

APPROVE_ACTION, DENY_ACTION = "lucy_budget_approve", "lucy_budget_deny"
_SHOWN = 20
Names = Mapping[str, str]


def budgets_blocks(standings: Sequence[Standing], names: Names, note: str) -> list[dict[str, Any]]:
    """Every budget with its bar; `note` says who may change them."""
    blocks: list[dict[str, Any]] = [{"type": "header", "text": plain_text("Lucy's budgets")}]
    blocks += [section(shown(standing, names)) for standing in standings[:_SHOWN]]
    if not standings:
        blocks.append(section("No budget is set: nothing stops an answer."))
    if len(standings) > _SHOWN:
        blocks.append(section(f"… and {len(standings) - _SHOWN} more; `lucy budget` lists all of them."))
    zone = f" · Days in {standings[0].zone}" if standings else ""
    return [*blocks, context(note + zone)]


def warning_blocks(standing: Standing, percent: int, names: Names) -> list[dict[str, Any]]:
    """So much of a budget is spent."""
    told = (
        f"*{whose(standing.budget.key, names, capital=True)} budget for {window(standing)} has reached {percent} %.*\n"
        f"`{bar(standing)}`  {level(standing)}"
    )
    return [
        section(told),
        context(f"It {promise(standing.budget.mode)}, and starts anew on {resets(standing)} ({standing.zone})."),
    ]


def request_blocks(standing: Standing, request: Request, names: Names) -> list[dict[str, Any]]:
    """Someone asks for more, with the two answers there are."""
    asker = _name(request.asker, names)
    told = (
        f"*{asker} asks for a larger budget.*\n"
        f"{whose(request.key, names, capital=True)} budget for {window(standing)} has no room for what they asked:\n"
        f"`{bar(standing)}`  {level(standing)}"
    )
    amount = show(request.proposed_usd)
    return [
        section(told),
        buttons(
            button(APPROVE_ACTION, f"Raise to {amount} per {request.key.span}", str(request.id), "primary"),
            button(DENY_ACTION, "Deny", str(request.id)),
        ),
        context("Raising holds from now on. For another amount use `/lucy-costs budget`."),
    ]


def decided_words(request: Request, standing: Standing, names: Names) -> str:
    """What stands where the two buttons stood; the limit told is the one that holds now."""
    by, asker = _name(request.decided_by, names), _name(request.asker, names)
    budget, limit = f"{whose(request.key, names)} budget", _limit(standing)
    if request.state == "approved":
        return f"{by} raised {budget}, as {asker} asked: it is *{limit}* now."
    return f"{by} left {budget} as it is: *{limit}*. {asker} had asked for more."


def outcome_words(request: Request, standing: Standing, names: Names) -> str:
    """What the asker is told, in the thread where they met the limit."""
    by, limit = _name(request.decided_by, names), _limit(standing)
    budget = {"workspace": "the workspace's", "user": "your", "channel": "this channel's"}[request.key.scope]
    if request.key.scope == "user" and request.key.key != request.asker:
        budget = whose(request.key, names)
    if request.state == "approved":
        return f"<@{request.asker}> {by} raised {budget} budget: it is *{limit}* now. Just ask me again."
    return f"<@{request.asker}> {by} left {budget} budget as it is: {limit}."


def whose(key: BudgetKey, names: Names, *, capital: bool = False) -> str:
    """`the workspace's`, `#eng's`, `Ada's`; a channel is linked, nobody is pinged."""
    if key.scope == "workspace":
        return "The workspace's" if capital else "the workspace's"
    return f"<#{key.key}>'s" if key.scope == "channel" else f"{plain(names.get(key.key, key.key))}'s"


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}}


def context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def shown(standing: Standing, names: Names) -> str:
    """One budget with its bar, in two lines."""
    budget = standing.budget
    of = {"workspace": "Workspace", "channel": f"<#{budget.key.key}>", "user": plain(names.get(budget.key.key, ""))}
    return (
        f"*{of[budget.key.scope]}* · {show(budget.limit_usd)} per {budget.key.span} · {promise(budget.mode)}\n"
        f"`{bar(standing)}`  {level(standing)} · starts anew on {resets(standing)}"
    )


def _name(user_id: str | None, names: Names) -> str:
    return plain(names.get(user_id or "", user_id or ""))


def _limit(standing: Standing) -> str:
    return f"{show(standing.budget.limit_usd)} per {standing.budget.key.span}"
