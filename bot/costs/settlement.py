"""What an answer costs: usage and prices in, the outcome that is written down out. Nothing here acts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bot.costs.pricing import PICO_DOLLAR, Price, estimated_usage, extraordinary_tier
from bot.costs.served import served_model
from bot.db.costs import Outcome
from bot.llm.model_client import Completion, Deployment, Usage

BELIEVED = frozenset({"openrouter"})
"""Providers whose own word for the cost we take: anyone can write `usage.cost` into an answer."""

_MOST_UNSEEN_TOKENS = 10_000
"""What a provider may add to a prompt; no tokenizer makes more tokens than bytes of the rest."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is known of an attempt's price before it is made; `baseline` is None where nobody else would have paid."""

    deployment: Deployment
    price: Price | None
    baseline: Price | None
    input_bytes: int
    picture_tokens: int = 0


def priced(terms: Terms, completion: Completion, latency_ms: int | None = None) -> Outcome:
    """The outcome of an answer, priced by what its provider counted, else by an estimate that says so."""
    if completion.usage is None:
        return replace(_estimated(terms, completion), latency_ms=latency_ms)
    usage = completion.usage
    price = terms.price.serving(usage) if terms.price else None
    listed = price.cost(usage) if price else None
    reported = usage.reported_usd.quantize(PICO_DOLLAR) if usage.reported_usd is not None else None
    believed = reported if terms.deployment.provider in BELIEVED else None
    cost = listed if believed is None else believed
    source = "provider" if believed is not None else price.source if price else "unpriced"
    return _counted(
        terms,
        completion,
        usage,
        latency_ms=latency_ms,
        usage_source="reported",
        usage=usage.raw,
        cost_usd=cost,
        list_usd=listed,
        reported_usd=reported,
        baseline_usd=terms.baseline.cost(usage) if terms.baseline and cost is not None else None,
        cache_saved_usd=price.cache_saved(usage) if price else None,
        cost_source=source,
        rates=price.snapshot(usage) if price else None,
    )


def broken_off(terms: Terms, seen: Completion, reason: str) -> Outcome:
    """The outcome of an attempt that ended before its answer: `failed` at what was seen of it, else `unknown`.

    A provider that had counted the whole answer is believed; one that had counted the input, on the input. Whoever
    asked has no answer to weigh against the baseline.
    """
    if seen.usage is not None and seen.finish_reason is not None:
        outcome = priced(terms, seen)
    elif seen.text:
        outcome = _estimated(terms, seen)
    else:
        model = terms.deployment.model
        return Outcome("unknown", model, reason, seen.model, seen.response_id, first_token_ms=seen.first_token_ms)
    return replace(outcome, state="failed", error_class=reason, baseline_usd=None)


OVERSHOT = "reserve_overshot"


def oddities(terms: Terms, outcome: Outcome, usage: Usage | None) -> tuple[str, ...]:
    """What a person should look at in a settled outcome, a word each; nothing when all is as expected."""
    if usage is None:
        return ("usage_missing",)
    found = {
        "usage_contradictory": usage.contradictory,
        "usage_absurd": usage.input_tokens > terms.input_bytes + terms.picture_tokens + _MOST_UNSEEN_TOKENS,
        "price_diverges": _diverges(outcome),
    }
    return tuple(word for word, holds in found.items() if holds)


def overshot(reserved_usd: Decimal | None, outcome: Outcome) -> tuple[str, ...]:
    """The alarm of a cost beyond its reserve: the upper bound was none, and a cap may be overshot by the difference."""
    if reserved_usd is None or outcome.cost_usd is None:
        return ()
    return (OVERSHOT,) if outcome.cost_usd > reserved_usd else ()


def _diverges(outcome: Outcome) -> bool:
    """True when the word of a provider that we believe is more than 1 % from the list price."""
    if outcome.cost_source != "provider" or outcome.list_usd is None or outcome.cost_usd is None:
        return False
    return abs(outcome.cost_usd - outcome.list_usd) > outcome.list_usd / 100


def facts_of(outcome: Outcome) -> dict[str, Any]:
    """What the world may hear of an outcome: no text."""
    return {
        "state": outcome.state,
        "served": outcome.model,
        "cost_usd": outcome.cost_usd,
        "cost_source": outcome.cost_source,
        "input_tokens": outcome.input_tokens,
        "cached_input_tokens": outcome.cached_input_tokens,
        "output_tokens": outcome.output_tokens,
        "latency_ms": outcome.latency_ms,
        "error_class": outcome.error_class,
        "flags": list(outcome.flags),
    }


def _estimated(terms: Terms, completion: Completion) -> Outcome:
    usage = _guessed(terms, completion)
    price = terms.price
    cost = price.cost(usage) if price else None
    return replace(
        _counted(terms, completion, usage),
        usage_source="estimated",
        cost_usd=cost,
        list_usd=cost,
        baseline_usd=terms.baseline.cost(usage) if terms.baseline and price else None,
        cost_source=price.source if price else "unpriced",
        rates=price.snapshot(usage) if price else None,
    )


def _guessed(terms: Terms, completion: Completion) -> Usage:
    """Tokens by the length of what was sent and heard, where the provider has not counted more."""
    heard = len(completion.text.encode())
    guess, said = estimated_usage(terms.input_bytes, heard, terms.picture_tokens), completion.usage
    if said is None or not said.input_tokens:
        return guess
    return replace(said, output_tokens=max(said.output_tokens, guess.output_tokens), raw={}, reported_usd=None)


def _counted(terms: Terms, completion: Completion, usage: Usage, /, **more: Any) -> Outcome:
    model = served_model(terms.deployment.model, completion.model)
    return Outcome(
        state="settled",
        model=model,
        response_model=None if f"/{model}".endswith(f"/{completion.model}") else completion.model,
        provider_response_id=completion.response_id,
        input_tokens=usage.input_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        service_tier=extraordinary_tier(usage),
        first_token_ms=completion.first_token_ms,
        **more,
    )
