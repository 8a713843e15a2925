"""What a digest says, sentence by sentence: the same figures for Slack, its screen readers and the terminal.

`*` marks what matters, as Slack's mrkdwn does; `Name` says how a key of a dimension is called where it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_FLOOR, Decimal

from bot.costs.money import percent, show
from bot.costs.reports import cache_savings
from bot.db.digests import Kind
from bot.digests.digest import Cap, Digest, Explained, Month
from bot.digests.forecast import ENOUGH_DAYS
from bot.digests.lists import BEFORE, Name, count, held_against, tops

_TIMES = Decimal(3)
_HUNDRED = Decimal(100)
_BARS = "▁▂▃▄▅▆▇█"
_BUDGET_BAR = 20
_MEAN = {Kind.DAILY: "the mean of the 7 days before", Kind.WEEKLY: "the mean of the 4 weeks before", Kind.MONTHLY: ""}


def title(digest: Digest) -> str:
    """Of the whole message."""
    return f"Lucy's costs: {digest.span.label}"


def spent(digest: Digest) -> str:
    """The sum and how it compares."""
    total = digest.total
    if not total.calls:
        return "Nothing was spent: no model was called."
    each = show(total.spent_usd / total.calls)
    estimated = f", {show(total.estimated_usd)} of it estimated" if total.estimated_usd else ""
    return f"*{show(total.spent_usd)}* spent{estimated} · {count(total.calls, 'model call')}, {each} each"


def compared(digest: Digest) -> str:
    """Against the days before."""
    usd, kind = digest.total.spent_usd, digest.span.kind
    found = [
        f"*{change(usd, before)}* {than} ({show(before)})"
        for before, than in ((digest.before_usd, BEFORE[kind]), (digest.mean_usd, _MEAN[kind]))
        if before is not None and than
    ]
    return " · ".join(found) or "Nothing to compare with yet"


def change(now: Decimal, before: Decimal) -> str:
    """`12 % more than`, `3 % less than`, `4 times`; never a share of nothing."""
    if not before:
        return "as little as" if not now else "up from nothing on"
    if now >= before * _TIMES:
        return f"{now / before:.0f} times"
    share = (now - before) / before * _HUNDRED
    if abs(share) < Decimal("0.5"):
        return "the same as"
    return f"{abs(share):.0f} % {'more' if share > 0 else 'less'} than"


def saved(digest: Digest) -> str:
    """Both savings, routing's never without the name of what it is measured against; they don't add up."""
    baseline, cached = digest.baseline_model, cache_savings(digest.total.cache_saved_usd)
    if digest.saved_usd < 0:
        routed = f"*{show(-digest.saved_usd)} more* than always using `{baseline}` at list price"
    else:
        share = percent(digest.saved_usd, digest.total.baseline_usd)
        routed = (
            f"*{show(digest.saved_usd)} saved by routing* ({share}) against always using `{baseline}` at list price"
        )
    return f"{routed} · {cached}" if cached else routed


def month(told: Month) -> str:
    """The month so far, and where it is heading."""
    name = f"{told.last:%B}"
    if told.over:
        return f"{name} came to *{show(told.spent_usd)}*"
    heading = told.heading_for
    if heading is None:
        return f"{name} so far *{show(told.spent_usd)}* · too early to tell where it ends (that takes {ENOUGH_DAYS} days of use)"
    usual, least, most = map(show, heading)
    return f"{name} so far *{show(told.spent_usd)}*, heading for *{usual}* (probably {least} to {most})"


def budget(told: Month) -> str:
    """A bar, and the day on which the budget will be gone."""
    cap = told.cap
    if cap is None:
        return ""
    return (
        f"{_bar(cap)} {percent(cap.spent_usd, cap.limit_usd)} of the {show(cap.limit_usd)} budget · {_pace(cap, told)}"
    )


def _bar(cap: Cap) -> str:
    full = min(_BUDGET_BAR, int(cap.spent_usd / cap.limit_usd * _BUDGET_BAR))
    return "█" * full + "░" * (_BUDGET_BAR - full)


def _pace(cap: Cap, told: Month) -> str:
    left = cap.limit_usd - cap.spent_usd
    if left <= 0:
        return f"*used up, {show(-left)} over*" if left else "*used up*"
    if told.over:
        return f"{show(left)} was left"
    if told.ahead is None:
        return f"{show(left)} left"
    day = cap.hit_on(told.ahead)
    if day:
        return f"*on pace to hit the cap on the {_ordinal(day.day)}*"
    return "on pace to stay within it"


def anomaly(told: Explained, name: Name) -> str:
    """A day that stands out, by how much, and because of what."""
    one = told.anomaly
    usual = f"a usual {one.day:%A}" if one.usual_usd else f"other {one.day:%A}s"
    moved = [
        f"{_cause_of(dimension, name(dimension, key))} ({share * 100:.0f} % of the rise)"
        for dimension, key, share in _causes(told)
    ]
    why = f": mostly {', '.join(moved)}" if moved else ": spread over many people, channels and models"
    return f"*{show(one.more_usd)} more than {usual}* ({show(one.usd)} instead of {show(one.usual_usd)}){why}"


def _causes(told: Explained) -> Iterator[tuple[str, str, Decimal]]:
    for cause in told.causes:
        yield cause.dimension, cause.key, cause.share


def _cause_of(dimension: str, called: str) -> str:
    return {"user": called, "channel": f"in {called}", "model": f"with {called}"}[dimension]


def revised(digest: Digest) -> str:
    """What became of the last digest's sum."""
    told = digest.revision
    if told is None:
        return ""
    more = told.now_usd - told.said_usd
    yesterday = told.span.last == digest.span.before().last
    named = {Kind.DAILY: "The day before", Kind.WEEKLY: "The week before", Kind.MONTHLY: "The month before"}
    which = named[told.span.kind] if yesterday else told.span.label
    return (
        f"{which} revised {'+' if more > 0 else ''}{show(more)} to {show(told.now_usd)}: calls that were settled later"
    )


def trust(digest: Digest) -> str:
    """How far the figures can be relied on."""
    total = digest.total
    unsure = f" (at most {show(total.unknown_reserved_usd)})" if total.unknown else ""
    counted = [
        count(total.calls, "call"),
        f"{_of_all(total.calls - total.unpriced, total.calls)} priced",
        f"{total.unknown} of unknown cost{unsure}",
        f"{total.failed} failed" if total.failed else "",
        f"{total.fallbacks} answered by a fallback" if total.fallbacks else "",
        f"{total.estimated} estimated" if total.estimated else "",
    ]
    gaps = [f"{_share(gap.share)} ({gap.provider}, through {gap.through:%-d %b})" for gap in digest.bills]
    bill = f"gap to the bill {', '.join(gaps)}" if gaps else "not held against a provider's bill yet"
    return f"{', '.join(one for one in counted if one)}, {bill} · days in {digest.zone}"


def sparkline(values: Sequence[Decimal]) -> str:
    """Little bars, oldest first."""
    dearest = max(values, default=Decimal(0))
    if not dearest:
        return ""
    return "".join(_BARS[int(usd / dearest * (len(_BARS) - 1))] for usd in values)


def chart_in_words(digest: Digest) -> str:
    """The chart for who cannot see it."""
    days = ", ".join(f"{one.day:%-d %b} {show(one.usd)}" for one in digest.history)
    return f"Spend per day: {days}"


def lines(digest: Digest, name: Name) -> Iterator[str]:
    """The whole digest, line by line."""
    yield title(digest)
    yield spent(digest)
    if digest.total.calls:
        yield compared(digest)
        yield from (anomaly(one, name) for one in digest.anomalies)
        yield saved(digest)
    yield month(digest.month)
    yield from filter(None, [budget(digest.month)])
    if digest.total.calls:
        yield f"{sparkline(digest.chart.totals)}  the last {len(digest.chart.days)} days"
        for heading, rows in tops(digest, name):
            yield f"{heading}: " + " · ".join(rows) if rows else heading
        yield from filter(None, [held_against(digest)])
        yield trust(digest)
    yield from filter(None, [revised(digest)])


def _of_all(part: int, whole: int) -> str:
    """A share of all that says 100 % only when it is all."""
    if part == whole:
        return "100 %"
    return f"{(Decimal(part) / whole * 100).quantize(Decimal('0.1'), ROUND_FLOOR)} %"


def _share(share: Decimal) -> str:
    if share and share < Decimal("0.001"):
        return "below 0.1 %"
    return f"{share * 100:.1f} %"


def _ordinal(day: int) -> str:
    ending = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
