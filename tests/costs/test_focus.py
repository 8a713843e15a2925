"""The FOCUS export keeps the rules of FOCUS 1.2 (focus.finops.org/focus-specification/v1-2) that apply to it.

The FinOps Foundation's focus-validator 1.0.0, the newest on the index, knows the rules up to FOCUS 1.0, some under the
names of its preview (Provider, Publisher, InvoiceIssuer, ResourceID, ChargeType), and takes whole numbers for no decimals.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from bot.costs.focus import focus_csv, focus_of_ledger
from bot.costs.focus_columns import COLUMNS, MANDATORY
from bot.costs.focus_meters import meters_of
from bot.db.cost_tables import CostRow
from bot.db.database import Database
from bot.db.ledger import Window
from bot.db.workspaces import Workspace
from tests.costs.faulty_ledger import MODELS, fill

START = datetime(2026, 9, 20, tzinfo=UTC)
NOT_NULL = set(MANDATORY) - {"ChargeClass"} | {"SkuId", "SkuPriceId", "PricingCategory"}
DECIMAL = re.compile(r"-?\d+(\.\d+)?")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:00:00Z")
PER_TOKEN = Decimal("0.000001")
Charges = list[dict[str, str]]


@pytest.fixture
async def charges(db: Database, workspace_id: UUID) -> Charges:
    """Attempts of September and October as charges."""
    await fill(db, workspace_id, START, seed=9)
    acme = Workspace(workspace_id, "T0ACME", "Acme", "U0LUCY", active=True, created_at=START)
    export = await focus_of_ledger(db, acme, Window(START, START + timedelta(days=31)))
    return list(csv.DictReader(io.StringIO(focus_csv(export).decode(), newline="")))


async def test_every_mandatory_column_is_there_and_filled_where_it_must_be(charges: Charges) -> None:
    assert tuple(charges[0]) == COLUMNS
    assert len(set(COLUMNS)) == len(COLUMNS)
    assert {name for charge in charges for name in NOT_NULL if not charge[name]} == set()
    assert all(name.startswith("x_") or re.fullmatch(r"([A-Z][a-z]+)+", name) for name in COLUMNS)


async def test_types_and_allowed_values_are_those_of_the_specification(charges: Charges) -> None:
    figures = [name for name in COLUMNS if name.endswith(("Cost", "Price", "Quantity"))]

    assert all(DECIMAL.fullmatch(charge[name]) for charge in charges for name in figures if charge[name])
    assert {charge["ChargeCategory"] for charge in charges} == {"Usage"}
    assert {charge["ChargeClass"] for charge in charges} == {""}
    assert {charge["ChargeFrequency"] for charge in charges} == {"Usage-Based"}
    assert {charge["PricingCategory"] for charge in charges} == {"Standard", "Other"}
    assert {(charge["BillingCurrency"], charge["PricingCurrency"]) for charge in charges} == {("USD", "USD")}
    assert {charge["ServiceCategory"] for charge in charges} == {"AI and Machine Learning"}
    assert {charge["ServiceSubcategory"] for charge in charges} == {"Generative AI"}
    assert {(charge["PricingUnit"], charge["ConsumedUnit"]) for charge in charges} == {("Tokens", "Tokens")}


async def test_a_charge_is_one_utc_day_inside_one_billing_month(charges: Charges) -> None:
    bounds = ("BillingPeriodStart", "ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodEnd")
    assert all(INSTANT.fullmatch(charge[name]) for charge in charges for name in bounds)
    for charge in charges:
        month, day, next_day, next_month = (datetime.fromisoformat(charge[name]) for name in bounds)

        assert month <= day < next_day <= next_month
        assert (next_day - day, day.hour) == (timedelta(days=1), 0)
        assert (month.day, next_month.day) == (1, 1)
        assert timedelta(days=28) <= next_month - month <= timedelta(days=31)
    assert len({charge["BillingPeriodStart"] for charge in charges}) == 2


async def test_unit_prices_times_quantities_are_the_costs(charges: Charges) -> None:
    priced = [charge for charge in charges if charge["ListUnitPrice"]]

    assert {charge["SkuMeter"] for charge in priced} == {"Input", "Cached input", "Cache write", "Output"}
    for charge in priced:
        quantity = Decimal(charge["PricingQuantity"])
        assert Decimal(charge["ListUnitPrice"]) * quantity == Decimal(charge["ListCost"])
        assert Decimal(charge["ContractedUnitPrice"]) * quantity == Decimal(charge["ContractedCost"])


async def test_a_providers_own_sum_and_a_cost_nobody_knows_are_marked_rows_of_their_own(charges: Charges) -> None:
    said = [charge for charge in charges if charge["x_CostSource"] == "provider"]
    unknown = [charge for charge in charges if charge["x_State"] == "unknown"]

    assert {(charge["SkuMeter"], charge["ListUnitPrice"], charge["PricingCategory"]) for charge in said} == {
        ("Tokens", "", "Other")
    }
    assert all(Decimal(charge["BilledCost"]) < Decimal(charge["ListCost"]) for charge in said)
    assert {charge["BilledCost"] for charge in unknown} == {"0"}
    assert all(Decimal(charge["x_UnknownReservedCost"]) > 0 for charge in unknown)
    assert {charge["x_UsageSource"] for charge in charges} == {"reported", "estimated", "none"}


async def test_there_is_one_row_a_day_model_and_meter(charges: Charges) -> None:
    about = ("ChargePeriodStart", "ResourceId", "SkuMeter", "SkuPriceId", "x_State", "x_CostSource", "x_UsageSource")
    keys = [tuple(charge[name] for name in about) for charge in charges]

    assert len(set(keys)) == len(keys)
    assert {charge["ResourceId"] for charge in charges} == set(MODELS)


@pytest.mark.parametrize(
    "rates", [None, {"input": "nonsense", "output": "2"}, {"input": "1"}, {"input": "1", "output": "3"}]
)
def test_rates_that_do_not_make_the_cost_split_nothing(rates: dict[str, str] | None) -> None:
    (only,) = meters_of(row(rates, 20 * PER_TOKEN))

    assert (only.meter, only.tokens, only.rate, only.cost_usd) == ("Tokens", 15, None, 20 * PER_TOKEN)


@pytest.mark.parametrize(
    ("reasoning", "meters"), [("3", ["Input", "Output", "Reasoning"]), ("2", ["Input", "Output", "Output"])]
)
def test_reasoning_is_a_meter_of_its_own_where_it_has_its_own_price(reasoning: str, meters: list[str]) -> None:
    rates = {"input": "1", "output": "2", "reasoning": reasoning}

    parts = meters_of(row(rates, (10 + 2 * 2 + 3 * int(reasoning)) * PER_TOKEN))

    assert [(part.meter, part.tokens) for part in parts] == list(zip(meters, (10, 2, 3), strict=True))


def row(rates: dict[str, str] | None, cost: Decimal) -> CostRow:
    counts = {"cached_input_tokens": 0, "cache_write_tokens": 0, "cache_write_1h_tokens": 0}
    return CostRow(
        state="settled", cost_source="list", input_tokens=10, output_tokens=5, reasoning_tokens=3, **counts,
        rates=rates, cost_usd=cost, list_usd=cost,
    )  # fmt: skip
