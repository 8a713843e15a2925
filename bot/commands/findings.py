"""What `lucy check` can tell without asking anyone: settings, keys, prices, retired models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.config import Settings, check_for_slack
from bot.costs.price_book import PriceBook
from bot.db.encryption import Cipher
from bot.errors import SettingError
from bot.routing.tiers import Tiers, TierSpec

SOON = timedelta(days=90)


class State(StrEnum):
    """How a finding stands; a fault makes `lucy check` exit with 1, a bad setting with 2."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    SETTING = "bad setting"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    subject: str
    state: State
    detail: str


def exit_code(findings: Sequence[Finding]) -> int:
    """What the command ends with: the worst finding decides."""
    weights = {State.OK: 0, State.WARNING: 0, State.FAULT: 1, State.SETTING: 2}
    return max((weights[finding.state] for finding in findings), default=0)


def slack_settings(settings: Settings) -> Finding:
    """Whether `lucy run` would start with these tokens, and how it would listen."""
    try:
        check_for_slack(settings)
    except SettingError as error:
        return Finding("Slack settings", State.SETTING, str(error))
    how = "Socket Mode" if settings.slack_app_token else f"HTTP on {settings.host}:{settings.port}"
    whom = "one workspace" if settings.slack_bot_token else "many workspaces over OAuth"
    return Finding("Slack settings", State.OK, f"{how}, {whom}")


def encryption(settings: Settings) -> Finding:
    """Whether stored tokens and texts can be sealed, and with what."""
    keys = [key.get_secret_value() for key in settings.encryption_keys]
    if not keys:
        return Finding(
            "Encryption", State.OK, "with a key derived from the bot token; a new token cannot read old texts"
        )
    try:
        Cipher(keys)
    except SettingError as error:
        return Finding("Encryption", State.SETTING, str(error))
    return Finding(
        "Encryption", State.OK, f"with the first of {len(keys)} in LUCY_ENCRYPTION_KEYS; all of them can read"
    )


def models(tiers: Tiers) -> Iterator[Finding]:
    """A line for every tier, and one for every missing key with the models it would reach."""
    if not tiers.usable():
        names = sorted({name for skipped in tiers.skipped for name in skipped.missing})
        detail = f"no model can be used: set at least one of {', '.join(names)}"
        yield Finding("Models", State.SETTING, detail)
    for spec in tiers.specs:
        yield _tier(spec)
    for missing in dict.fromkeys(skipped.missing for skipped in tiers.skipped):
        unreached = dict.fromkeys(skipped.model for skipped in tiers.skipped if skipped.missing == missing)
        yield Finding("Keys", State.WARNING, f"{' or '.join(missing)} is not set: without {', '.join(unreached)}")


def prices(tiers: Tiers, book: PriceBook) -> Finding:
    """Whether every model that can be asked has a price."""
    usable = [candidate for spec in tiers.specs for candidate in spec.candidates]
    unpriced = sorted({candidate.deployment.name for candidate in usable if candidate.price is None})
    if unpriced:
        detail = f"unpriced, so their calls will be counted but not added up: {', '.join(unpriced)}"
        return Finding("Prices", State.WARNING, detail)
    return Finding("Prices", State.OK, f"every usable model has one (price book {book.version})")


def retired(tiers: Tiers, book: PriceBook, today: date) -> Iterator[Finding]:
    """A line for every model in the tiers file that its provider has retired, or soon will."""
    named = [candidate.deployment.model for spec in tiers.specs for candidate in spec.candidates]
    named += [skipped.model for skipped in tiers.skipped]
    gone = 0
    for model in sorted(set(named)):
        listing = book.find(model)
        if listing is None or listing.retired is None or listing.retired > today + SOON:
            continue
        gone += 1
        if listing.retired <= today:
            yield Finding("Retired models", State.FAULT, f"{model} was retired on {listing.retired}: replace it")
        else:
            yield Finding("Retired models", State.WARNING, f"{model} will be retired on {listing.retired}")
    if not gone:
        yield Finding("Retired models", State.OK, "none in the tiers file")


def _tier(spec: TierSpec) -> Finding:
    subject = f"Tier {spec.tier.value} {spec.tier.name.lower()}"
    if not spec.candidates:
        return Finding(subject, State.WARNING, "no usable model: the next tier answers in its place")
    return Finding(subject, State.OK, ", then ".join(candidate.deployment.name for candidate in spec.candidates))
