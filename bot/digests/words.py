"""A digest in plain lines and in exact figures, for terminals and machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from bot.costs.money import exact, show
from bot.costs.reports import in_words
from bot.db.rollups import Sums
from bot.digests.compose import Digest, change


def as_lines(digest: Digest) -> Iterator[str]:
    """What the posted digest says, line by line."""
    total = digest.report.total
    yield f"Lucy's costs on {digest.report.period.label}"
    yield in_words(digest.report).replace("*", "")
    if not total.calls:
        return
    yield f"Same weekday, a week ago: {change(total.cost_usd, digest.same_weekday_usd)}"
    yield f"Mean of the 7 days before: {change(total.cost_usd, digest.seven_day_mean_usd)}"
    for title, rows in _tables(digest).items():
        yield f"{title}: " + ", ".join(f"{row.key} {show(row.cost_usd)}" for row in rows)


def as_json(digest: Digest) -> dict[str, object]:
    """The same, every digit kept."""
    return {
        "date": str(digest.local_date),
        **digest.report.as_json(),
        "same_weekday_usd": exact(digest.same_weekday_usd),
        "seven_day_mean_usd": str(digest.seven_day_mean_usd),
        **{title: [_exactly(row) for row in rows] for title, rows in _tables(digest).items()},
    }


def _tables(digest: Digest) -> dict[str, Sequence[Sums]]:
    return {"tiers": digest.tiers, "models": digest.models, "users": digest.users, "channels": digest.channels}


def _exactly(row: Sums) -> dict[str, object]:
    return {name: exact(value) if name.endswith("_usd") else value for name, value in asdict(row).items()}
