"""
What the trades add up to: net delta flow, flow equilibrium price, thresholds and premium.

The equilibrium price weighs prices by absolute delta flow: signed weights would have no bounded mean.
"""

import math
from random import Random

from gexfocus_mcp.simulator.basket import Contract
from gexfocus_mcp.simulator.listings import Listing


LEGS = (
    "call_buy_premium",
    "call_sell_premium",
    "put_buy_premium",
    "put_sell_premium",
    "call_buy_premium_0dte",
    "call_sell_premium_0dte",
    "put_buy_premium_0dte",
    "put_sell_premium_0dte",
)

_SHARES = 100
_LEAST_CENTS = 5
_PRIOR_TRADES = 900
_THRESHOLD = 1.8
_ROUND_THRESHOLD = 1000


class Flow:
    """The running sums of one session, all zero at its open."""

    __slots__ = (
        "_absolute",
        "_down",
        "_high",
        "_low",
        "_mean_size",
        "_mood",
        "_rng",
        "_thresholds",
        "_up",
        "_weighted",
        "fep",
        "ndf",
        "premiums",
    )

    def __init__(self, listing: Listing, rng: Random) -> None:
        self._rng = rng
        self._mean_size = listing.print_size
        self._mood = rng.gauss(0.0, 0.6)
        self._absolute = self._weighted = 0.0
        self._low, self._high = math.inf, -math.inf
        # As if the session had been preceded by a quarter of an hour of usual trading, so that the
        # thresholds are neither zero nor jumpy after the open.
        usual = 1.2 * (0.35 * listing.print_size * _SHARES * listing.price) ** 2
        self._up = self._down = usual * _PRIOR_TRADES
        self._thresholds = (0, 0)
        self.fep = self.ndf = 0.0
        self.premiums = [0] * len(LEGS)

    def trade(
        self, contract: Contract, spot: float, elapsed: float, *, is_stored: bool
    ) -> float:
        """Draw a trade in *contract* and book it. Returns its pressure on the price, + upwards."""
        random = self._rng.random
        self._mood += 0.035 * (random() + random() - 1.0) - 5e-4 * self._mood
        bullish = random() < 0.5 + 0.035 * math.tanh(self._mood)
        side = 1 if bullish == contract.is_call else -1
        size = 1 - int(math.log(1.0 - random()) * self._mean_size)
        price, delta = contract.price_and_delta(spot, elapsed)
        # Cents times a hundred shares is whole dollars.
        self._pay(contract, side, max(round(price * 100), _LEAST_CENTS) * size)
        self._book(side * delta * size * _SHARES * spot, spot, is_stored=is_stored)
        return math.tanh(side * delta * size / self._mean_size)

    def figures(self) -> tuple[float, float, int, int]:
        """Return net delta flow, equilibrium price, and the long and the short threshold."""
        return round(self.ndf, 2) + 0.0, self.fep, *self._thresholds

    def _pay(self, contract: Contract, side: int, dollars: int) -> None:
        leg = (0 if contract.is_call else 2) + (0 if side > 0 else 1)
        self.premiums[leg] += dollars
        if contract.expires_today:
            self.premiums[leg + 4] += dollars

    def _book(self, moved: float, spot: float, *, is_stored: bool) -> None:
        self.ndf += moved
        self._absolute += abs(moved)
        self._weighted += abs(moved) * spot
        if moved > 0.0:
            self._up += 2.0 * moved * moved
        else:
            self._down += 2.0 * moved * moved
        # The stored rows skip prices the stream has shown. Held within the stored ones (and the
        # present), the equilibrium price lies between the extremes of either record.
        low = min(self._low, spot)
        high = max(self._high, spot)
        mean = self._weighted / self._absolute if self._absolute else spot
        self.fep = round(low if mean < low else min(mean, high), 2)
        if is_stored:
            self._low, self._high = low, high
            self._thresholds = _threshold(self._up), -_threshold(self._down)


def _threshold(squares: float) -> int:
    """Return so many standard deviations of the flow accumulated so far, in round dollars."""
    # The deviation of one trade is sqrt(squares / n), that of their sum sqrt(n) times as much.
    return max(
        _ROUND_THRESHOLD,
        round(_THRESHOLD * math.sqrt(squares) / _ROUND_THRESHOLD) * _ROUND_THRESHOLD,
    )
