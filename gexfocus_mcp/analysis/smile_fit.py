"""
One expiration's smile, fitted to the volatilities that its cells show.

Each cell says a volatility, weighted by its gamma; those of one expiration are averaged about knots. This runs over
every cell of a matrix whenever a new one comes, so its points are plain tuples.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, log, sqrt
from typing import Final


Seen = tuple[float, float, float]
"""A volatility, the log of strike over spot at which it was seen, and its weight."""

# A volatility outside these is no volatility, of a cell or of an expiration.
_CELL_VOL: Final = (0.01, 5.0)
_VOL: Final = (0.03, 3.0)
# Nearer to the forward, in standard deviations, carry swamps the ratio; farther out the cells are dust.
_NEAREST, _FARTHEST, _MIDDLE = 0.3, 8.0, 2.5
# A ratio is about a distance in standard deviations: beyond this none counts in the middle.
_NEAR: Final = 2 * _MIDDLE
_KNOT: Final = 0.5
_SIDE: Final = round(_FARTHEST / _KNOT)
_LAST: Final = 2.0 * _SIDE
# One more than there are places for, because every volatility has a share in two.
_KNOTS: Final = 2 * _SIDE + 2
_FEWEST: Final = 3
_ROUNDS: Final = 3
# Cells of one expiration lie this near their smile on average (in logarithms) unless they are noise.
_SCATTER: Final = 0.25
# Net gamma is looked at in steps of 0.1 %: nothing narrower than half of one can be seen.
_NARROWEST: Final = 0.0005


@dataclass(frozen=True, slots=True)
class Smile:
    """
    One expiration's volatility by strike.

    Attributes:
        middle: The volatility that most of its gamma has.
        years: To settlement.
        forward: Log of forward over spot.
        places: Of the knots, in standard deviations from spot, ascending.
        widths: Volatility x sqrt(time) at each knot.
    """

    middle: float
    years: float
    forward: float
    places: tuple[float, ...]
    widths: tuple[float, ...]

    def width_at(self, x: float) -> float:
        """Volatility x sqrt(time) at log strike *x*: linear between knots, flat beyond them."""
        places, widths = self.places, self.widths
        z = x / (self.middle * sqrt(self.years))
        right = bisect_left(places, z)
        if right == 0:
            width = widths[0]
        elif right == len(places):
            width = widths[-1]
        else:
            left, low = places[right - 1], widths[right - 1]
            width = low + (widths[right] - low) * (z - left) / (places[right] - left)
        return width if width > _NARROWEST else _NARROWEST  # noqa: FURB136  # in every cell

    def seen_at(self, x: float) -> tuple[float, float]:
        """d1 and volatility x sqrt(time) at log strike *x*."""
        width = self.width_at(x)
        return (self.forward - x) / width + width / 2, width


def fit_by_ratio(
    ratios: Sequence[tuple[float, float, float]], years: float
) -> Smile | None:
    """
    Volatilities that give the ratios seen, and the forward, found in turn; None where they are no smile.

    Args:
        ratios: Of each cell the log of strike over spot, x, the ratio (x - forward) / vol + vol x T / 2, and a weight.
        years: T.
    """
    root, forward = sqrt(years), 0.0
    nearest, near, far = _NEAREST * root, _NEAR * root, _FARTHEST * root
    usable = [row for row in ratios if nearest < abs(row[1]) < far]
    close = [row for row in usable if abs(row[1]) < near]
    for _ in range(_ROUNDS - 1):
        middle = _middle(_volatilities(close, years, forward), root)
        if middle is None:
            return None
        forward = _forward(ratios, middle, years, forward)
    seen = _volatilities(usable, years, forward)
    middle = _middle(seen, root)
    if middle is None:
        return None
    return _smooth(seen, middle, years, _forward(ratios, middle, years, forward))


def fit_by_volatility(seen: Sequence[Seen], years: float) -> Smile | None:
    """The smile of volatilities that need no forward; None where they are no smile."""
    middle = _middle(seen, sqrt(years))
    return None if middle is None else _smooth(seen, middle, years, 0.0)


def _smooth(
    seen: Sequence[Seen], middle: float, years: float, forward: float
) -> Smile | None:
    """Average the volatilities by weight about knots half a standard deviation apart; None where they are noise."""
    if not _VOL[0] < middle < _VOL[1]:
        return None
    root = sqrt(years)
    deviation = middle * root
    nearest, low, high = _NEAREST * deviation, middle / 4, middle * 4
    used = [p for p in seen if low < p[0] < high and abs(p[1]) >= nearest]
    sums, weights = [0.0] * _KNOTS, [0.0] * _KNOTS
    shares = list[tuple[int, float]]()
    for vol, x, weight in used:
        place = x / deviation / _KNOT + _SIDE
        place = 0.0 if place < 0 else min(place, _LAST)
        left = int(place)
        share = place - left
        shares.append((left, share))
        near, far = (1 - share) * weight, share * weight
        sums[left] += near * vol
        weights[left] += near
        sums[left + 1] += far * vol
        weights[left + 1] += far
    knots = [k for k, weight in enumerate(weights) if weight > 0]
    if not knots:
        return None
    widths = [
        root * s / w if w > 0 else 0.0 for s, w in zip(sums, weights, strict=True)
    ]
    if _scatter(used, shares, root, widths) > _SCATTER:
        return None
    return Smile(
        middle,
        years,
        forward,
        tuple((k - _SIDE) * _KNOT for k in knots),
        tuple(widths[k] for k in knots),
    )


def _volatilities(
    ratios: Sequence[tuple[float, float, float]], years: float, forward: float
) -> list[Seen]:
    """
    Of each ratio r the root of T / 2 x vol^2 - r x vol + (x - forward) = 0 that goes to (x - forward) / r as T goes to 0.
    """
    seen = list[Seen]()
    twice = 2 * years
    for x, ratio, weight in ratios:
        moved = x - forward
        square = ratio * ratio - twice * moved
        if moved * ratio > 0 and square >= 0:
            vol = 2 * moved / (ratio + copysign(sqrt(square), moved))
            seen.append((vol, x, weight))
    return seen


def _forward(
    ratios: Sequence[tuple[float, float, float]],
    middle: float,
    years: float,
    known: float,
) -> float:
    """Where the weighted line through the ratios within one standard deviation passes that of the forward."""
    deviation = middle * sqrt(years)
    near = [row for row in ratios if abs(row[0]) < deviation]
    if len(near) < _FEWEST:
        return known
    whole = sum([w for _, _, w in near])
    x0 = sum([w * x for x, _, w in near]) / whole
    r0 = sum([w * r for _, r, w in near]) / whole
    rise = sum([w * (x - x0) * (r - r0) for x, r, w in near])
    run = sum([w * (x - x0) ** 2 for x, _, w in near])
    if rise <= 0 or run <= 0:
        return known
    return x0 - (r0 - middle * years / 2) * run / rise


def _middle(seen: Sequence[Seen], root: float) -> float | None:
    """The weighted median of the volatilities not far from spot; *root* of the years."""
    low, high = _CELL_VOL
    reach = _MIDDLE * root
    near = sorted([p for p in seen if low < p[0] < high and abs(p[1]) < reach * p[0]])
    half = sum([weight for _, _, weight in near]) / 2
    for vol, _, weight in near:
        half -= weight
        if half <= 0:
            return vol
    return None


def _scatter(
    seen: Sequence[Seen],
    shares: Sequence[tuple[int, float]],
    root: float,
    widths: Sequence[float],
) -> float:
    """How far the volatilities lie from the smile through *widths*, in logarithms, on the average of their weights."""
    off = whole = 0.0
    for (vol, _, weight), (left, share) in zip(seen, shares, strict=True):
        # Where a share is zero the knot beyond may have no width.
        width = widths[left] + (share and (widths[left + 1] - widths[left]) * share)
        off += weight * abs(log(vol * root / max(width, _NARROWEST)))
        whole += weight
    return off / whole
