"""
The tape of one session: spot and trades, tick by tick.

Every tick carries one trade. Trades push the price a little and the price moves what is traded, so
both are drawn in one pass; premium is counted in whole dollars, which keeps its sums exact. The pass
goes only as far as it is asked, since most questions are about the morning of a session.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from threading import Lock
from typing import TYPE_CHECKING

from gexfocus_mcp.market.calendar import session_open
from gexfocus_mcp.simulator.basket import Basket, build_basket
from gexfocus_mcp.simulator.flow import LEGS, Flow
from gexfocus_mcp.simulator.levels import open_level
from gexfocus_mcp.simulator.spot import Walk
from gexfocus_mcp.simulator.timetable import map_instants, tick_instant, tick_times


if TYPE_CHECKING:
    from datetime import date, datetime

    from gexfocus_mcp.simulator.chain import Chain
    from gexfocus_mcp.simulator.listings import Listing

_FIGURES = 5
_WIDTH = _FIGURES + len(LEGS)


@dataclass(frozen=True, slots=True)
class Tick:
    """
    The state of the flow after one trade.

    Net delta flow and thresholds are dollars; *legs* are premiums in whole dollars, in the order of
    ``flow.LEGS``. Everything is accumulated since the open.
    """

    at: datetime
    price: float
    ndf: float
    fep: float
    threshold_long: int
    threshold_short: int
    legs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a finished session: its stored ticks, row by row, and the spot at each map."""

    day: date
    offsets: array[float]
    rows: array[float]
    map_spots: tuple[float, ...]

    def tick(self, row: int) -> Tick:
        """Return the *row*-th stored tick."""
        return _tick(self.day, self.offsets[row], self.rows, row)


class Tape:
    """A session that is played as far as someone asks, from any thread."""

    __slots__ = (
        "_contracts",
        "_flow",
        "_lock",
        "_map_places",
        "_opening",
        "_push",
        "_rows",
        "_stored",
        "_walk",
        "day",
        "times",
    )

    def __init__(self, seed: int, listing: Listing, chain: Chain) -> None:
        name = f"{seed}:{listing.ticker}:{chain.day}"
        opening = open_level(seed, listing, chain.day)
        basket = build_basket(chain, opening, session_open(chain.day).timestamp())
        self.day = chain.day
        self.times = tick_times(seed, listing.ticker, chain.day)
        self._opening = round(opening, 2)
        self._map_places = _places(
            map_instants(seed, listing.ticker, chain.day), self.times.offsets
        )
        self._stored = frozenset(self.times.stored)
        self._contracts = Random(f"{name}:contracts").choices(
            basket.contracts,
            cum_weights=list(accumulate(basket.weights)),
            k=len(self.times.offsets),
        )
        self._walk = Walk(
            seed, listing, chain, len(self.times.offsets), _pin(basket, opening)
        )
        self._flow = Flow(listing, Random(f"{name}:flow"))
        self._push = 0.0
        self._rows = array("d")
        self._lock = Lock()

    def tick(self, index: int) -> Tick:
        """Return the *index*-th tick."""
        self._play(index + 1)
        return _tick(self.day, self.times.offsets[index], self._rows, index)

    def map_spot(self, index: int) -> float:
        """Return the last price at the *index*-th map, the opening price before the first tick."""
        place = self._map_places[index]
        if place < 0:
            return self._opening
        self._play(place + 1)
        return self._rows[place * _WIDTH]

    def record(self) -> Record:
        """Play to the end and return what is kept."""
        offsets, stored = self.times.offsets, self.times.stored
        self._play(len(offsets))
        rows = array("d")
        for index in stored:
            rows.extend(self._rows[index * _WIDTH : (index + 1) * _WIDTH])
        spots = tuple(self.map_spot(index) for index in range(len(self._map_places)))
        return Record(
            self.day, array("d", (offsets[index] for index in stored)), rows, spots
        )

    def _play(self, until: int) -> None:
        with self._lock:
            flow, push = self._flow, self._push
            for index in range(len(self._rows) // _WIDTH, until):
                price = round(self._walk.step(index, push), 2)
                push = flow.trade(
                    self._contracts[index],
                    price,
                    self.times.offsets[index],
                    is_stored=index in self._stored,
                )
                self._rows.extend((price, *flow.figures(), *flow.premiums))
            self._push = push


def _tick(day: date, offset: float, rows: array[float], row: int) -> Tick:
    price, ndf, fep, long, short, *legs = rows[row * _WIDTH : (row + 1) * _WIDTH]
    return Tick(
        tick_instant(day, offset),
        price,
        ndf,
        fep,
        int(long),
        int(short),
        tuple(int(leg) for leg in legs),
    )


def _places(instants: tuple[datetime, ...], offsets: array[float]) -> tuple[int, ...]:
    """Return the place of the last tick at each instant, -1 before the first."""
    opens = session_open(instants[0].date())
    # A tick that falls exactly on the instant counts, hence the microsecond.
    return tuple(
        bisect_left(offsets, (each - opens).total_seconds() + 1e-6) - 1
        for each in instants
    )


def _pin(basket: Basket, opening: float) -> float:
    """Return the strike with most open interest in the nearest expiration, within 1 % of the open."""
    front = basket.front
    near = [
        place
        for place, strike in enumerate(front.strikes)
        if abs(strike / opening - 1) < 0.01
    ]
    if not near:
        return opening
    return front.strikes[
        max(
            near,
            key=lambda place: front.call_interest[place] + front.put_interest[place],
        )
    ]
