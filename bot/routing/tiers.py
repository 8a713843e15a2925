"""The tiers: which deployments serve which tier, primary first, and which of them the keys at hand can reach."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.costs.price_book import PriceBook
from bot.costs.pricing import Price, Rates
from bot.errors import SettingError
from bot.llm.model_client import Deployment
from bot.routing.choice import Tier
from bot.routing.tiers_file import ModelEntry, parse

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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A deployment as the tiers file describes it, with the file's own price if it names one.

    `sees`: whether it takes images, as the file says, else the book.
    """

    deployment: Deployment
    own_price: Price | None
    book: PriceBook
    context_tokens: int | None
    timeout_s: float | None
    sees: bool = False

    @property
    def takes_tools(self) -> bool:
        """Whether tools can be offered: every model of the book takes them, of others nobody knows."""
        return self.book.find(self.deployment.model) is not None

    def is_of(self, family: str | None) -> bool:
        """Whether the family is a word of the model's name, like `opus` in `anthropic/claude-opus-5-5`."""
        return family in words_of(self.deployment.model)

    @property
    def price(self) -> Price | None:
        """What it costs now: the file's own price, else what an operator set, else the book's; None is unpriced."""
        return self.own_price or self.book.price_of(self.deployment)


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
        if source == "default":
            names.append("OPENROUTER_API_KEY")
        raise SettingError(f"no model can be used: set at least one of {', '.join(names)} (or LUCY_TIERS)")

    @property
    def deployments(self) -> dict[str, tuple[Deployment, Price | None]]:
        """Every usable deployment by its name, with its price."""
        candidates = (candidate for spec in self.specs for candidate in spec.candidates)
        return {candidate.deployment.name: (candidate.deployment, candidate.price) for candidate in candidates}

    @property
    def families(self) -> dict[str, Tier]:
        """The words of the usable models' names, each with the lowest tier that has it."""
        named = [
            (word, spec.tier)
            for spec in self.specs
            for one in spec.candidates
            for word in words_of(one.deployment.model)
        ]
        return dict(reversed(named))

    def usable(self) -> bool:
        """True when at least one tier has a model to ask."""
        return any(spec.candidates for spec in self.specs)

    def seeing(self, ceiling: Tier) -> Tiers:
        """No tier above the ceiling, and of the others the models that take images."""
        specs = [spec for spec in self.specs if spec.tier <= ceiling]
        return replace(self, specs=tuple(replace(spec, candidates=_who_see(spec.candidates)) for spec in specs))

    def spec(self, tier: Tier) -> TierSpec:
        """The tier asked for, else the nearest one above it, else the highest below, that has a model."""
        ready = [spec for spec in self.specs if spec.candidates]
        return next((spec for spec in ready if spec.tier >= tier), ready[-1])

    def above(self, tier: Tier, ceiling: Tier = Tier.FRONTIER) -> Tier | None:
        """The next tier up that has a model, or None when there is none below or at the ceiling."""
        return next((spec.tier for spec in self.specs if spec.candidates and tier < spec.tier <= ceiling), None)

    def upwards(self, tier: Tier) -> Iterator[TierSpec]:
        """`spec(tier)` and the tiers above it that have a model."""
        first = self.spec(tier)
        return (spec for spec in self.specs if spec.candidates and spec.tier >= first.tier)


def words_of(model: str) -> list[str]:
    """The words of a model's name, without its provider's."""
    return re.findall(r"[a-z]{3,}", model.lower().rpartition("/")[2])


def read_tiers(source: str, keys: Mapping[str, str], book: PriceBook) -> Tiers:
    """Read a preset or a file, usable or not. Raises SettingError when it cannot be read or is wrong."""
    entries = sorted(parse(source).tier, key=lambda entry: Tier[entry.name.upper()])
    specs, skipped = [], []
    for entry in entries:
        tier = Tier[entry.name.upper()]
        reached = {model: next((name for name in _key_names(model) if keys.get(name)), None) for model in entry.models}
        usable = [model for model in entry.models if reached[model] or not _key_names(model)]
        candidates = tuple(_candidate(model, reached[model], keys, book) for model in usable)
        specs.append(TierSpec(tier, entry.deadline_s, entry.max_output_tokens, candidates))
        skipped += [Skipped(model.id, tier, _key_names(model)) for model in entry.models if model not in usable]
    highest = entries[-1].models[0]
    return Tiers(source, tuple(specs), tuple(skipped), (highest.id, _price(highest, book)))


def dearest_answer(source: str, tier: Tier, input_bytes: int, book: PriceBook) -> Decimal | None:
    """USD that one answer by a tier's primary, usable or not, costs at most; None when unpriced. Raises SettingError."""
    entries = sorted(parse(source).tier, key=lambda entry: Tier[entry.name.upper()])
    entry = next((entry for entry in entries if Tier[entry.name.upper()] >= tier), entries[-1])
    price = _price(entry.models[0], book)
    return price.reserve(input_bytes, entry.max_output_tokens) if price else None


def _key_names(model: ModelEntry) -> tuple[str, ...]:
    """The variables one of which must hold a key; none for an endpoint of your own that names no key."""
    if model.api_key_env:
        return (model.api_key_env,)
    if model.api_base:
        return ()
    provider = Deployment(model.id).provider
    return KEY_NAMES.get(provider, (f"{provider.upper()}_API_KEY",))


def _candidate(model: ModelEntry, key_name: str | None, keys: Mapping[str, str], book: PriceBook) -> Candidate:
    deployment = Deployment(model.id, model.api_base, keys[key_name] if key_name else None, key_name)
    listing = book.find(model.id)
    context = model.context_tokens or (listing.context_tokens if listing else None)
    sees = listing.vision if model.vision is None and listing else bool(model.vision)
    return Candidate(deployment, _own_price(model), book, context, model.timeout_s, sees)


def _who_see(candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    return tuple(candidate for candidate in candidates if candidate.sees)


def _price(model: ModelEntry, book: PriceBook) -> Price | None:
    """What an entry costs now, whether its key is there or not."""
    return Candidate(Deployment(model.id, model.api_base), _own_price(model), book, None, None).price


def _own_price(model: ModelEntry) -> Price | None:
    """The price that the file itself gives an entry."""
    if model.input_usd_per_mtok is None or model.output_usd_per_mtok is None:
        return None
    told = {
        "input": model.input_usd_per_mtok,
        "output": model.output_usd_per_mtok,
        "cached_input": model.cached_input_usd_per_mtok,
        "cache_write": model.cache_write_usd_per_mtok,
    }
    return Price(Rates.of({name: rate for name, rate in told.items() if rate is not None}), "config")
