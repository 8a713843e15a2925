"""The lines of `lucy prices`, and the table of `lucy prices check`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby

from rich.console import Console
from rich.table import Table

from bot.app import open_database
from bot.config import Settings, provider_keys
from bot.costs import overlays
from bot.costs.price_book import PriceBook, bare_id, load_price_book
from bot.costs.pricing import Price
from bot.costs.second_book import Comparison, Gap
from bot.db.price_overlays import PriceOverlay
from bot.errors import SettingError
from bot.llm.model_client import Deployment
from bot.routing.tiers import Candidate, Tiers, read_tiers
from bot.routing.tiers_file import with_its_provider


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One price of a deployment in use: its rates as decimal strings, from when on, who says so, whether it holds now."""

    deployment: str
    since: date | None
    says: str
    now: bool
    price: Price
    note: str = ""

    def as_json(self) -> dict[str, object]:
        """Exact figures as strings."""
        return {
            "deployment": self.deployment,
            "from": self.since.isoformat() if self.since else None,
            "source": self.says,
            "in_force": self.now,
            "usd_per_mtok": self.price.rates.snapshot(),
            "above": {str(band.above): band.rates.snapshot() for band in self.price.bands},
            "service_tiers": {name: tier.rates.snapshot() for name, tier in self.price.tiers.items()},
            "note": self.note,
        }


async def lines_at(settings: Settings) -> list[PriceLine]:
    """Every price of every deployment in the tiers file. Raises SettingError, DatabaseAway."""
    book = load_price_book()
    candidates = _in_use(read_tiers(settings.tiers, provider_keys(), book), book)
    async with open_database(settings) as db:
        await overlays.refresh(db, book)
    return [line for candidate in candidates for line in _lines(candidate, book)]


async def remember(settings: Settings, price: PriceOverlay) -> list[str]:
    """Write a price that was set; what to tell the operator. Raises SettingError, DatabaseAway."""
    try:
        with_its_provider(price.model)
    except ValueError as error:
        raise SettingError(f"MODEL: {error}") from error
    book = load_price_book()
    candidates = _in_use(read_tiers(settings.tiers, provider_keys(), book), book)
    async with open_database(settings) as db, db.operations() as operations:
        await operations.set_price(price)
    told = [f"{price.model}: {', '.join(f'{name} {rate}' for name, rate in price.rates.items())} from {price.since} on"]
    names = {price.model, bare_id(price.model)}
    meant = [
        each
        for each in candidates
        if names & {each.deployment.name, each.deployment.model, bare_id(each.deployment.model)}
    ]
    if not meant:
        told.append("no model in the tiers file has this id")
    return told + [f"{each.deployment.name}: the tiers file's own price stands" for each in meant if each.own_price]


def table(lines: list[PriceLine]) -> None:
    """Print the lines, those in force first among a deployment's."""
    shown = Table("model", "from", "input", "cached", "output", "long context", "who says so", box=None, pad_edge=False)
    for line in lines:
        rates = line.price.rates
        bands = ", ".join(
            f"{band.rates.input:f} / {band.rates.output:f} above {band.above:,}" for band in line.price.bands
        )
        cells = [
            line.deployment,
            str(line.since or ""),
            *(f"{rate:f}" for rate in (rates.input, rates.cached_input, rates.output)),
        ]
        shown.add_row(*cells, bands, f"{line.says} {line.note}".strip(), style="" if line.now else "dim")
    Console().print("USD per million tokens; dim is not in force today", shown, highlight=False)


def show_comparison(comparison: Comparison) -> None:
    """Print where the books differ, then what only one of them knows."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{comparison.compared} prices compared, {len(comparison.disagreements)} disagree (USD per million tokens)"
    )
    for gap in comparison.disagreements:
        console.print(f"  {_where(gap)} {gap.meter}: ours {gap.ours:f}, theirs {gap.theirs:f} (from {gap.day})")
    console.print("prices that only one book has:")
    for where, gaps in groupby(comparison.one_sided, _where):
        listed = list(gaps)
        for whose, meters in (
            ("ours", [gap.meter for gap in listed if gap.theirs is None]),
            ("theirs", [gap.meter for gap in listed if gap.ours is None]),
        ):
            if meters:
                console.print(f"  {where}: only {whose} has {', '.join(meters)}")
    console.print(f"models that only ours has: {', '.join(comparison.only_ours) or 'none'}")
    counts = (f"{vendor} {len(models)}" for vendor, models in comparison.only_theirs.items())
    console.print(f"models that only theirs has (named by --json): {', '.join(counts)}")


def as_json(comparison: Comparison) -> dict[str, object]:
    """The comparison with exact figures as strings."""
    return {
        "compared": comparison.compared,
        "disagreements": [_plain(gap) for gap in comparison.disagreements],
        "one_sided": [_plain(gap) for gap in comparison.one_sided],
        "only_ours": list(comparison.only_ours),
        "only_theirs": {vendor: list(models) for vendor, models in comparison.only_theirs.items()},
    }


def _where(gap: Gap) -> str:
    tier, above = (f" {gap.tier}" if gap.tier else ""), (f" above {gap.above:,}" if gap.above else "")
    return f"{gap.model}{tier}{above}"


def _plain(gap: Gap) -> dict[str, object]:
    fields = asdict(gap).items()
    return {name: value if isinstance(value, str | int | None) else f"{value}" for name, value in fields}


def _in_use(tiers: Tiers, book: PriceBook) -> list[Candidate]:
    """Every deployment in the tiers file, whether or not its key is here, once."""
    found = [candidate for spec in tiers.specs for candidate in spec.candidates]
    found += [Candidate(Deployment(each.model), None, book, None, None) for each in tiers.skipped]
    return list({candidate.deployment.name: candidate for candidate in found}.values())


def _lines(candidate: Candidate, book: PriceBook) -> Iterator[PriceLine]:
    deployment, now = candidate.deployment, candidate.price
    if candidate.own_price:
        yield PriceLine(deployment.name, None, "tiers file", True, candidate.own_price)
        return
    dated = () if deployment.api_base else book.listings.get(bare_id(deployment.model), ())
    for listing in dated:
        yield PriceLine(deployment.name, listing.since, f"book {book.version}", listing.price is now, listing.price)
    for overlay in book.overlays_of(deployment):
        price = book.laid(overlay)
        yield PriceLine(deployment.name, overlay.since, str(price.version), price == now, price, overlay.note)
