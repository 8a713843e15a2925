"""The tiers file: which deployments serve which tier, primary first, and which of them can be used with the keys at hand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.costs.price_book import PriceBook
from bot.costs.pricing import Price, Rates
from bot.errors import SettingError
from bot.llm.model_client import Deployment
from bot.routing.choice import Tier

PRESETS = {
    "default": "tiers.toml",
    "classic": "tiers.classic.toml",
    "openrouter": "tiers.openrouter.toml",
    "local": "tiers.local.toml",
}

KEY_NAMES = {
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "openai": ("OPENAI_API_KEY",),
    "moonshot": ("MOONSHOT_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "xai": ("XAI_API_KEY",),
}
"""The variables litellm reads, by provider."""

_Usd = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class _ModelEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1)
    api_base: str | None = Field(None, pattern="^https?://")
    api_key_env: str | None = None
    timeout_s: float | None = Field(None, gt=0)
    input_usd_per_mtok: _Usd | None = None
    cached_input_usd_per_mtok: _Usd | None = None
    output_usd_per_mtok: _Usd | None = None
    context_tokens: int | None = Field(None, gt=0)


class _TierEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern="^(fast|standard|frontier)$")
    deadline_s: float = Field(gt=0)
    max_output_tokens: int = Field(gt=0)
    models: list[_ModelEntry] = Field(min_length=1)


class _TiersFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tier: list[_TierEntry] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A deployment as the tiers file describes it; without a price it is unpriced."""

    deployment: Deployment
    price: Price | None
    context_tokens: int | None
    timeout_s: float | None


@dataclass(frozen=True, slots=True)
class TierSpec:
    """One tier: its usable candidates, primary first; seconds for one ask in all; the longest answer in tokens."""

    tier: Tier
    deadline_s: float
    max_output_tokens: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A deployment that cannot be used, and the variables one of which would change that."""

    model: str
    tier: Tier
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tiers:
    """All tiers, ascending; `baseline` is the frontier's primary by list price, usable or not."""

    source: str
    specs: tuple[TierSpec, ...]
    skipped: tuple[Skipped, ...]
    baseline: tuple[str, Price | None]

    @classmethod
    def load(cls, source: str, keys: Mapping[str, str], book: PriceBook) -> Tiers:
        """Read a preset or a file. Raises SettingError: unreadable, wrong, or no model usable with these keys."""
        tiers = read_tiers(source, keys, book)
        if tiers.usable():
            return tiers
        if source == "default" and keys.get("OPENROUTER_API_KEY"):
            return cls.load("openrouter", keys, book)
        names = sorted({name for skipped in tiers.skipped for name in skipped.missing})
        raise SettingError(f"no model can be used: set at least one of {', '.join(names)} (or LUCY_TIERS)")

    def usable(self) -> bool:
        """True when at least one tier has a model to ask."""
        return any(spec.candidates for spec in self.specs)

    def spec(self, tier: Tier) -> TierSpec:
        """The tier asked for, else the nearest one above it, else the highest below, that has a model."""
        ready = [spec for spec in self.specs if spec.candidates]
        return next((spec for spec in ready if spec.tier >= tier), ready[-1])

    def above(self, tier: Tier) -> TierSpec | None:
        """The next tier up that has a model."""
        return next((spec for spec in self.specs if spec.tier > tier and spec.candidates), None)


def read_tiers(source: str, keys: Mapping[str, str], book: PriceBook) -> Tiers:
    """Read a preset or a file, usable or not. Raises SettingError when it cannot be read or is wrong."""
    parsed = _parse(_text_of(source), source)
    specs, skipped = [], []
    for entry in sorted(parsed.tier, key=lambda entry: Tier[entry.name.upper()]):
        tier = Tier[entry.name.upper()]
        candidates = []
        for model in entry.models:
            names = key_names(model)
            if names and not any(keys.get(name) for name in names):
                skipped.append(Skipped(model.id, tier, names))
            else:
                candidates.append(_candidate(model, names, keys, book))
        specs.append(TierSpec(tier, entry.deadline_s, entry.max_output_tokens, tuple(candidates)))
    highest = max(parsed.tier, key=lambda entry: Tier[entry.name.upper()]).models[0]
    return Tiers(source, tuple(specs), tuple(skipped), (highest.id, _price(highest, book)))


def key_names(model: _ModelEntry) -> tuple[str, ...]:
    """The variables one of which must hold a key; none for an endpoint of your own that names no key."""
    if model.api_key_env:
        return (model.api_key_env,)
    if model.api_base:
        return ()
    provider = Deployment(model.id).provider if "/" in model.id else _bare_provider(model.id)
    return KEY_NAMES.get(provider, (f"{provider.upper()}_API_KEY",))


def _candidate(model: _ModelEntry, names: tuple[str, ...], keys: Mapping[str, str], book: PriceBook) -> Candidate:
    name = next((name for name in names if keys.get(name)), None)
    deployment = Deployment(model.id, model.api_base, keys[name] if name else None, name)
    listing = book.find(model.id)
    context = model.context_tokens or (listing.context_tokens if listing else None)
    return Candidate(deployment, _price(model, book), context, model.timeout_s)


def _price(model: _ModelEntry, book: PriceBook) -> Price | None:
    if model.input_usd_per_mtok is not None and model.output_usd_per_mtok is not None:
        cached = model.cached_input_usd_per_mtok
        plain = model.input_usd_per_mtok
        rates = Rates(plain, plain if cached is None else cached, plain, plain, model.output_usd_per_mtok)
        return Price(rates, "config")
    listing = book.find(model.id)
    return listing.price if listing and not model.api_base else None


def _text_of(source: str) -> str:
    if source in PRESETS:
        return files("bot.routing").joinpath(PRESETS[source]).read_text("utf-8")
    try:
        return Path(source).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"LUCY_TIERS: {source}: {getattr(error, 'strerror', None) or 'not a text file'}") from error


def _parse(text: str, source: str) -> _TiersFile:
    try:
        parsed = _TiersFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"LUCY_TIERS: {source}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise SettingError(f"LUCY_TIERS: {source}: {where}: {first['msg']}") from None
    names = [entry.name for entry in parsed.tier]
    if len(names) != len(set(names)):
        raise SettingError(f"LUCY_TIERS: {source}: a tier stands there twice")
    return parsed


def _bare_provider(model: str) -> str:
    return "anthropic" if model.startswith("claude") else "openai"
