"""
The slow side of the market: each session's opening and closing price, volatility and appetite for calls.

A level is a fading sum over the sessions before it, so any date can be computed on its own and the
market needs no beginning.
"""

import math
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from random import Random

from gexfocus_mcp.market.calendar import is_session, previous_session
from gexfocus_mcp.simulator.listings import Listing


_MEMORY = 80
_PRICE_FADE = 0.97
_VOL_FADE = 0.9
_LEAN_FADE = 0.9
_MARKET_DAY = 0.007
_LEAN_DAY = 0.05
_OVERNIGHT = 0.3


def close_level(seed: int, listing: Listing, day: date) -> float:
    """Return the price towards which the session of *day* is drawn at its end."""
    return listing.price * math.exp(
        _faded(day, _PRICE_FADE, lambda each: _move(seed, listing, each))
    )


def open_level(seed: int, listing: Listing, day: date) -> float:
    """Return the price at the open: the previous close, plus the overnight part of the day's move."""
    gap = _OVERNIGHT * _move(seed, listing, day)
    return close_level(seed, listing, previous_session(day)) * math.exp(gap)


def vol_factor(seed: int, day: date) -> float:
    """Return the volatility of *day* relative to usual: higher after the market has fallen."""
    fallen = _faded(
        previous_session(day), _VOL_FADE, lambda each: _shock(seed, "market", each)
    )
    return min(max(math.exp(-6.0 * _MARKET_DAY * fallen), 0.7), 1.8)


def lean(seed: int, listing: Listing, day: date) -> float:
    """Return the log ratio, halved, of call to put open interest on *day*."""
    wander = _faded(
        previous_session(day),
        _LEAN_FADE,
        lambda each: _shock(seed, f"{listing.ticker}:lean", each),
    )
    return listing.lean + _LEAN_DAY * wander


def _move(seed: int, listing: Listing, day: date) -> float:
    daily = listing.vol / math.sqrt(252)
    own = math.sqrt(1 - listing.common**2) * _shock(seed, listing.family, day)
    return 0.8 * daily * (listing.common * _shock(seed, "market", day) + own)


@lru_cache(maxsize=8192)
def _shock(seed: int, name: str, day: date) -> float:
    return Random(f"{seed}:{name}:{day}:shock").gauss(0.0, 1.0)


def _faded(day: date, fade: float, term: Callable[[date], float]) -> float:
    return math.fsum(fade**age * term(each) for age, each in enumerate(_backwards(day)))


def _backwards(day: date) -> Iterator[date]:
    current = day if is_session(day) else previous_session(day)
    for _ in range(_MEMORY):
        yield current
        current = previous_session(current)
