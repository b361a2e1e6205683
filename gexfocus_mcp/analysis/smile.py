"""
Implied volatility by strike and expiration, read from the ratios of the matrices.

Open interest cancels in a ratio of two greeks of one cell, even where calls and puts are netted: vanna /
gamma is -d2 x sqrt(T) where both are signed for the same side, and -2T x charm / vanna is the volatility
itself (but for carry) whatever the side. Neither the units nor the sides are documented, so a ratio is
believed only where its signs lie as they have to, the volatility it gives fits how far open interest lies
from spot, and the two ratios agree wherever both can be formed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp, log, sqrt
from statistics import median
from typing import Final, Literal, NamedTuple

from gexfocus_mcp.analysis.kernel import measure_width
from gexfocus_mcp.analysis.smile_fit import Smile, fit_by_ratio, fit_by_volatility
from gexfocus_mcp.market.calendar import session_close, time_between
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.session import has_ended


Basis = Literal["vanna/gamma", "charm/vanna"]

_FEWEST: Final = 3
# On the 14 real chains at hand the median over expirations of width / (vol x sqrt(T)) lay in 0.68-1.26 ...
_FITS: Final = (0.6, 1.67)
# ... and of one ratio's volatility over the other's in 0.98-1.46, the excess being carry in charm.
_AGREES: Final = (0.75, 1.75)
_RIGHT_SIGNS: Final = 0.95
# Vanna comes per volatility point or per whole volatility.
_PER_POINT, _PER_WHOLE = 1.0, 100.0
_YEAR_DAYS: Final = 365.0
_SHORTEST: Final = timedelta(minutes=5)


class Cell(NamedTuple):
    """Log of strike over spot, gamma, vanna and charm; a greek that is not given is 0."""

    x: float
    gamma: float
    vanna: float
    charm: float


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
    smiles = [
        fit_by_ratio(
            [(c.x, c.vanna / c.gamma / unit, abs(c.gamma)) for c in cells], years
        )
        for cells, years in columns
    ]
    return _candidate("vanna/gamma", unit, columns, smiles)


def _by_charm(columns: _Columns, unit: float) -> _Candidate | None:
    """Out of -2T x charm / vanna, whose two signs are always opposite."""
    every = [c for cells, _ in columns for c in cells]
    if _share((abs(c.vanna), c.vanna * c.charm < 0) for c in every) < _RIGHT_SIGNS:
        return None
    smiles = list[Smile | None]()
    for cells, years in columns:
        scale = -2 * years * _YEAR_DAYS * unit / 100
        seen = [
            (scale * c.charm / c.vanna, c.x, abs(c.gamma)) for c in cells if c.vanna
        ]
        smiles.append(fit_by_volatility(seen, years))
    return _candidate("charm/vanna", unit, columns, smiles)
