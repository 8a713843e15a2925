"""The digest's chart in the best way a workspace takes: native, as a picture, as little bars.

Shape and limits of the native block: docs.slack.dev/reference/block-kit/blocks/data-visualization-block, November 2026
(areas are layered, the first at the back; at most 6 series, 20 categories, 20 characters each).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from io import BytesIO
from itertools import accumulate
from typing import Any

from bot import log
from bot.digests.digest import Chart, Digest
from bot.digests.sentences import chart_in_words, sparkline
from bot.routing.choice import Tier
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure
from bot.slack.pictures import NoPicture, draw
from bot.slack.uploads import NoFileScope, Written, keep

Block = dict[str, Any]
_log = log.get(__name__)
_TITLE = "Spend per day, by tier"
_ALL, _LABEL = "all tiers", 20
_TIERS = {str(tier.value): tier.name.lower() for tier in Tier}
_STILL_IN_WORK_S = (0.0, 1.0, 3.0)
"""A file that was just uploaded may be refused for a moment."""


async def looks(client: SlackClient, digest: Digest) -> AsyncIterator[list[Block]]:
    """The chart's blocks, best first; ask for the next when Slack refused the last."""
    if not any(digest.chart.totals):
        yield []
        return
    yield [native(digest.chart)]
    picture = await _picture(client, digest)
    for pause in _STILL_IN_WORK_S if picture else ():
        await asyncio.sleep(pause)
        yield picture
    yield [_bars(digest)]


def native(chart: Chart) -> Block:
    """Areas that lie on each other: all tiers at the back, without the dearest before it, and so on."""
    labels = [f"{day:%-d %b}" for day in chart.days]
    names = [_tier(key) for key, _ in chart.tiers]
    sums = list(accumulate((usd for _, usd in chart.tiers), _added))
    sets = [" + ".join(names[: n + 1])[:_LABEL] for n in range(len(names) - 1)]
    layers = list(zip([*sets, _ALL if sets else names[0]], sums, strict=True))[::-1]
    series = [
        {
            "name": name,
            "data": [{"label": label, "value": round(float(usd), 6)} for label, usd in zip(labels, layer, strict=True)],
        }
        for name, layer in layers
    ]
    axis = {"categories": labels, "y_label": "USD"}
    return {
        "type": "data_visualization",
        "title": _TITLE,
        "chart": {"type": "area", "series": series, "axis_config": axis},
    }


def _added(one: Sequence[Decimal], other: Sequence[Decimal]) -> tuple[Decimal, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


async def _picture(client: SlackClient, digest: Digest) -> list[Block]:
    try:
        png = await draw(_drawing(digest.chart))
        file = await keep(client, Written("spend.png", BytesIO(png), len(png)))
    except (NoPicture, NoFileScope, SlackRefused, SlackUnsure) as error:
        _log.info("no_picture", reason=str(error))
        return []
    return [{"type": "image", "slack_file": {"id": file}, "alt_text": chart_in_words(digest)[:2000]}]


def _drawing(chart: Chart) -> dict[str, Any]:
    return {
        "title": _TITLE,
        "labels": [f"{day:%-d %b}" for day in chart.days],
        "weekend": [day.weekday() > 4 for day in chart.days],
        "series": [{"name": _tier(key), "usd": [float(one) for one in usd]} for key, usd in chart.tiers],
    }


def _bars(digest: Digest) -> Block:
    words = f"{sparkline(digest.chart.totals)}  spend per day, the last {len(digest.chart.days)} days"
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def _tier(key: str) -> str:
    return _TIERS.get(key, key)
