"""What was dearest, line by line, and how keys are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bot.costs.money import percent, show
from bot.db.digests import Kind
from bot.digests.digest import DIRECT, Digest, Row, Top

Name = Callable[[str, str], str]
"""(dimension, key) as a reader calls it."""

BEFORE = {Kind.DAILY: "the same weekday a week ago", Kind.WEEKLY: "the week before", Kind.MONTHLY: "the month before"}
_TITLES = {"user": "People", "channel": "Channels", "model": "Models"}


def tops(digest: Digest, name: Name) -> Iterator[tuple[str, Sequence[str]]]:
    """(title, lines) of each list of what was dearest."""
    for top in digest.tops:
        yield _titled(top), [_row(top.dimension, row, digest, name) for row in top.rows]
    if digest.threads:
        yield (
            "Threads",
            [
                f"{name('thread', str(n))}  *{show(thread.usd)}*, {count(thread.calls, 'call')}"
                for n, thread in enumerate(digest.threads)
            ],
        )


def _titled(top: Top) -> str:
    if not top.rows:
        return f"{count(top.keys, 'person', 'people')} asked"
    return (
        f"{_TITLES[top.dimension]} ({len(top.rows)} of {top.keys})"
        if top.keys > len(top.rows)
        else _TITLES[top.dimension]
    )


def _row(dimension: str, row: Row, digest: Digest, name: Name) -> str:
    usd = "unpriced" if row.unpriced and not row.usd else show(row.usd)
    grew = row.usd - row.before_usd
    moved = f", {'+' if grew > 0 else ''}{show(grew)}" if digest.before_usd is not None and grew else ""
    return f"{name(dimension, row.key)}  *{usd}*, {percent(row.usd, digest.total.spent_usd)}{moved}"


def held_against(digest: Digest) -> str:
    """What the + and − of the lists mean."""
    return "" if digest.before_usd is None else f"+ and - in the lists: against {BEFORE[digest.span.kind]}"


def plain_name(dimension: str, key: str) -> str:
    """A key as it stands in the ledger."""
    if key == DIRECT and dimension == "channel":
        return "direct messages"
    return key or {"user": "one person"}.get(dimension, key)


def count(number: int, one: str, many: str = "") -> str:
    """`1 call`, `1,204 calls`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
