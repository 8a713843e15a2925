"""The forms that a Home opens, as Slack's modals. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from bot.costs.budget_words import promise
from bot.costs.money import exact
from bot.db.budgets import Mode, Standing
from bot.db.digests import DigestSetting, Kind, Quiet
from bot.db.tier_bounds import EVERYWHERE, TierBound
from bot.routing.choice import Tier
from bot.slack.blocks import plain_text
from bot.slack.budget_blocks import section, shown
from bot.slack.digest_form import WHEN
from bot.slack.home.actions import BUDGET, DIGEST, TIERS
from bot.slack.home.fields import channel_select, field, option, select, text_field

Block = dict[str, Any]
NEW, OFF = "new", "off"
_NINE = time(9)
_MODES = [option(promise(mode).capitalize(), mode.value) for mode in Mode]
_TIERS = [option("None", OFF), *(option(f"{tier} {tier.name.lower()}", str(int(tier))) for tier in Tier)]


def digest_modal(kind: Kind, setting: DigestSetting | None, zone: str) -> Block:
    """When and where a kind of digest is posted; `zone` is offered where none was set."""
    at, place = (setting.at, setting.zone) if setting else (_NINE, zone)
    people = "on" if setting is None or setting.people else OFF
    quiet = (setting.quiet if setting else Quiet.LINE).value
    clock = {"type": "timepicker", "initial_time": f"{at:%H:%M}"}
    return _modal(DIGEST, f"{kind.value.capitalize()} digest", kind.value, [
        field("post", f"Post {WHEN[kind]}", select([option("Yes", "on"), option("No", OFF)], "on")),
        field("channel", "Channel", channel_select(setting.channel_id if setting else None), optional=True,
              hint="Invite Lucy there first."),
        field("at", "Time of day", clock),
        field("zone", "Time zone", text_field(place), hint="Like Europe/Berlin"),
        field("people", "People", select([option("Named", "on"), option("Only counted", OFF)], people)),
        field("quiet", "Days without a call",
              select([option("One line", Quiet.LINE.value), option("Nothing is posted", Quiet.SILENT.value)], quiet)),
    ])  # fmt: skip


def budget_modal(standing: Standing | None, names: Mapping[str, str]) -> Block:
    """A new budget, or another limit for one there is."""
    mode = (standing.budget.mode if standing else Mode.SOFT).value
    at_limit = field("mode", "At the limit", select(_MODES, mode))
    if standing:
        key = standing.budget.key
        amount = field("amount", f"US dollars per {key.span}", text_field(exact(standing.budget.limit_usd)), optional=True,
                       hint="Empty ends the budget.")  # fmt: skip
        told = section(shown(standing, names))
        return _modal(BUDGET, "Change a budget", f"{key.scope}:{key.key}:{key.span}", [told, amount, at_limit])
    spans = select([option("Month", "month"), option("Day", "day")], "month")
    return _modal(BUDGET, "New budget", NEW, [
        section("For the whole workspace, unless you pick a person or a channel."),
        field("person", "Person", {"type": "users_select"}, optional=True),
        field("channel", "Channel", channel_select(), optional=True),
        field("amount", "US dollars", text_field()),
        field("span", "Per", spans),
        at_limit,
    ])  # fmt: skip


def tiers_modal(bound: TierBound | None) -> Block:
    """Which tiers may answer everywhere or in a channel; None for a channel that is picked in it."""
    floor, ceiling = (str(tier) if tier else OFF for tier in (bound.floor, bound.ceiling)) if bound else (OFF, OFF)
    sides = [
        field("floor", "Lowest tier", select(_TIERS, floor)),
        field("ceiling", "Highest tier", select(_TIERS, ceiling)),
    ]
    if bound is None:
        return _modal(TIERS, "Tiers of a channel", NEW, [field("channel", "Channel", channel_select()), *sides])
    where = "Everywhere" if bound.channel_id == EVERYWHERE else f"In <#{bound.channel_id}>"
    told = section(f"{where}, unless a channel has bounds of its own." if bound.channel_id == EVERYWHERE else where)
    return _modal(TIERS, "Which tiers may answer", bound.channel_id or "everywhere", [told, *sides])


def told_modal(sentence: str) -> Block:
    """A sentence, and nothing to fill in."""
    return {
        "type": "modal",
        "title": plain_text("Lucy"),
        "close": plain_text("Close"),
        "blocks": [section(sentence)],
    }


def _modal(name: str, title: str, about: str, blocks: Sequence[Block]) -> Block:
    labels = {"title": plain_text(title), "submit": plain_text("Save"), "close": plain_text("Cancel")}
    return {"type": "modal", "callback_id": name, "private_metadata": about, **labels, "blocks": list(blocks)}
