"""Which model really served."""

from __future__ import annotations


def served_model(requested: str, said: str | None) -> str:
    """The id that served: the one asked for, unless the provider says it answered as another model."""
    bare = requested.rsplit("/", 1)[-1].lower()
    if not said or said.rsplit("/", 1)[-1].lower().startswith(bare):
        return requested
    return f"{requested.rsplit('/', 1)[0]}/{said}" if "/" in requested and "/" not in said else said
