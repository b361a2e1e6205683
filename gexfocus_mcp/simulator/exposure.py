"""
From contracts to maps: exposure by strike, by strike and expiration, and the levels read off them.

The book is the usual one, dealers long calls and short puts. Under the "raw" convention delta, vanna
and charm are summed over open interest without that sign; gamma keeps it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import add, mul
from typing import Literal

from gexfocus_mcp.simulator.chain import Chain, Expiration
from gexfocus_mcp.simulator.greeks import dollar_greeks


Convention = Literal["dealer", "raw"]

_FLIP_STEP = 0.005
_FLIP_RINGS = 30


@dataclass(frozen=True, slots=True)
class StrikeMap:
    """Exposure by strike in dollars, rounded to cents; each total is the sum of its rounded legs."""

    strikes: tuple[float, ...]
    calls: tuple[float, ...]
    puts: tuple[float, ...]
    totals: tuple[float, ...]
    net: float
    max_strike: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """Exposure by strike (rows) and expiration (columns), calls and puts together."""

    expirations: tuple[date, ...]
    strikes: tuple[float, ...]
    cells: dict[str, list[list[float]]]


def cents(value: float) -> float:
    """Round to two decimals, without negative zero."""
    return round(value, 2) + 0.0


def strike_maps(
    chain: Chain,
    parts: Iterable[Expiration],
    spot: float,
    at: float,
    greeks: Sequence[str],
    *,
    convention: Convention,
) -> dict[str, StrikeMap]:
    """Sum the contracts of *parts* by strike, for each greek."""
    calls = {greek: [0.0] * len(chain.strikes) for greek in greeks}
    puts = {greek: [0.0] * len(chain.strikes) for greek in greeks}
    for part in parts:
        for greek, (call_units, put_units) in dollar_greeks(
            part, spot, at, greeks
        ).items():
            above, below = calls[greek], puts[greek]
            if len(part.places) == len(above):
                # Every strike of the chain is listed, so whole columns can be added.
                above[:] = map(add, above, map(mul, call_units, part.call_interest))
                below[:] = map(add, below, map(mul, put_units, part.put_interest))
                continue
            for place, call, put, owned, owed in zip(
                part.places,
                call_units,
                put_units,
                part.call_interest,
                part.put_interest,
                strict=True,
            ):
                above[place] += call * owned
                below[place] += put * owed
    return {
        greek: _rounded(
            chain.strikes, calls[greek], puts[greek], put_sign(greek, convention)
        )
        for greek in greeks
    }


def put_sign(greek: str, convention: Convention) -> int:
    """Return -1 where the book is short the puts, +1 where open interest is summed as it is."""
    return 1 if convention == "raw" and greek != "gex" else -1


def matrix(
    parts: Sequence[Expiration],
    spot: float,
    at: float,
    greeks: Sequence[str],
    convention: Convention,
) -> Matrix:
    """
    Lay *parts* side by side.

    A row summed over its columns is the total of the strike map of the same expirations, to within the
    rounding of the cells.
    """
    strikes = tuple(sorted({strike for part in parts for strike in part.strikes}))
    rows = {strike: row for row, strike in enumerate(strikes)}
    cells = {greek: [[0.0] * len(parts) for _ in strikes] for greek in greeks}
    for column, part in enumerate(parts):
        for greek, (calls, puts) in dollar_greeks(part, spot, at, greeks).items():
            sign = put_sign(greek, convention)
            for strike, call, put, owned, owed in zip(
                part.strikes,
                calls,
                puts,
                part.call_interest,
                part.put_interest,
                strict=True,
            ):
                cells[greek][rows[strike]][column] = cents(
                    call * owned + sign * put * owed
                )
    return Matrix(tuple(part.expiry for part in parts), strikes, cells)


def gamma_flip(parts: Sequence[Expiration], spot: float, at: float) -> float | None:
    """
    Return the spot at which net gamma, repriced contract by contract, crosses zero nearest to *spot*.

    Either side counts; None when nothing crosses within 15 %.
    """
    start = _net_gamma(parts, spot, at)
    last = {1: (spot, start), -1: (spot, start)}
    for ring in range(1, _FLIP_RINGS + 1):
        crossings = []
        for side in (1, -1):
            price = spot * (1 + side * ring * _FLIP_STEP)
            net = _net_gamma(parts, price, at)
            if net * last[side][1] <= 0.0:
                crossings.append(_zero(parts, at, last[side], (price, net)))
            last[side] = (price, net)
        if crossings:
            return cents(min(crossings, key=lambda level: abs(level - spot)))
    return None


def _net_gamma(parts: Sequence[Expiration], spot: float, at: float) -> float:
    net = 0.0
    for part in parts:
        units, _ = dollar_greeks(part, spot, at, ("gex",))["gex"]
        net += sum(
            unit * (owned - owed)
            for unit, owned, owed in zip(
                units, part.call_interest, part.put_interest, strict=True
            )
        )
    return net


def _zero(
    parts: Sequence[Expiration],
    at: float,
    near: tuple[float, float],
    far: tuple[float, float],
) -> float:
    """Close in on the crossing between two (price, net) points: false position, Illinois rule."""
    (low, below), (high, above) = near, far
    while abs(high - low) > 0.001 and below != above:
        middle = (low * above - high * below) / (above - below)
        found = _net_gamma(parts, middle, at)
        if abs(found) <= 1.0:
            return middle
        if found * above < 0.0:
            low, below = high, above
        else:
            below *= 0.5
        high, above = middle, found
    return high


def _rounded(
    strikes: tuple[float, ...], calls: list[float], puts: list[float], sign: int
) -> StrikeMap:
    # Written out, because a call of `cents` for each costs more than the rounding.
    above = tuple([round(each, 2) + 0.0 for each in calls])
    below = tuple([round(sign * each, 2) + 0.0 for each in puts])
    totals = tuple([round(each, 2) + 0.0 for each in map(add, above, below)])
    sizes = list(map(abs, totals))
    largest = sizes.index(max(sizes))
    return StrikeMap(
        strikes, above, below, totals, cents(math.fsum(totals)), strikes[largest]
    )
