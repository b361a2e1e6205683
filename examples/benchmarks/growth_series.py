"""What `growth.py` measures: one question at growing work, and by which factor its cost grows as the work doubles."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from math import log2
from statistics import median, quantiles
from typing import Final


MOST: Final = 2.1
"""A factor above it is marked: cost that grows with the work alone doubles, and measuring adds its noise."""


@dataclass
class Step:
    """So much work, and in seconds what it cost in each round; *peak* is the service's memory in MB, where it is known."""

    work: int
    ask: Callable[[], Awaitable[None]]
    costs: list[float] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)
    peak: float | None = None

    @property
    def cost(self) -> float:
        """The median, in milliseconds."""
        return median(self.costs) * 1_000

    @property
    def wall(self) -> float:
        """The same of the time that passed."""
        return median(self.walls) * 1_000


@dataclass
class Growth:
    """By which factor the cost grew per doubling of the work, in each round."""

    rounds: list[float]

    @property
    def factor(self) -> float:
        return median(self.rounds)

    @property
    def mark(self) -> str:
        """Whether it is too much, and in more than some of the rounds."""
        if self.factor <= MOST:
            return ""
        return f"over {MOST}" if self.is_over else f"over {MOST} in some rounds"

    @property
    def is_over(self) -> bool:
        """Three quarters of the rounds say so: noise alone seldom makes them."""
        return quantiles(self.rounds, n=4)[0] > MOST


@dataclass
class Series:
    """One question at growing work; *each* is how many *units* one piece of work is."""

    name: str
    work: str
    unit: str
    steps: list[Step]
    each: int = 1

    @property
    def growth(self) -> list[Growth]:
        """From each step to the next."""
        return [
            Growth(
                [
                    (b / a) ** (1 / log2(more.work / less.work))
                    for a, b in zip(less.costs, more.costs, strict=True)
                ]
            )
            for less, more in pairwise(self.steps)
        ]


def table(series: Series) -> str:
    """One line a step."""
    per = f"ms a {series.unit}"
    lines = [
        f"{series.name}: {series.work}",
        f"    work    cost ms {per:>12}  a doubling    wall ms  peak MB",
    ]
    for step, growth in zip(series.steps, (None, *series.growth), strict=True):
        each = step.cost / step.work / series.each
        grown = f"x {growth.factor:.2f}" if growth else ""
        peak = f"{step.peak:.0f}" if step.peak else ""
        line = f"{step.work:8,} {step.cost:10.1f} {each:12.4f} {grown:>11} {step.wall:10.1f} {peak:>8}"
        lines.append(f"{line}  {growth.mark if growth else ''}".rstrip())
    return "\n".join(lines)
