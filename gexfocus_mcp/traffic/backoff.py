"""Delays between attempts: full jitter, so that clients cut off together do not return together."""

from collections.abc import Callable, Iterator
from random import random


FIRST = 1.0
CEILING = 60.0


def delays(
    draw: Callable[[], float] = random, first: float = FIRST, ceiling: float = CEILING
) -> Iterator[float]:
    """
    Seconds to wait before each next attempt, without end.

    Args:
        draw: Uniform in [0, 1).
        first: Longest possible first delay; each later one may be twice as long, up to *ceiling*.
    """
    longest = first
    while True:
        yield draw() * longest
        longest = min(ceiling, longest * 2)
