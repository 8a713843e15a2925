"""A digest in plain lines and in exact figures, for terminals and machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from bot.costs.money import exact
from bot.digests.digest import Digest
from bot.digests.lists import plain_name
from bot.digests.sentences import lines


def as_lines(digest: Digest) -> Iterator[str]:
    """What the posted digest says, line by line."""

    def name(dimension: str, key: str) -> str:
        if dimension == "thread":
            thread = digest.threads[int(key)]
            return f"{thread.channel_id}/{thread.thread_ts}".removesuffix("/")
        return plain_name(dimension, key)

    for line in lines(digest, name):
        yield line.replace("*", "").replace("`", "")


def as_json(digest: Digest) -> dict[str, Any]:
    """The same, every digit kept."""
    heading = digest.month.heading_for
    written = {
        **asdict(digest),
        "saved_usd": digest.saved_usd,
        "forecast": dict(zip(("usd", "low_usd", "high_usd"), heading, strict=True)) if heading else None,
    }
    told: dict[str, Any] = _plainly(written)
    return told


def _plainly(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _plainly(one) for key, one in value.items()}
        case list() | tuple():
            return [_plainly(one) for one in value]
        case Decimal():
            return exact(value)
        case date():
            return value.isoformat()
        case _:
            return value
