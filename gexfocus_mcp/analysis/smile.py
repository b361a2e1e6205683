"""
Implied volatility by strike and expiration, read from the ratios of the matrices.

Open interest cancels in a ratio of two greeks of one cell, even where calls and puts are netted: vanna /
gamma is -d2 x sqrt(T) where both are signed for the same side, and -2T x charm / vanna is the volatility
itself (but for carry) whatever the side. Neither the units nor the sides are documented, so a ratio is
believed only where its signs lie as they have to, the volatility it gives fits how far open interest lies
from spot, and the two ratios agree wherever both can be formed.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import copysign, exp, floor, log, sqrt
from statistics import median
from typing import Final, Literal, NamedTuple

from gexfocus_mcp.analysis.kernel import measure_width
from gexfocus_mcp.market.calendar import session_close, time_between
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.session import has_ended


Basis = Literal["vanna/gamma", "charm/vanna"]

# A volatility outside these is no volatility, of a cell or of an expiration.
_CELL_VOL: Final = (0.01, 5.0)
_VOL: Final = (0.03, 3.0)
# Nearer to the forward, in standard deviations, carry swamps the ratio; farther out the cells are dust.
_NEAREST, _FARTHEST, _MIDDLE = 0.3, 8.0, 2.5
_KNOT: Final = 0.5
_FEWEST: Final = 3
# On the 14 real chains at hand the median over expirations of width / (vol x sqrt(T)) lay in 0.68-1.26 ...
_FITS: Final = (0.6, 1.67)
# ... and of one ratio's volatility over the other's in 0.98-1.46, the excess being carry in charm.
_AGREES: Final = (0.75, 1.75)
_RIGHT_SIGNS: Final = 0.95
# Cells of one expiration lie this near their smile on average (in logarithms) unless they are noise.
_SCATTER: Final = 0.25
# Vanna comes per volatility point or per whole volatility.
_PER_POINT, _PER_WHOLE = 1.0, 100.0
_YEAR_DAYS: Final = 365.0
_SHORTEST: Final = timedelta(minutes=5)
# The hedge is followed in steps of 0.05 %: nothing narrower can be seen on that path.
_NARROWEST: Final = 0.0005


class Cell(NamedTuple):
    """Log of strike over spot, gamma, vanna and charm; a greek that is not given is 0."""

    x: float
    gamma: float
    vanna: float
    charm: float


class _Point(NamedTuple):
    """A volatility seen at a strike, and what it counts."""

    x: float
    vol: float
    weight: float


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


@dataclass(frozen=True, slots=True)
class Smiles:
    """
    Every expiration's smile, in the matrix's order; None where a column says too little.

    Attributes:
        basis: The ratio they were read from.
    """

    basis: Basis
    columns: tuple[Smile | None, ...]


def years_to(expiration: date, at: datetime) -> float:
    """Calendar years to settlement at the close of *expiration*, at least some minutes."""
    left = max(time_between(at, session_close(expiration)), _SHORTEST)
    return left / timedelta(days=_YEAR_DAYS)


def cells_of(expiries: ExpiryMap, index: int, spot: float) -> list[Cell]:
    """The cells of one expiration that have gamma."""
    gamma, vanna, charm = (
        expiries.matrices.get(greek) for greek in ("gex", "vanna", "charm")
    )
    if gamma is None:
        return []
    return [
        Cell(
            log(strike / spot),
            own,
            (vanna[row][index] if vanna else None) or 0.0,
            (charm[row][index] if charm else None) or 0.0,
        )
        for row, strike in enumerate(expiries.strikes)
        if (own := gamma[row][index])
    ]


def read_smiles(expiries: ExpiryMap, at: datetime) -> Smiles | None:
    """Read the smiles that the matrices hold; None where no ratio can be believed."""
    spot = expiries.spot
    if not spot:
        return None
    columns = [
        ([] if has_ended(day, at) else cells_of(expiries, i, spot), years_to(day, at))
        for i, day in enumerate(expiries.expirations)
    ]
    by_gamma = _believed(columns, _by_gamma)
    by_charm = _believed(columns, _by_charm)
    if by_charm is None:
        # Alone it cannot be told from gamma of another unit.
        return by_gamma.smiles if by_gamma and by_gamma.unit == _PER_POINT else None
    if by_gamma is None:
        return by_charm.smiles
    return by_gamma.smiles if _agree(by_gamma, by_charm) else None


_Columns = Sequence[tuple[list[Cell], float]]


class _Candidate(NamedTuple):
    """
    What one ratio says.

    Attributes:
        unit: Of vanna, as a multiple of what it is per volatility point.
        fit: Median over expirations of the width of their gamma over that of their smile.
    """

    smiles: Smiles
    unit: float
    fit: float | None


def _believed(
    columns: _Columns, read: Callable[[_Columns, float], _Candidate | None]
) -> _Candidate | None:
    """The reading whose volatilities fit how far its gamma lies from spot."""
    for unit in (_PER_POINT, _PER_WHOLE):
        found = read(columns, unit)
        if found and found.fit is not None and _FITS[0] <= found.fit <= _FITS[1]:
            return found
    return None


def _candidate(
    basis: Basis, unit: float, columns: _Columns, smiles: Sequence[Smile | None]
) -> _Candidate:
    fits = [
        measure_width(1.0, [exp(c.x) for c in cells], [abs(c.gamma) for c in cells])
        / (smile.middle * sqrt(years))
        for (cells, years), smile in zip(columns, smiles, strict=True)
        if smile is not None
    ]
    # Noise can look like a smile now and then, but not in most expirations.
    filled = sum(len(cells) > _FEWEST for cells, _ in columns)
    common = fits and 2 * len(fits) >= filled
    fit = median(fits) if common else None
    return _Candidate(Smiles(basis, tuple(smiles)), unit, fit)


def _agree(one: _Candidate, other: _Candidate) -> bool:
    if one.unit != other.unit:
        return False
    ratios = [
        b.middle / a.middle
        for a, b in zip(one.smiles.columns, other.smiles.columns, strict=True)
        if a is not None and b is not None
    ]
    return not ratios or _AGREES[0] <= median(ratios) <= _AGREES[1]


def _share(cells: Iterable[tuple[float, bool]]) -> float:
    """Share of the weight for which the condition holds."""
    told = list(cells)
    whole = sum(weight for weight, _ in told)
    return sum(weight for weight, holds in told if holds) / whole if whole else 0.0


def _by_gamma(columns: _Columns, unit: float) -> _Candidate | None:
    """Out of -d2 x sqrt(T): long gamma has vanna below zero under the forward and above zero over it."""
    every = [c for cells, _ in columns for c in cells]
    if (
        _share((abs(c.vanna), c.vanna * c.gamma * c.x > 0) for c in every)
        < _RIGHT_SIGNS
    ):
        return None
    smiles = [_solve(cells, years, unit) for cells, years in columns]
    return _candidate("vanna/gamma", unit, columns, smiles)


def _by_charm(columns: _Columns, unit: float) -> _Candidate | None:
    """Out of -2T x charm / vanna, whose two signs are always opposite."""
    every = [c for cells, _ in columns for c in cells]
    if _share((abs(c.vanna), c.vanna * c.charm < 0) for c in every) < _RIGHT_SIGNS:
        return None
    smiles = list[Smile | None]()
    for cells, years in columns:
        days = years * _YEAR_DAYS
        points = [
            _Point(c.x, -2 * days * unit / 100 * c.charm / c.vanna, abs(c.gamma))
            for c in cells
            if c.vanna
        ]
        smiles.append(_smooth(points, years, 0.0))
    return _candidate("charm/vanna", unit, columns, smiles)


def _solve(cells: Sequence[Cell], years: float, unit: float) -> Smile | None:
    """
    Volatilities that give the ratios seen, and the forward, found in turn.

    The ratio is (x - forward) / vol + vol x T / 2.
    """
    seen = [(c.x, c.vanna / c.gamma / unit, abs(c.gamma)) for c in cells]
    root, forward = sqrt(years), 0.0
    points = list[_Point]()
    for _ in range(3):
        points = [
            _Point(x, vol, weight)
            for x, ratio, weight in seen
            if _NEAREST * root < abs(ratio) < _FARTHEST * root
            and (vol := _volatility(x - forward, ratio, years)) is not None
        ]
        middle = _middle(points, years)
        if middle is None:
            return None
        forward = _forward(seen, middle, years, forward)
    return _smooth(points, years, forward)


def _volatility(x: float, ratio: float, years: float) -> float | None:
    """The root of T / 2 x vol^2 - ratio x vol + x = 0 that goes to x / ratio as T goes to zero."""
    root = ratio * ratio - 2 * years * x
    if x * ratio <= 0 or root < 0:
        return None
    return 2 * x / (ratio + copysign(sqrt(root), x))


def _forward(
    seen: Sequence[tuple[float, float, float]],
    middle: float,
    years: float,
    known: float,
) -> float:
    """Where the weighted line through the ratios within one standard deviation passes that of the forward."""
    near = [row for row in seen if abs(row[0]) < middle * sqrt(years)]
    if len(near) < _FEWEST:
        return known
    whole = sum(w for _, _, w in near)
    x0 = sum(w * x for x, _, w in near) / whole
    r0 = sum(w * r for _, r, w in near) / whole
    rise = sum(w * (x - x0) * (r - r0) for x, r, w in near)
    run = sum(w * (x - x0) ** 2 for x, _, w in near)
    if rise <= 0 or run <= 0:
        return known
    return x0 - (r0 - middle * years / 2) * run / rise


def _middle(points: Sequence[_Point], years: float) -> float | None:
    """The weighted median of the volatilities not far from spot."""
    usable = sorted(
        (p for p in points if _CELL_VOL[0] < p.vol < _CELL_VOL[1]),
        key=lambda p: p.vol,
    )
    near = [p for p in usable if abs(p.x) < _MIDDLE * p.vol * sqrt(years)]
    half = sum(p.weight for p in near) / 2
    for p in near:
        half -= p.weight
        if half <= 0:
            return p.vol
    return None


def _smooth(points: Sequence[_Point], years: float, forward: float) -> Smile | None:
    """Average the volatilities, weighted by gamma, about knots half a standard deviation apart."""
    middle = _middle(points, years)
    if middle is None or not _VOL[0] < middle < _VOL[1]:
        return None
    deviation = middle * sqrt(years)
    sums, weights = dict[int, float](), dict[int, float]()
    used = [
        p
        for p in points
        if abs(p.x) >= _NEAREST * deviation and middle / 4 < p.vol < middle * 4
    ]
    for p in used:
        z = p.x / deviation
        place = max(-_FARTHEST, min(_FARTHEST, z)) / _KNOT
        left = floor(place)
        for knot, part in ((left, left + 1 - place), (left + 1, place - left)):
            if part * p.weight > 0:
                sums[knot] = sums.get(knot, 0.0) + part * p.weight * p.vol
                weights[knot] = weights.get(knot, 0.0) + part * p.weight
    if not weights:
        return None
    root, knots = sqrt(years), sorted(weights)
    smile = Smile(
        middle,
        years,
        forward,
        tuple(k * _KNOT for k in knots),
        tuple(root * sums[k] / weights[k] for k in knots),
    )
    return smile if _scatter(used, smile) <= _SCATTER else None


def _scatter(points: Sequence[_Point], smile: Smile) -> float:
    """How far the points lie from the smile, in logarithms, on the average of their weights."""
    root = sqrt(smile.years)
    off = sum(p.weight * abs(log(p.vol * root / smile.width_at(p.x))) for p in points)
    return off / sum(p.weight for p in points)
