"""Option chains made for a test, every contract priced by its own volatility, and the maps they give."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from math import erf, exp, log, pi, sqrt
from random import Random

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.expiries import ExpiryMap, Matrix, MatrixGreek
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker


SPX = parse_ticker("SPX")
AS_OF = datetime(2026, 7, 10, 11, 30, tzinfo=NEW_YORK)
NEAR = (date(2026, 7, 10), date(2026, 7, 13), date(2026, 7, 17), date(2026, 7, 31))
LATE = (date(2026, 9, 18), date(2026, 12, 18))
CARRY = 0.04


def density(x: float) -> float:
    return exp(-x * x / 2) / sqrt(2 * pi)


def cumulative(x: float) -> float:
    return (1 + erf(x / sqrt(2))) / 2


def skewed(x: float, years: float) -> float:
    """A volatility by log strike: a skew that is steeper the nearer the expiry, and a smile."""
    return 0.14 - 0.25 * x / (1 + 8 * years) + 0.9 * x * x / (1 + 20 * years)


@dataclass(frozen=True)
class Contracts:
    """Calls and puts of one strike and expiration."""

    strike: float
    expiration: date
    calls: float
    puts: float

    @property
    def years(self) -> float:
        close = datetime(
            self.expiration.year,
            self.expiration.month,
            self.expiration.day,
            16,
            tzinfo=NEW_YORK,
        )
        return (close - AS_OF).total_seconds() / (365 * 86400)

    def greeks(self, spot: float, vol: float) -> tuple[float, float, float]:
        """Gamma per 1 %, vanna per point, charm per day of one contract of 100, in dollars of delta."""
        t = self.years
        width = vol * sqrt(t)
        d1 = (log(spot / self.strike) + CARRY * t) / width + width / 2
        d2 = d1 - width
        gamma = density(d1) / (spot * width) * 100 * spot * spot * 0.01
        vanna = -density(d1) * d2 / vol * 100 * spot * 0.01
        charm = -density(d1) * (2 * CARRY * t - d2 * width) / (2 * t * width)
        return gamma, vanna, charm / 365 * 100 * spot


class Chain:
    """A dealer's book, long its calls and short its puts, seen from 6000."""

    spot = 6000.0

    def __init__(
        self, seed: int = 1, smile: Callable[[float, float], float] = skewed
    ) -> None:
        draw = Random(seed)
        self.smile = smile
        self.contracts = [
            Contracts(
                strike,
                day,
                draw.lognormvariate(6, 1) * exp(-(((strike - 6080) / 260) ** 2)),
                draw.lognormvariate(6, 1) * exp(-(((strike - 5880) / 320) ** 2)),
            )
            for day in NEAR + LATE
            for strike in range(5000, 7001, 25 if day in NEAR else 50)
        ]

    def vol(self, contract: Contracts) -> float:
        return self.smile(log(contract.strike / self.spot), contract.years)

    def net_at(self, spot: float) -> float:
        """Net gamma with every contract repriced: each keeps the volatility of its strike."""
        return sum(
            c.greeks(spot, self.vol(c))[0] * (c.calls - c.puts) for c in self.contracts
        )

    def zero(self) -> float:
        """The spot nearest to today's at which that is zero."""
        grid = [self.spot * (1 + i / 2000) for i in range(-300, 301)]
        nets = [self.net_at(s) for s in grid]
        found = [
            a + (b - a) * na / (na - nb)
            for a, b, na, nb in zip(grid, grid[1:], nets, nets[1:], strict=False)
            if na * nb < 0
        ]
        return min(found, key=lambda s: abs(s - self.spot))

    def strikes(self, spot: float | None = None) -> StrikeMap:
        spot = spot or self.spot
        bars = dict[float, Bar]()
        for c in self.contracts:
            gamma = c.greeks(spot, self.vol(c))[0]
            old = bars.get(c.strike, Bar(c.strike, 0, 0))
            bars[c.strike] = Bar(
                c.strike, old.calls + gamma * c.calls, old.puts - gamma * c.puts
            )
        ordered = tuple(bars[k] for k in sorted(bars))
        return StrikeMap(SPX, "gex", AS_OF, AS_OF.date(), spot, None, None, ordered)

    def expiries(
        self,
        spot: float | None = None,
        *,
        raw: bool = False,
        vanna: float | None = 1.0,
        charm: float | None = 1.0,
    ) -> ExpiryMap:
        """
        The matrix of the nearest four expirations.

        Args:
            raw: Vanna and charm summed over open interest, calls and puts alike.
            vanna, charm: What they are multiplied by, for a feed of another unit; None for a null matrix.
        """
        at = spot or self.spot
        cells = {(c.strike, c.expiration): c for c in self.contracts}
        strikes = sorted({c.strike for c in self.contracts})

        def build(which: int, factor: float) -> Matrix:
            return tuple(
                tuple(
                    factor
                    * c.greeks(at, self.vol(c))[which]
                    * (c.calls + (1 if raw and which else -1) * c.puts)
                    if (c := cells.get((k, day)))
                    else None
                    for day in NEAR
                )
                for k in strikes
            )

        matrices: dict[MatrixGreek, Matrix] = {"gex": build(0, 1.0)}
        if vanna is not None:
            matrices["vanna"] = build(1, vanna)
        if charm is not None:
            matrices["charm"] = build(2, charm)
        return ExpiryMap(SPX, AS_OF, at, NEAR, tuple(strikes), matrices)
