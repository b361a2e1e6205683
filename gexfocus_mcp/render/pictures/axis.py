"""Where a value stands in pixels, and which values are worth a mark."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10


_STEPS = (1, 2, 2.5, 5, 10)
# Parts of anything smaller are no numbers any more.
_SMALLEST = 1e-290


@dataclass(frozen=True, slots=True)
class Axis:
    """Linear from *low* at pixel *start* to *high* at pixel *end*; either way round."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (
            self.end - self.start
        )

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    def ticks(self, most: int) -> list[float]:
        """At most about *most* round values."""
        raw = (self.high - self.low) / max(most, 1)
        size = 10 ** floor(log10(raw))
        step = next(s * size for s in _STEPS if s * size >= raw * (1 - 1e-9))
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        # Multiplied, not added up, and rounded: 0.1 + 0.1 + 0.1 is no round number.
        places = 2 - floor(log10(step))
        return [round(n * step, places) for n in range(first, last + 1)]


def around(
    values: Sequence[float], start: float, end: float, *, zero: bool = False
) -> Axis:
    """
    An axis that holds *values* with some air; one value, or none, still gets a range.

    Args:
        zero: Whether zero belongs to it.
    """
    kept = [*values, *([0.0] if zero or not values else [])]
    low, high = min(kept), max(kept)
    span, size = high - low, max(abs(low), abs(high))
    if span < max(1e-9 * size, _SMALLEST):
        span = max(0.02 * size, _SMALLEST) if size else 1.0
    air = 0.06 * span
    return Axis(low - air, high + air, start, end)
