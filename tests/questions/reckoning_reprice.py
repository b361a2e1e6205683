"""
Net gamma at other spots from the matrix: each cell fades by the volatility that its own vanna betrays.

Of one contract vanna / gamma is -d2 sqrt(T), whatever is held of it, so a cell's volatility solves a quadratic.
What the strike map has beyond the matrix keeps one width for all of it, as in `reckoning`.
"""

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime, time, timedelta
from math import exp, log, sqrt
from typing import Any

from tests.questions.reckoning import bars, net_by_spot, total_of, zero_near


Doc = dict[str, Any]
Smile = list[tuple[float, float]]


def years_to(day: str, matrix: Doc) -> float:
    now = datetime.fromisoformat(matrix["ts_iso"])
    close = datetime.combine(datetime.fromisoformat(day).date(), time(16), now.tzinfo)
    return (close - now) / timedelta(days=365)


def smile(matrix: Doc, day: str) -> Smile:
    """(log-moneyness, volatility) where the quadratic is well-behaved: not at the money, not far out."""
    at, years = matrix["expirations"].index(day), years_to(day, matrix)
    found = []
    for strike, gammas, vannas in zip(
        matrix["strikes"], matrix["matrix"], matrix["vanna_matrix"], strict=True
    ):
        away = log(strike / matrix["spot"])
        if not gammas[at]:
            continue
        x = vannas[at] / gammas[at]
        inside = x * x - 2 * years * away
        if inside <= 0 or x * away <= 0:
            continue
        vol = 2 * away / (x + (1 if x > 0 else -1) * sqrt(inside))
        widths = abs(away) / (vol * sqrt(years))
        if 0.3 < widths < 3 and 0.02 < vol < 2:
            found.append((away, vol))
    return found


def vol_at(found: Smile, away: float) -> float:
    places = [place for place, _ in found]
    above = bisect_left(places, away)
    if above in {0, len(found)}:
        return found[min(above, len(found) - 1)][1]
    (a, low), (b, high) = found[above - 1], found[above]
    return low + (high - low) * (away - a) / (b - a)


def reprice(gamma: Doc, matrix: Doc) -> Callable[[float], float]:
    spot = float(matrix["spot"])
    terms, left = list[tuple[float, float, float]](), dict[float, float]()
    for bar in bars(gamma):
        left[bar["strike"]] = total_of(bar)
    for at, day in enumerate(matrix["expirations"]):
        found = smile(matrix, day)
        for strike, row in zip(matrix["strikes"], matrix["matrix"], strict=True):
            if not row[at]:
                continue
            away = log(strike / spot)
            width = vol_at(found, away) * sqrt(years_to(day, matrix))
            terms.append((row[at], width / 2 - away / width, width))
            left[strike] = left.get(strike, 0.0) - row[at]
    held = [(strike, total) for strike, total in left.items() if total]
    beyond = net_by_spot(
        spot, [k for k, _ in held], [t for _, t in held], [abs(t) for _, t in held]
    )

    def repriced(at: float) -> float:
        step, told = log(at / spot), 0.0
        for cell, d, width in terms:
            told += cell * exp(
                min(6.0, max(-50.0, (d * d - (d + step / width) ** 2) / 2))
            )
        return told * at / spot + beyond(at)

    return repriced


def flip(gamma: Doc, matrix: Doc) -> float:
    found = zero_near(gamma["spot"], reprice(gamma, matrix))
    assert found is not None, "the question needs a map with a flip"
    return found
