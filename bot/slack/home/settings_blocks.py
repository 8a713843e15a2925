"""The settings of a Home: everybody's own dial, and for admins the rest."""

from __future__ import annotations

from typing import Any

from bot.db.digests import Kind
from bot.db.tier_bounds import EVERYWHERE, TierBound
from bot.routing.stakes import Dial
from bot.slack.blocks import button, buttons, plain_text
from bot.slack.budget_blocks import context, section
from bot.slack.dial_form import MEANS
from bot.slack.digest_form import WHEN, posted
from bot.slack.home.actions import DIAL, DIGEST, OWN_DIAL, SWITCH, TIERS
from bot.slack.home.facts import Facts, Settings
from bot.slack.home.fields import option
from bot.slack.switch_form import SWITCHES, Described
from bot.slack.tiers_form import told

Block = dict[str, Any]
_CHANNELS = 6


def settings_blocks(facts: Facts) -> list[Block]:
    """What the viewer may set."""
    settings = facts.settings
    blocks: list[Block] = [{"type": "divider"}, {"type": "header", "text": plain_text("Settings")}]
    if not facts.viewer.is_admin:
        note = "Slack's admins and owners set budgets, digests and tiers, and whom they named: `/lucy-costs admins`."
        return [*blocks, _own_dial(settings), context(note)]
    blocks += [_dial(settings), _own_dial(settings)]
    blocks += [_switch(switch, on=getattr(settings.switches, switch.switch)) for switch in SWITCHES]
    blocks += [_digest(kind, settings) for kind in Kind]
    return [*blocks, *_tiers(settings)]


def _dial(settings: Settings) -> Block:
    dial = Dial(settings.dials.get("workspace", Dial.BALANCED))
    return section(f"*Quality, for everyone*\n{MEANS[dial].capitalize()}.") | {"accessory": _dials(DIAL, dial)}


def _own_dial(settings: Settings) -> Block:
    own = Dial(settings.dials["user"]) if "user" in settings.dials else None
    means = f"{MEANS[own].capitalize()}." if own else "As in the channel where you ask."
    return section(f"*Quality, for what you ask*\n{means}") | {"accessory": _dials(OWN_DIAL, own)}


def _dials(action: str, chosen: Dial | None) -> Block:
    first = {"initial_option": option(chosen.value.capitalize(), chosen.value)} if chosen else {}
    options = [option(dial.value.capitalize(), dial.value) for dial in Dial]
    pick = {"type": "static_select", "action_id": action, "placeholder": plain_text("Choose"), "options": options}
    return pick | first


def _switch(switch: Described, *, on: bool) -> Block:
    turn = button(SWITCH, "Switch off" if on else "Switch on", f"{switch.switch}:{'off' if on else 'on'}")
    return section(f"*{switch.title}*\n{switch.on if on else switch.off}") | {"accessory": turn}


def _digest(kind: Kind, settings: Settings) -> Block:
    setting = settings.digests.get(kind)
    says = posted(setting) if setting else f"Off. It would post {WHEN[kind]}."
    return section(f"*{kind.value.capitalize()} digest*\n{says}") | {
        "accessory": button(DIGEST, "Change" if setting else "Set up", kind.value)
    }


def _tiers(settings: Settings) -> list[Block]:
    bounds = {bound.channel_id: bound for bound in settings.bounds}
    everywhere = bounds.pop(EVERYWHERE, TierBound(EVERYWHERE, None, None))
    first = section(f"*Which tiers may answer*\n{told([everywhere])}") | {
        "accessory": button(TIERS, "Change", "everywhere")
    }
    channels = [
        section(told([bound])) | {"accessory": button(TIERS, "Change", bound.channel_id)}
        for bound in list(bounds.values())[:_CHANNELS]
    ]
    more = len(bounds) - _CHANNELS
    rest = [context(f"… and {more} more: `/lucy-costs tiers`")] if more > 0 else []
    return [first, *channels, *rest, buttons(button(TIERS, "Bounds for a channel", "new"))]
