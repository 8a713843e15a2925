"""The columns of a FOCUS 1.2 file: https://focus.finops.org/focus-specification/v1-2/ (ratified 29 May 2025)."""

from __future__ import annotations

MANDATORY = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
    "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost",
    "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName",
    "ServiceCategory", "ServiceName",
)  # fmt: skip
"""What every FOCUS 1.2 file must have."""

FURTHER = (
    "BillingAccountType", "ChargeFrequency", "ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice", "ListUnitPrice",
    "PricingCategory", "PricingCurrency", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType",
    "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "Tags",
)  # fmt: skip
"""What it has where it applies; left empty where it does not."""

COMMITMENTS = (
    "AvailabilityZone", "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName",
    "CommitmentDiscountStatus", "CommitmentDiscountType",
)  # fmt: skip
"""Required of every file by FOCUS 1.0, whose readers are still about; always empty here."""

OURS = (
    "x_BaselineCost", "x_BaselineModel", "x_CacheSavedCost", "x_Calls", "x_CostSource", "x_PriceBook", "x_Provider",
    "x_ServiceTier", "x_State", "x_UnknownReservedCost", "x_UsageSource",
)  # fmt: skip

COLUMNS = (*MANDATORY, *FURTHER, *COMMITMENTS, *OURS)

PROVIDERS = {
    "anthropic": "Anthropic", "gemini": "Google", "moonshot": "Moonshot AI", "openai": "OpenAI",
    "openrouter": "OpenRouter",
}  # fmt: skip
"""Names as the providers write them; any other is shown as the ledger has it."""
