"""
What a strike map says, reckoned in plain arithmetic from the upstream's own JSON.

Written from the definitions and sharing no line with the product, so that both can be wrong only separately.
"""

import itertools
from collections.abc import Callable, Sequence
from math import exp, log, pi, sqrt
from typing import Any


Doc = dict[str, Any]
Bar = dict[str, float]

GRID = [0.85 + 0.001 * i for i in range(301)]


def bars(strikes: Doc) -> list[Bar]:
    return sorted(strikes["bars"], key=lambda bar: bar["strike"])


def gross_of(bar: Bar) -> float:
    return abs(bar["calls"]) + abs(bar["puts"])


def total_of(bar: Bar) -> float:
    return bar["calls"] + bar["puts"]


def net(strikes: Doc) -> float:
    return float(strikes["net_exposure"])


def gross(strikes: Doc) -> float:
    return sum(gross_of(bar) for bar in bars(strikes))


def tilt(strikes: Doc) -> float:
    return sum(total_of(bar) for bar in bars(strikes)) / gross(strikes)


def coverage(strikes: Doc) -> float:
    return sum(total_of(bar) for bar in bars(strikes)) / net(strikes)


def regime(strikes: Doc) -> str:
    if abs(net(strikes)) < 0.02 * gross(strikes):
        return "neutral"
    return "long_gamma" if net(strikes) > 0 else "short_gamma"


def distance(level: float, spot: float) -> float:
    """Percent of spot, signed."""
    return (level - spot) / spot * 100


def call_wall(strikes: Doc) -> Bar:
    return max(bars(strikes), key=lambda bar: bar["calls"])


def put_wall(strikes: Doc) -> Bar:
    return min(bars(strikes), key=lambda bar: bar["puts"])


def max_net(strikes: Doc) -> Bar:
    return max(bars(strikes), key=lambda bar: abs(total_of(bar)))


def max_gross(strikes: Doc) -> Bar:
    return max(bars(strikes), key=gross_of)


def gross_share(strikes: Doc, bar: Bar) -> float:
    return gross_of(bar) / gross(strikes)


def lead(strikes: Doc, leg: str) -> float:
    """1 - second / first: how far the largest strike of a leg stands out."""
    first, second = sorted((abs(bar[leg]) for bar in bars(strikes)), reverse=True)[:2]
    return 1 - second / first


def at_strike(strikes: Doc, strike: float) -> Bar:
    return next(bar for bar in bars(strikes) if bar["strike"] == strike)


def effective_strikes(strikes: Doc) -> float:
    return 1 / sum(gross_share(strikes, bar) ** 2 for bar in bars(strikes))


def top_share(strikes: Doc, count: int = 5) -> float:
    shares = sorted((gross_share(strikes, bar) for bar in bars(strikes)), reverse=True)
    return sum(shares[:count])


def within(strikes: Doc, pct: float) -> list[Bar]:
    spot = strikes["spot"]
    return [
        bar for bar in bars(strikes) if abs(bar["strike"] - spot) <= pct / 100 * spot
    ]


def net_by_spot(
    spot: float,
    strikes: Sequence[float],
    totals: Sequence[float],
    sizes: Sequence[float],
) -> Callable[[float], float]:
    """Net gamma of a book at another spot, with one width for the whole book."""
    spread = sum(w * abs(log(k / spot)) for k, w in zip(strikes, sizes, strict=True))
    h = sqrt(pi / 2) * spread / sum(sizes)

    def repriced(at: float) -> float:
        step = log(at / spot) / h
        told = 0.0
        for strike, exposure in zip(strikes, totals, strict=True):
            d = log(spot / strike) / h
            told += exposure * exp(min(2.0, max(-50.0, (d**2 - (d + step) ** 2) / 2)))
        return told * at / spot

    return repriced


def reprice(strikes: Doc) -> Callable[[float], float]:
    held = bars(strikes)
    return net_by_spot(
        strikes["spot"],
        [bar["strike"] for bar in held],
        [total_of(bar) for bar in held],
        [gross_of(bar) for bar in held],
    )


def zero_near(spot: float, repriced: Callable[[float], float]) -> float | None:
    """The zero nearest to spot on 301 points between -15 % and +15 %, interpolated."""
    points = [(spot * x, repriced(spot * x)) for x in GRID]
    zeros = [
        a + (b - a) * fa / (fa - fb)
        for (a, fa), (b, fb) in itertools.pairwise(points)
        if (fa < 0) != (fb < 0)
    ]
    return min(zeros, key=lambda zero: abs(zero - spot), default=None)


def flip(strikes: Doc) -> float:
    found = zero_near(strikes["spot"], reprice(strikes))
    assert found is not None, "the question needs a map with a flip"
    return found


def running_flip(strikes: Doc) -> float:
    """Where the running sum over strikes crosses zero, nearest to spot, interpolated."""
    told, crossings = 0.0, []
    held = bars(strikes)
    for before, bar in itertools.pairwise(held):
        told += total_of(before)
        after = told + total_of(bar)
        if (told < 0) != (after < 0):
            step = bar["strike"] - before["strike"]
            crossings.append(before["strike"] + step * told / (told - after))
    return min(crossings, key=lambda level: abs(level - strikes["spot"]))


def hedge(spot: float, repriced: Callable[[float], float], move_pct: float) -> float:
    """Delta that dealers trade along the move, + buys: the trapezoid rule in 20 steps."""
    step = spot * move_pct / 100 / 20
    path = [spot + i * step for i in range(21)]
    rate = [100 * repriced(s) / s**2 for s in path]
    area = sum((a + b) / 2 * step for a, b in itertools.pairwise(rate))
    return -spot * area


def straight_hedge(strikes: Doc, move_pct: float) -> float:
    return -net(strikes) * move_pct


def vanna_hedge(vanna: Doc) -> float:
    """Delta that dealers trade when volatility rises by one point, + buys."""
    return -net(vanna)


def charm_hedge(charm: Doc, hours: float) -> float:
    """Delta that dealers trade through the passing of so many hours, + buys."""
    return -net(charm) * hours / 24


def confidence(strikes: Doc, stream_flip: float | None = None) -> str:
    """The worst of the tests: |tilt| 0.05 and 0.20, distance of the flip 0.5 and 2 %, the stream's side."""
    lean, away = abs(tilt(strikes)), abs(distance(flip(strikes), strikes["spot"]))
    contradicted = stream_flip is not None and (strikes["spot"] > stream_flip) != (
        net(strikes) > 0
    )
    if lean < 0.05 or away < 0.5 or contradicted:
        return "low"
    return "moderate" if lean < 0.20 or away < 2 else "high"
