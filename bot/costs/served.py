"""Which model really served."""

from __future__ import annotations

import re
from functools import lru_cache

_EDITION = re.compile(r"[-:@](\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{3,8}|latest|preview|exp|beta|free)(?=$|[-:@])")
"""What providers add to the name of one and the same model: a date, a build, a channel."""


@lru_cache(maxsize=1024)
def served_model(requested: str, said: str | None) -> str:
    """The id that served: the one asked for, unless the provider says it answered as another model.

    A dated edition of the same model (`gpt-4o-2024-11-20` for `gpt-4o`) is the same; `gpt-4o-mini` is another.
    """
    if not said or same_model(said, requested):
        return requested
    vendor, _, rest = requested.rpartition("/")
    if "/" in said:
        provider = requested.split("/", 1)[0]
        return said if said.startswith(f"{provider}/") else f"{provider}/{said}"
    return f"{vendor}/{said}" if rest and vendor else said


def same_model(one: str, other: str) -> bool:
    """True for two names of one model: whatever stands before the last slash, editions and word order don't count."""
    return _name(one) == _name(other)


def _name(model: str) -> list[str]:
    """The words of a model's name in any order: `claude-sonnet-5.5` and `claude-5-5-sonnet` are one."""
    bare = model.rsplit("/", 1)[-1].lower()
    while bare != (shorter := _EDITION.sub("", bare)):
        bare = shorter
    return sorted(re.split(r"[-.]", bare))
