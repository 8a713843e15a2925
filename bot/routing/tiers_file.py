"""The tiers file as people write it (TOML 1.1, whose inline tables may span lines), checked entry by entry; what is wrong becomes one readable line."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

import tomli
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.costs.rates import is_rate
from bot.errors import SettingError

PRESETS = {
    "default": "tiers.toml",
    "classic": "tiers.classic.toml",
    "openrouter": "tiers.openrouter.toml",
    "local": "tiers.local.toml",
}

_VENDORS = {"gpt-": "openai", "claude-": "anthropic", "gemini-": "gemini", "kimi-": "moonshot"}
"""Whose an id without a provider is, by how it begins."""

_LONGEST_S = 600


def _a_price(usd: Decimal) -> Decimal:
    if not is_rate(usd):
        raise ValueError("a price is in USD per million tokens, not negative, with at most 6 decimals")
    return usd


def with_its_provider(model: str) -> str:
    """The id with its vendor in front, which may be left out of the well-known ones. Raises ValueError."""
    if "/" in model:
        return model
    vendor = next((vendor for prefix, vendor in _VENDORS.items() if model.startswith(prefix)), None)
    if vendor is None:
        raise ValueError(f"{model!r} needs its provider in front, like openai/gpt-4o")
    return f"{vendor}/{model}"


_Usd = Annotated[Decimal, AfterValidator(_a_price)]
_Seconds = Annotated[float, Field(gt=0, le=_LONGEST_S)]
_Tokens = Annotated[int, Field(gt=0, le=10_000_000)]


class ModelEntry(BaseModel):
    """One deployment of a tier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(min_length=1, pattern=r"^\S+$"), AfterValidator(with_its_provider)]
    api_base: str | None = Field(None, pattern=r"^https?://\S+$")
    api_key_env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    timeout_s: _Seconds | None = None
    input_usd_per_mtok: _Usd | None = None
    cached_input_usd_per_mtok: _Usd | None = None
    cache_write_usd_per_mtok: _Usd | None = None
    output_usd_per_mtok: _Usd | None = None
    context_tokens: _Tokens | None = None
    vision: bool | None = None

    @model_validator(mode="after")
    def _prices_come_together(self) -> Self:
        given = self.input_usd_per_mtok is not None, self.output_usd_per_mtok is not None
        extra = self.cached_input_usd_per_mtok is not None or self.cache_write_usd_per_mtok is not None
        if any(given) != all(given) or (extra and not all(given)):
            raise ValueError("a price needs both input_usd_per_mtok and output_usd_per_mtok")
        return self


class TierEntry(BaseModel):
    """One tier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["fast", "standard", "frontier"]
    deadline_s: _Seconds
    max_output_tokens: _Tokens
    models: list[ModelEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_model_once(self) -> Self:
        names = [(model.id, model.api_base) for model in self.models]
        if len(names) != len(set(names)):
            raise ValueError(f"a model stands twice in the tier {self.name}")
        return self


class TiersFile(BaseModel):
    """All tiers, in any order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tier: list[TierEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_tier_once(self) -> Self:
        names = [tier.name for tier in self.tier]
        if len(names) != len(set(names)):
            raise ValueError("a tier stands there twice")
        return self


def parse(source: str) -> TiersFile:
    """The tiers file behind a preset's name or a path. Raises SettingError."""
    try:
        return TiersFile.model_validate(tomli.loads(_text_of(source)))
    except tomli.TOMLDecodeError as error:
        raise SettingError(f"LUCY_TIERS: {source}: {error}") from error
    except ValidationError as error:
        raise SettingError(f"LUCY_TIERS: {source}: {_in_words(error)}") from None


def _text_of(source: str) -> str:
    if source in PRESETS:
        return files("bot.routing").joinpath(PRESETS[source]).read_text("utf-8")
    try:
        return Path(source).expanduser().read_text("utf-8")
    except FileNotFoundError as error:
        raise SettingError(f"LUCY_TIERS: {source}: neither a file nor one of {', '.join(PRESETS)}") from error
    except (OSError, ValueError) as error:
        raise SettingError(f"LUCY_TIERS: {source}: {getattr(error, 'strerror', None) or 'not a text file'}") from error


def _in_words(error: ValidationError) -> str:
    """The first thing that is wrong, with the place in the file a person would count to."""
    first = error.errors()[0]
    place = " ".join(str(step + 1) if isinstance(step, int) else str(step) for step in first["loc"])
    said = "is no setting Lucy knows" if first["type"] == "extra_forbidden" else first["msg"]
    return f"{place}: {said.removeprefix('Value error, ')}" if place else said.removeprefix("Value error, ")
