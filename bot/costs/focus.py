"""The ledger as FOCUS 1.2: one row per UTC day, workspace, model and token meter, whose costs are the ledger's sum.

Amounts are exact decimals as strings. What is estimated says so in `x_UsageSource`; calls of unknown cost are rows that
cost nothing and carry what they cost at most in `x_UnknownReservedCost`; unpriced calls have no row and are counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from bot.costs.export import PAGE, cell, csv_lines, pages
from bot.costs.focus_columns import COLUMNS, PROVIDERS
from bot.costs.focus_meters import meters_of
from bot.costs.money import exact
from bot.costs.rates import MILLION
from bot.db.cost_tables import CostRow
from bot.db.database import Database
from bot.db.ledger import Window
from bot.db.workspaces import Workspace

_ZERO = Decimal(0)
_FIGURES = ("Cost", "Price", "Quantity", "Calls")


class _Charge(NamedTuple):
    """What one row of the file is about."""

    day: datetime
    model: str
    provider: str
    meter: str
    rate: Decimal | None
    state: str
    cost_source: str
    usage_source: str
    service_tier: str
    price_book: str
    baseline_model: str


@dataclass(slots=True)
class _Sum:
    """What it comes to: tokens, calls, USD."""

    calls: int = 0
    tokens: int = 0
    cost: Decimal = _ZERO
    listed: Decimal = _ZERO
    baseline: Decimal = _ZERO
    cache_saved: Decimal = _ZERO
    reserved: Decimal = _ZERO


@dataclass(slots=True)
class FocusExport:
    """Adds up attempts to charges; as large as days, models and meters are many, whatever the number of calls."""

    workspace: Workspace
    unpriced: int = 0
    _charges: dict[_Charge, _Sum] = field(default_factory=dict)

    def add(self, row: CostRow) -> None:
        """Count one row of the ledger."""
        if row.state == "unknown":
            self._sum(row, "Tokens", None).reserved += row.reserved_usd or _ZERO
            return
        if row.cost_usd is None:
            self.unpriced += row.state != "open"
            return
        if row.cost_usd or row.input_tokens or row.output_tokens:
            self._meter(row)

    def _meter(self, row: CostRow) -> None:
        """What a call is as a whole stands with its first meter, so that it adds up over rows."""
        for at, part in enumerate(meters_of(row)):
            charge = self._sum(row, part.meter, part.rate, calls=int(at == 0))
            charge.tokens += part.tokens
            charge.cost += part.cost_usd
            charge.listed += part.list_usd
            if at == 0:
                charge.baseline += row.baseline_usd or _ZERO
                charge.cache_saved += row.cache_saved_usd or _ZERO

    def _sum(self, row: CostRow, meter: str, rate: Decimal | None, calls: int = 1) -> _Sum:
        day = row.created_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        charge = _Charge(
            day, row.model, row.provider, meter, rate, row.state, row.cost_source or "", row.usage_source,
            row.service_tier or "", row.price_book, row.baseline_model,
        )  # fmt: skip
        found = self._charges.setdefault(charge, _Sum())
        found.calls += calls
        return found

    def rows(self) -> list[dict[str, str]]:
        """The rows of the file, in order of time, model and meter; every column of `COLUMNS` is there."""
        ordered = sorted(self._charges.items(), key=lambda item: tuple(str(part) for part in item[0]))
        return [dict.fromkeys(COLUMNS, "") | self._row(charge, amount) for charge, amount in ordered]

    def _row(self, charge: _Charge, amount: _Sum) -> dict[str, str]:
        return {
            **_when(charge.day),
            **self._who(charge),
            **_what(charge),
            **_how_much(charge, amount),
            "x_BaselineCost": exact(amount.baseline),
            "x_BaselineModel": charge.baseline_model,
            "x_CacheSavedCost": exact(amount.cache_saved),
            "x_Calls": str(amount.calls),
            "x_CostSource": charge.cost_source,
            "x_PriceBook": charge.price_book,
            "x_Provider": charge.provider,
            "x_ServiceTier": charge.service_tier,
            "x_State": charge.state,
            "x_UnknownReservedCost": exact(amount.reserved),
            "x_UsageSource": charge.usage_source,
        }

    def _who(self, charge: _Charge) -> dict[str, str]:
        provider = PROVIDERS.get(charge.provider, charge.provider) or "unknown"
        return {
            "BillingAccountId": self.workspace.slack_id,
            "BillingAccountName": self.workspace.name,
            "BillingAccountType": "Slack workspace",
            "ProviderName": provider,
            "PublisherName": provider,
            "InvoiceIssuerName": provider,
        }


def _when(day: datetime) -> dict[str, str]:
    month = day.replace(day=1)
    after = (month + timedelta(days=32)).replace(day=1)
    bounds = {"ChargePeriodStart": day, "ChargePeriodEnd": day + timedelta(days=1)}
    bounds |= {"BillingPeriodStart": month, "BillingPeriodEnd": after}
    return {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in bounds.items()}


def _what(charge: _Charge) -> dict[str, str]:
    sku = f"{charge.model}/{charge.meter}"
    return {
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargeDescription": f"{charge.meter}{' of unknown cost' if charge.state == 'unknown' else ''}: {charge.model}",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "ServiceName": "Language models",
        "ResourceId": charge.model,
        "ResourceName": charge.model,
        "ResourceType": "Model",
        "SkuId": sku,
        "SkuMeter": charge.meter,
        "SkuPriceId": f"{sku}@{'own sum' if charge.rate is None else exact(charge.rate)}",
    }


def _how_much(charge: _Charge, amount: _Sum) -> dict[str, str]:
    each = "" if charge.rate is None else exact(charge.rate / MILLION)
    return {
        "BilledCost": exact(amount.cost),
        "EffectiveCost": exact(amount.cost),
        "ContractedCost": exact(amount.cost),
        "ListCost": exact(amount.listed),
        "ListUnitPrice": each,
        "ContractedUnitPrice": each,
        "BillingCurrency": "USD",
        "PricingCurrency": "USD",
        "PricingCategory": "Other" if charge.rate is None else "Standard",
        "PricingQuantity": str(amount.tokens),
        "PricingUnit": "Tokens",
        "ConsumedQuantity": str(amount.tokens),
        "ConsumedUnit": "Tokens",
    }


async def focus_of_ledger(db: Database, workspace: Workspace, window: Window, size: int = PAGE) -> FocusExport:
    """Every attempt of a window, added up."""
    export = FocusExport(workspace)
    async for page in pages(db, workspace.workspace_id, window, size):
        for row in page:
            export.add(row)
    return export


def focus_csv(export: FocusExport) -> bytes:
    """The file."""
    lines = ([_spelled(name, row[name]) for name in COLUMNS] for row in export.rows())
    return csv_lines([COLUMNS, *lines])


def _spelled(name: str, value: str) -> str:
    return value if name.endswith(_FIGURES) else cell(value)
