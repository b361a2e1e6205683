"""
The contracts that trade in a session, and how often.

Most trades are in the two nearest expirations and close to the money; the list is drawn up at the
open, so a trade never has to search the chain.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gexfocus_mcp.simulator.chain import YEAR, Chain, Expiration
from gexfocus_mcp.simulator.expiries import is_monthly
from gexfocus_mcp.simulator.greeks import DIVIDEND, RATE


_ROOT_HALF = math.sqrt(0.5)
_SHARES_OF_TRADES = (0.6, 0.25, 0.15)
_AWAY = 2.5
_EACH_SIDE = 12
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Contract:
    """One option; *life* is seconds from the open to settlement."""

    is_call: bool
    expires_today: bool
    strike: float
    vol: float
    life: float

    def price_and_delta(self, spot: float, elapsed: float) -> tuple[float, float]:
        """Return $ per share and delta per share, *elapsed* seconds after the open."""
        years = max(self.life - elapsed, _MINUTE) / YEAR
        width = self.vol * math.sqrt(years)
        d1 = (
            math.log(spot / self.strike) + (RATE - DIVIDEND) * years
        ) / width + 0.5 * width
        carried, bond = (
            math.exp(-DIVIDEND * years),
            self.strike * math.exp(-RATE * years),
        )
        delta = 0.5 * carried * math.erfc(-_ROOT_HALF * d1)
        price = spot * delta - 0.5 * bond * math.erfc(-_ROOT_HALF * (d1 - width))
        if self.is_call:
            return price, delta
        return price - spot * carried + bond, delta - carried


@dataclass(frozen=True, slots=True)
class Basket:
    """Contracts with their relative frequencies; *front* is the nearest expiration."""

    front: Expiration
    contracts: tuple[Contract, ...]
    weights: tuple[float, ...]


def build_basket(chain: Chain, opening: float, opens: float) -> Basket:
    """Choose from the two nearest expirations and the nearest monthly beyond them."""
    parts = chain.alive(opens)
    monthly = next(part for part in parts[2:] if is_monthly(part.expiry))
    chosen = [
        pair
        for share, part in zip(_SHARES_OF_TRADES, (*parts[:2], monthly), strict=True)
        for pair in _near_the_money(chain, part, share, opening, opens)
    ]
    return Basket(
        parts[0],
        tuple(contract for contract, _ in chosen),
        tuple(weight for _, weight in chosen),
    )


def _near_the_money(
    chain: Chain, part: Expiration, share: float, opening: float, opens: float
) -> Iterator[tuple[Contract, float]]:
    life = part.settles - opens
    spread = chain.vol * math.sqrt(life / YEAR)
    for place in _places(part.strikes, opening, spread):
        strike = part.strikes[place]
        away = math.log(strike / opening) / spread
        for is_call in (True, False):
            # Out of the money trades more than in the money.
            liking = 1.0 if (away > 0) == is_call else 0.4
            contract = Contract(
                is_call, part.expiry == chain.day, strike, part.vols[place], life
            )
            yield contract, share * liking * math.exp(-0.5 * away * away)


def _places(strikes: Sequence[float], opening: float, spread: float) -> list[int]:
    """Return the places of up to two dozen strikes spread evenly over the likely range of the day."""
    low, high = opening * math.exp(-_AWAY * spread), opening * math.exp(_AWAY * spread)
    inside = [place for place, strike in enumerate(strikes) if low <= strike <= high]
    if not inside:
        return [
            min(range(len(strikes)), key=lambda place: abs(strikes[place] - opening))
        ]
    return inside[:: max(1, len(inside) // (2 * _EACH_SIDE))]
