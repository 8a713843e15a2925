"""A measured figure, and what it is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Figure:
    """`bound` is None where the figure is only stated."""

    name: str
    measured: float
    unit: str
    bound: float | None = None
    remark: str = ""

    @property
    def verdict(self) -> str:
        if self.bound is None:
            return ""
        return "[green]holds[/]" if self.measured < self.bound else "[red]exceeded[/]"


def percentile(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]
