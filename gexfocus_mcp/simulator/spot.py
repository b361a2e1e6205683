"""
The price path of a session, second by second.

It is a bridge to the day's closing level, so the sessions join up; the noise is mostly the whole
market's, so the tickers move together.
"""

import math
from random import Random

from gexfocus_mcp.simulator.chain import Chain
from gexfocus_mcp.simulator.levels import close_level, open_level
from gexfocus_mcp.simulator.listings import Listing


_TRIANGULAR = math.sqrt(6.0)
_PIN = 1e-4
_IMPACT = 0.25


class Walk:
    """The log price: bridged to the close, drawn to a pinning strike ever more, pushed by the flow."""

    __slots__ = (
        "_common",
        "_market",
        "_own",
        "_pin",
        "_price",
        "_scale",
        "_share",
        "_target",
        "_ticks",
    )

    def __init__(
        self, seed: int, listing: Listing, chain: Chain, ticks: int, pin: float
    ) -> None:
        self._price = math.log(open_level(seed, listing, chain.day))
        self._target = math.log(close_level(seed, listing, chain.day))
        self._pin = math.log(pin)
        self._ticks = ticks
        self._scale = 0.8 * chain.vol / math.sqrt(252 * ticks) * _TRIANGULAR
        self._common = listing.common
        self._share = math.sqrt(1 - listing.common**2)
        # One stream of noise for all tickers, and one for a family.
        self._market = Random(f"{seed}:market:{chain.day}:path").random
        self._own = Random(f"{seed}:{listing.family}:{chain.day}:path").random

    def step(self, index: int, push: float) -> float:
        """Return the price at tick *index*; *push* is the pressure of the last trade, about one at most."""
        elapsed = index / self._ticks
        swing = 0.8 + 0.6 * (2.0 * elapsed - 1.0) ** 2
        # Two uniform draws are as good as a normal one once some minutes are summed, and far cheaper.
        market, own = self._market, self._own
        noise = self._common * (market() + market() - 1.0) + self._share * (
            own() + own() - 1.0
        )
        self._price += (
            (self._target - self._price) / (self._ticks - index)
            + (self._pin - self._price) * _PIN * elapsed
            + self._scale * swing * (noise + _IMPACT / _TRIANGULAR * push)
        )
        return math.exp(self._price)
