"""A Home as Slack's view of at most a hundred blocks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.slack.blocks import button, buttons
from bot.slack.budget_blocks import context, section
from bot.slack.home.actions import REFRESH
from bot.slack.home.facts import Facts
from bot.slack.home.guide import guide_blocks
from bot.slack.home.settings_blocks import settings_blocks
from bot.slack.home.spend_blocks import asks_blocks, failures_blocks, limits_blocks, spend_blocks

Block = dict[str, Any]


def home_view(facts: Facts, names: Mapping[str, str], links: Mapping[str, str], note: str = "") -> Block:
    """The Home of a person; `names` of people by id, `links` of asks by `channel|ts`."""
    told = [section(f"✓ {note}")] if note else []
    figures = guide_blocks(for_admin=facts.viewer.is_admin) if facts.is_first else spend_blocks(facts)
    blocks = [*told, *figures, *limits_blocks(facts, names), *asks_blocks(facts, links), *failures_blocks(facts)]
    zone = facts.overview.today.period.zone
    foot = f"Days in {zone} · `/lucy-costs` tells more, `/lucy-costs help` how"
    return _view(
        [
            *blocks,
            *settings_blocks(facts),
            {"type": "divider"},
            buttons(button(REFRESH, "Refresh", "now")),
            context(foot),
        ]
    )


def away_view() -> Block:
    """What is shown while the figures cannot be read."""
    said = "I can't look into my books right now. Nothing is lost: what is asked meanwhile is answered and counted."
    return _view([section(said), buttons(button(REFRESH, "Try again", "now"))])


def _view(blocks: list[Block]) -> Block:
    return {"type": "home", "blocks": blocks}
