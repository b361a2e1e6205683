"""
Net gamma at other spots, from the bars alone: no implied volatility needed.

`gamma x S^2` of a contract is proportional to the normal density n(d1), so a bar seen from
another spot is the same bar times n(d1')/n(d1). The one unknown is its width, volatility x sqrt(time).
Where nothing better is known it is taken from the book itself: the gross-weighted mean distance of the
strikes, times sqrt(pi/2) because E|x| = sigma x sqrt(2/pi) for a normal. On the 28 chains that was tried
on, the crossing lay on net gamma's side of spot every time, which the running sum by strike managed in
8 of 26. `book` finds a width for every cell where the matrix is at hand.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, exp, log
from typing import Final, NamedTuple

from gexfocus_mcp.analysis.memory import remembered
from gexfocus_mcp.analysis.steps import CLOSEST, closest_step, distances
from gexfocus_mcp.market.strikes import StrikeMap


_SQRT_HALF_PI: Final = 1.2533141373155
# A book on one strike has no width of its own; a quarter percent is about the last hour's.
_NARROWEST: Final = 0.0025
_GROWTH: Final = 2.0
_MOST_KNOWN: Final = 2_000
# On the way of a hedge: where terms are narrow, short ways need them too.
_FEWEST_STEPS, _FEWEST_WIDE = 10, 4


class Term(NamedTuple):
    """
    One exposure of a book and how it fades as spot moves; a tuple, as there are thousands.

    Attributes:
        total: Net gamma exposure at the book's spot, dealer-signed, per +1 % spot.
        d1: Distance of spot from the strike's forward, in widths.
        width: Volatility x sqrt(time to expiry), above zero.
        growth: The power of e by which it can grow at most as spot comes nearer: a bound on what an
            estimated width can do to a term far out.
    """

    strike: float
    total: float
    d1: float
    width: float
    growth: float = _GROWTH


@dataclass(frozen=True, slots=True)
class Crossings:
    """Where net gamma crosses zero nearest to spot on either side; None where it does not within 15 %."""

    below: float | None
    above: float | None


def measure_width(
    spot: float, strikes: Sequence[float], weights: Sequence[float]
) -> float:
    """Volatility x sqrt(time) of a book, from how far its *weights* (gross) lie from spot."""
    weight = sum(weights)
    spread = sum(w * abs(log(k / spot)) for k, w in zip(strikes, weights, strict=True))
    mean = spread / weight if weight > 0 else 0.0
    return max(_SQRT_HALF_PI * mean, _NARROWEST)


def terms_of_width(
    spot: float, strikes: Sequence[float], totals: Sequence[float], width: float
) -> list[Term]:
    """Exposures that all share one width; empty strikes are left out."""
    return [
        Term(k, total, log(spot / k) / width, width)
        for k, total in zip(strikes, totals, strict=True)
        if total
    ]


class Kernel:
    """
    A book of exposures that can be read at another spot.

    Args:
        spot: Where the exposures were taken, above zero.
        terms: Each with a width of its own.
    """

    __slots__ = ("_crossings", "_known", "_step", "_strikes", "_terms", "_ways", "spot")

    def __init__(self, spot: float, terms: Iterable[Term]) -> None:
        self.spot = spot
        held = [term for term in terms if term.total]
        self._known = dict[float, float]()
        self._ways = dict[float, list[tuple[float, float]]]()
        self._crossings: Crossings | None = None
        self._step = closest_step([(abs(t.total), t.width) for t in held])
        self._strikes = [term.strike for term in held]
        # The logarithm of n(d1') / n(d1) is -(move x d1 / width + move^2 / (2 width^2)), of the move in logarithms.
        self._terms = [
            (t.total, t.d1 / t.width, 0.5 / (t.width * t.width), t.growth) for t in held
        ]

    @classmethod
    def of_one_width(
        cls,
        spot: float,
        strikes: Sequence[float],
        totals: Sequence[float],
        weights: Sequence[float],
    ) -> "Kernel":
        """Read a book whose expirations are not known: one width for all, measured by *weights*."""
        width = measure_width(spot, strikes, weights)
        return cls(spot, terms_of_width(spot, strikes, totals, width))

    def net_at(self, spot: float) -> float:
        """Net gamma exposure if spot were *spot*; at the kernel's own spot, the sum of its terms."""
        # Flip, hedges and turns walk the same steps, but for the last digits.
        step = round(spot / self.spot, 12)
        known = self._known.get(step)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                # A map of the last session is asked about all weekend, about moves of any size.
                self._known.clear()
                self._ways.clear()
            known = self._known[step] = self._reprice(spot)
        return known

    def _reprice(self, spot: float) -> float:
        move = log(spot / self.spot)
        square = move * move
        net = 0.0
        for total, slope, bend, most in self._terms:
            power = -move * slope - square * bend
            net += total * exp(power if power < most else most)  # noqa: FURB136  # min() takes twice as long
        return net * (spot / self.spot)

    def by_strike_at(self, spot: float) -> dict[float, float]:
        """Each strike's part of `net_at`; strikes of no exposure are left out."""
        move = log(spot / self.spot)
        grown = spot / self.spot
        parts = dict[float, float]()
        for strike, (total, slope, bend, most) in zip(
            self._strikes, self._terms, strict=True
        ):
            power = min(-move * slope - move * move * bend, most)
            parts[strike] = parts.get(strike, 0.0) + total * exp(power) * grown
        return parts

    def flip(self) -> float | None:
        """
        The spot nearest to today's at which net gamma crosses zero.

        Looked for on either side up to 15 %, in steps that begin with 0.1 % (up to 0.5 % where no term is narrow) and
        widen with distance; None where nothing crosses there, which is a fact about the book and not a failure.
        """
        if not self._terms:
            return None
        here = self.net_at(self.spot)
        if here == 0:
            return self.spot
        for below, above in zip(
            self._search(here, -1), self._search(here, 1), strict=True
        ):
            found = [level for level in (below, above) if level is not None]
            if found:
                return min(found, key=lambda level: abs(level - self.spot))
        return None

    def crossings(self) -> Crossings:
        """The nearest crossing on either side; `flip` is the nearer of them, or spot itself where net is zero there."""
        if self._crossings is None:
            self._crossings = self._find_crossings()
        return self._crossings

    def _find_crossings(self) -> Crossings:
        here = self.net_at(self.spot)
        sides = (
            next((c for c in self._search(here, side) if c is not None), None)
            for side in (-1, 1)
        )
        return Crossings(*sides)

    def _search(self, here: float, side: int) -> Iterator[float | None]:
        """Step by step away from spot: the crossing inside that step, or None."""
        inner = (self.spot, here)
        for distance in distances(self._step):
            spot = self.spot * (1 + side * distance)
            outer = (spot, self.net_at(spot))
            found = _opposite(inner[1], outer[1])
            yield self._crossing(inner, outer) if found else None
            # A point at exactly zero is no side to cross from.
            inner = outer if outer[1] else inner

    def _crossing(
        self, inner: tuple[float, float], outer: tuple[float, float]
    ) -> float:
        """Where the line bends through zero between two points of opposite sign, by the Illinois method."""
        (a, fa), (b, fb) = inner, outer
        for _ in range(40):
            if fb == 0 or abs(b - a) < 1e-9 * self.spot:
                return b
            c = b - fb * (b - a) / (fb - fa)
            fc = self.net_at(c)
            if _opposite(fc, fb):
                a, fa = b, fb
            else:
                fa /= 2
            b, fb = c, fc
        return b

    def hedge(self, move: float) -> float:
        """
        What dealers trade if spot moves by *move* (0.01 is +1 %), in delta; + means they buy.

        The integral of net gamma along the way, so it bends where the book does:
        -S x integral of 100 x net(s) / s^2 ds, by Simpson's rule.
        """
        heights = [100 * net / (s * s) for s, net in self._along(move)]
        step = self.spot * move / (len(heights) - 1)
        odd, even = sum(heights[1::2]), sum(heights[2:-1:2])
        return -self.spot * step / 3 * (heights[0] + 4 * odd + 2 * even + heights[-1])

    def turns(self, move: float) -> bool:
        """Whether net gamma changes its sign on the way to *move*."""
        nets = [net for _, net in self._along(move)]
        return min(nets) < 0 < max(nets)

    def _along(self, move: float) -> list[tuple[float, float]]:
        """An even number of steps, at most as long as the first on the way to a flip, so that most are known."""
        if move not in self._ways:
            self._ways[move] = self._walk(move)
        return self._ways[move]

    def _walk(self, move: float) -> list[tuple[float, float]]:
        fewest = _FEWEST_WIDE if self._step > CLOSEST else _FEWEST_STEPS
        steps = max(fewest, 2 * ceil(abs(move) / (2 * self._step) - 1e-9))
        points = (self.spot * (1 + move * i / steps) for i in range(steps + 1))
        return [(s, self.net_at(s)) for s in points]


@remembered()
def read_kernel(strikes: StrikeMap, spot: float) -> Kernel:
    """A strike map, read with one width."""
    bars = strikes.bars
    return Kernel.of_one_width(
        spot,
        [b.strike for b in bars],
        [b.total for b in bars],
        [b.gross for b in bars],
    )


def _opposite(a: float, b: float) -> bool:
    """Whether the signs differ; a product would underflow for dust-sized books."""
    return (a > 0 > b) or (a < 0 < b)


def cumulative_flip(strikes: StrikeMap, spot: float) -> float | None:
    """
    Where the running sum of bars by strike changes sign, nearest to spot, interpolated.

    What several platforms call the flip. It is not a level at which net gamma is zero: on real chains it
    lay 8 % of spot away from that at the median. Shown beside ours so that a reader can recognise it.
    """
    running, crossings = 0.0, list[float]()
    previous: tuple[float, float] | None = None
    for bar in strikes.bars:
        running += bar.total
        if previous is not None and _opposite(running, previous[1]):
            strike, before = previous
            crossings.append(
                strike + (bar.strike - strike) * before / (before - running)
            )
        if running:
            previous = (bar.strike, running)
    return min(crossings, key=lambda level: abs(level - spot), default=None)
