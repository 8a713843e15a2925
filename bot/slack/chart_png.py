"""Draws the digest's chart: JSON in, PNG out. A program of its own: matplotlib takes a second to import.

The colours and the card are made for both of Slack's themes: a light card with its own frame.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

_COLOURS = ("#4f8fd9", "#f2b15a", "#d9542b", "#8e6bbf", "#3fa37c", "#8a8f98")
_CARD, _INK, _SOFT, _LINE = "#ffffff", "#1d1c1d", "#6b6a6d", "#e6e4e8"


def draw(drawing: dict[str, Any]) -> bytes:
    """Bars of `series` (`name`, `usd` per label) on each other, one bar per label; a PNG."""
    figure = Figure(figsize=(6.6, 2.9), dpi=200, facecolor=_CARD)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.09, 0.115, 0.89, 0.72))
    totals = _bars(axes, drawing)
    _frame(axes, drawing, max(totals, default=0.0))
    _name(axes, drawing["labels"], totals)
    figure.text(0.02, 0.92, drawing["title"], size=12.5, weight="bold", color=_INK)
    figure.legend(
        loc="upper right", bbox_to_anchor=(0.985, 0.995), ncols=6, frameon=False, fontsize=9.5, labelcolor=_SOFT,
        handlelength=0.9, handleheight=0.9, columnspacing=1.4, handletextpad=0.5,
    )  # fmt: skip
    written = io.BytesIO()
    figure.savefig(written, format="png")
    return written.getvalue()


def _bars(axes: Axes, drawing: dict[str, Any]) -> list[float]:
    places = range(len(drawing["labels"]))
    totals = [0.0] * len(places)
    for n, series in enumerate(drawing["series"]):
        axes.bar(
            places, series["usd"], bottom=totals, width=0.66, color=_COLOURS[n % len(_COLOURS)], label=series["name"]
        )
        totals = [below + usd for below, usd in zip(totals, series["usd"], strict=True)]
    return totals


def _frame(axes: Axes, drawing: dict[str, Any], dearest: float) -> None:
    axes.set_facecolor(_CARD)
    axes.set_xlim(-0.6, len(drawing["labels"]) - 0.4)
    axes.set_ylim(0, dearest * 1.12 or 1)
    axes.set_xticks(range(len(drawing["labels"])), [*_short(drawing["labels"])])
    for tick, weekend in zip(axes.get_xticklabels(), drawing["weekend"], strict=True):
        tick.set(color="#aaa8ad" if weekend else _SOFT, size=9)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda usd, _: money(usd)))
    axes.tick_params(length=0, labelsize=9, colors=_SOFT)
    axes.grid(axis="y", color=_LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_LINE)


def _short(labels: list[str]) -> Iterator[str]:
    """The month where it begins, else the day alone."""
    for n, label in enumerate(labels):
        day, _, month = label.partition(" ")
        yield label if n == 0 or labels[n - 1].partition(" ")[2] != month else day


def _name(axes: Axes, labels: list[str], totals: list[float]) -> None:
    """The sum over the last day's bar and over the dearest one."""
    dearest = max(range(len(totals)), key=lambda n: totals[n])
    for place in {dearest, len(labels) - 1}:
        axes.annotate(
            money(totals[place]), (place, totals[place]), xytext=(0, 3), textcoords="offset points",
            ha="center", size=9.5, weight="bold", color=_INK,
        )  # fmt: skip


def money(usd: float) -> str:
    """`$1,200`, `$3.40`, `$0.012`; an axis needs no more digits."""
    if usd >= 100:
        return f"${usd:,.0f}"
    if usd >= 0.1 or not usd:
        return f"${usd:.2f}"
    return f"${usd:.2g}"


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(json.load(sys.stdin)))
