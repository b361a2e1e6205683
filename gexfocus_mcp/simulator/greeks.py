"""
Black-Scholes greeks of one expiration, in dollars per contract.

Delta is $ of delta; gamma is $ of delta per +1 % of spot; vanna is $ of delta per volatility point;
charm is $ of delta per calendar day. Whole columns at once, because a map needs thousands of them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gexfocus_mcp.simulator.chain import YEAR, Expiration


GREEKS = ("gex", "delta", "vanna", "charm")

RATE = 0.01
DIVIDEND = 0.005
_CARRY = RATE - DIVIDEND
_SHARES = 100.0
_SHORTEST = 60.0 / YEAR
_ROOT_HALF = math.sqrt(0.5)
_DENSITY = 1.0 / math.sqrt(2.0 * math.pi)

Columns = tuple[list[float], list[float]]
"""Calls and puts, one value a strike."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the formulas share: time in years (never under a minute), d1, and sigma times root time."""

    spot: float
    years: float
    discount: float
    d1: list[float]
    widths: list[float]


def _terms(part: Expiration, spot: float, at: float) -> _Terms:
    years = max((part.settles - at) / YEAR, _SHORTEST)
    root = math.sqrt(years)
    forward = math.log(spot) + _CARRY * years
    widths = [vol * root for vol in part.vols]
    d1 = [
        (forward - strike) / width + 0.5 * width
        for strike, width in zip(part.log_strikes, widths, strict=True)
    ]
    return _Terms(spot, years, math.exp(-DIVIDEND * years), d1, widths)


def dollar_greeks(
    part: Expiration, spot: float, at: float, greeks: Iterable[str]
) -> dict[str, Columns]:
    """Return the greeks asked for, $ per contract at every strike; *at* is seconds since the epoch."""
    asked = set(greeks)
    if asked == {"gex"}:
        gamma = _gammas(part, spot, at)
        return {"gex": (gamma, gamma)}
    terms = _terms(part, spot, at)
    found: dict[str, Columns] = {}
    density = _densities(terms) if asked - {"delta"} else []
    cumulative = _cumulatives(terms) if asked & {"delta", "charm"} else []
    if "gex" in asked:
        gamma = [
            each * spot / width
            for each, width in zip(density, terms.widths, strict=True)
        ]
        found["gex"] = (gamma, gamma)
    if "delta" in asked:
        scale, bond = _SHARES * spot, terms.discount
        found["delta"] = (
            [scale * each for each in cumulative],
            [scale * (each - bond) for each in cumulative],
        )
    if "vanna" in asked:
        vanna = [
            -each * (d1 - width) / vol * spot
            for each, d1, width, vol in zip(
                density, terms.d1, terms.widths, part.vols, strict=True
            )
        ]
        found["vanna"] = (vanna, vanna)
    if "charm" in asked:
        found["charm"] = _charms(terms, density, cumulative)
    return found


def _gammas(part: Expiration, spot: float, at: float) -> list[float]:
    """Return gamma alone in one pass, to the last bit what it is beside others: histories are summed up from thousands."""
    years = max((part.settles - at) / YEAR, _SHORTEST)
    root = math.sqrt(years)
    forward = math.log(spot) + _CARRY * years
    scale, exp = math.exp(-DIVIDEND * years) * _DENSITY, math.exp
    return [
        scale
        * exp(
            -0.5 * (d1 := (forward - strike) / (width := vol * root) + 0.5 * width) * d1
        )
        * spot
        / width
        for strike, vol in zip(part.log_strikes, part.vols, strict=True)
    ]


def _densities(terms: _Terms) -> list[float]:
    """Return discounted n(d1)."""
    scale, exp = terms.discount * _DENSITY, math.exp
    return [scale * exp(-0.5 * d1 * d1) for d1 in terms.d1]


def _cumulatives(terms: _Terms) -> list[float]:
    """Return discounted N(d1), the delta of the call in shares."""
    half, erfc, root = 0.5 * terms.discount, math.erfc, -_ROOT_HALF
    return [half * erfc(root * d1) for d1 in terms.d1]


def _charms(terms: _Terms, density: list[float], cumulative: list[float]) -> Columns:
    scale = _SHARES * terms.spot / 365.0
    double = 2.0 * terms.years
    decay = [
        each * (double * _CARRY - (d1 - width) * width) / (double * width)
        for each, d1, width in zip(density, terms.d1, terms.widths, strict=True)
    ]
    calls = [
        scale * (DIVIDEND * each - lost)
        for each, lost in zip(cumulative, decay, strict=True)
    ]
    bond = scale * DIVIDEND * terms.discount
    return calls, [each - bond for each in calls]
