"""
The whole simulated market as a function of seed and time.

Nothing here depends on when it is asked: a map, a tick or a session has one value for ever, so what is
remembered never has to be forgotten, only bounded. *now* chooses what has been published.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from gexfocus_mcp.market.calendar import (
    NEW_YORK,
    is_session,
    previous_session,
    session_open,
)
from gexfocus_mcp.simulator.chain import Chain, build_chain
from gexfocus_mcp.simulator.exposure import (
    Convention,
    Matrix,
    StrikeMap,
    cents,
    gamma_flip,
    matrix,
    strike_maps,
)
from gexfocus_mcp.simulator.greeks import GREEKS
from gexfocus_mcp.simulator.listings import LISTINGS
from gexfocus_mcp.simulator.recent import Recent
from gexfocus_mcp.simulator.tape import Record, Tape, Tick
from gexfocus_mcp.simulator.timetable import (
    map_instants,
    published,
    tick_instant,
    tick_times,
)


if TYPE_CHECKING:
    from collections.abc import Sequence

PAST_SESSIONS = 20
MATRIX_EXPIRATIONS = 12
MATRIX_GREEKS = ("gex", "vanna", "charm")
_AFTERGLOW = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Moment:
    """One map of a session: when it was made and at which spot."""

    ticker: str
    day: date
    at: datetime
    spot: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What is left of a map without its bars."""

    net: float
    max_strike: float


@dataclass(frozen=True, slots=True)
class Totals:
    """The aggregate exposures and levels of one moment, the same sums as its maps."""

    gex: float
    gex_calls: float
    gex_puts: float
    vanna: float
    charm: float
    delta: float
    flip: float | None
    max_gamma: float
    call_wall: float
    put_wall: float


@dataclass(slots=True)
class World:
    """The market of one seed under one sign convention."""

    seed: int = 7
    convention: Convention = "dealer"
    _chains: Recent[tuple[str, date], Chain] = field(default_factory=lambda: Recent(24))
    _tapes: Recent[tuple[str, date], Tape] = field(default_factory=lambda: Recent(24))
    _records: Recent[tuple[str, date], Record] = field(
        default_factory=lambda: Recent(240)
    )
    _maps: Recent[tuple[str, datetime, str], StrikeMap] = field(
        default_factory=lambda: Recent(120)
    )
    _summaries: Recent[tuple[str, datetime, str], Summary] = field(
        default_factory=lambda: Recent(60_000)
    )
    _totals: Recent[tuple[str, datetime], Totals] = field(
        default_factory=lambda: Recent(120)
    )
    _matrices: Recent[tuple[str, datetime], Matrix] = field(
        default_factory=lambda: Recent(24)
    )

    def map_sessions(self, ticker: str, now: datetime) -> list[date]:
        """Return the sessions that have maps, oldest first."""
        return [day for day in _sessions(now) if self.maps_published(ticker, day, now)]

    def tick_sessions(self, ticker: str, now: datetime) -> list[date]:
        """Return the sessions that have stored ticks, oldest first."""
        return [day for day in _sessions(now) if self.ticks_published(ticker, day, now)]

    def maps_published(self, ticker: str, day: date, now: datetime) -> int:
        """Count the session's maps made by *now*."""
        return published(map_instants(self.seed, ticker, day), now)

    def ticks_published(self, ticker: str, day: date, now: datetime) -> int:
        """Count the session's stored ticks by *now*."""
        times = tick_times(self.seed, ticker, day)
        return bisect_left(times.stored, _ticked(times.offsets, day, now))

    def stored_times(self, ticker: str, day: date) -> list[datetime]:
        """Return the instants of all stored ticks of a session, future ones included."""
        times = tick_times(self.seed, ticker, day)
        return [tick_instant(day, times.offsets[index]) for index in times.stored]

    def moment(self, ticker: str, day: date, index: int) -> Moment:
        """Return the *index*-th map instant of a session with its spot."""
        instants = map_instants(self.seed, ticker, day)
        record = self._record(ticker, day, is_over=index == len(instants) - 1)
        spot = (
            record.map_spots[index]
            if record
            else self._tape(ticker, day).map_spot(index)
        )
        return Moment(ticker, day, instants[index], spot)

    def stored_tick(self, ticker: str, day: date, row: int) -> Tick:
        """Return the *row*-th stored tick of a session."""
        stored = tick_times(self.seed, ticker, day).stored
        record = self._record(ticker, day, is_over=row == len(stored) - 1)
        return record.tick(row) if record else self._tape(ticker, day).tick(stored[row])

    def latest(self, ticker: str, now: datetime, *, every: int = 1) -> Moment:
        """Return the newest map moment at *now*; with *every*, the newest whose index is a multiple."""
        day = next(
            day
            for day in reversed(_sessions(now))
            if self.maps_published(ticker, day, now)
        )
        index = self.maps_published(ticker, day, now) - 1
        return self.moment(ticker, day, index - index % every)

    def maps(
        self, moment: Moment, greeks: Sequence[str] = GREEKS
    ) -> dict[str, StrikeMap]:
        """Return the strike maps of a moment, those not remembered made together."""
        keys = {greek: (moment.ticker, moment.at, greek) for greek in greeks}
        unknown = [greek for greek in greeks if self._maps.peek(keys[greek]) is None]
        made = self._make_maps(moment, unknown) if unknown else {}
        return {
            greek: self._maps.get(keys[greek], partial(self._pick, made, moment, greek))
            for greek in greeks
        }

    def summary(self, moment: Moment, greek: str) -> Summary:
        """Return net exposure and largest strike, without keeping the map."""

        def make() -> Summary:
            found = self._make_maps(moment, (greek,))[greek]
            return Summary(found.net, found.max_strike)

        return self._summaries.get((moment.ticker, moment.at, greek), make)

    def unkept_map(self, moment: Moment, greek: str) -> StrikeMap:
        """Return a map for a reply that will hold hundreds of them: none is remembered."""
        return self._make_maps(moment, (greek,))[greek]

    def totals(self, moment: Moment) -> Totals:
        """Return the aggregates of a moment."""
        return self._totals.get(
            (moment.ticker, moment.at), lambda: self._add_up(moment)
        )

    def matrix(self, moment: Moment) -> Matrix:
        """Return the multi-expiration matrices of a moment: its nearest twelve expirations."""

        def make() -> Matrix:
            at = moment.at.timestamp()
            parts = self.chain(moment.ticker, moment.day).alive(at)[:MATRIX_EXPIRATIONS]
            return matrix(parts, moment.spot, at, MATRIX_GREEKS, self.convention)

        return self._matrices.get((moment.ticker, moment.at), make)

    def chain(self, ticker: str, day: date) -> Chain:
        """Return the option chain of a session."""
        return self._chains.get(
            (ticker, day), lambda: build_chain(self.seed, LISTINGS[ticker], day)
        )

    def current_tick(self, ticker: str, now: datetime) -> Tick | None:
        """Return the newest tick while the session runs; None before its first and once it is over."""
        now = now.astimezone(NEW_YORK)
        if not is_session(now.date()):
            return None
        day = now.date()
        times = tick_times(self.seed, ticker, day)
        count = _ticked(times.offsets, day, now)
        if not count or now > tick_instant(day, times.offsets[-1]) + _AFTERGLOW:
            return None
        return self._tape(ticker, day).tick(count - 1)

    def _tape(self, ticker: str, day: date) -> Tape:
        return self._tapes.get(
            (ticker, day),
            lambda: Tape(self.seed, LISTINGS[ticker], self.chain(ticker, day)),
        )

    def _record(self, ticker: str, day: date, *, is_over: bool) -> Record | None:
        """Return what is kept of a session if it has been played to its end, or should be now."""
        if is_over:
            return self._records.get(
                (ticker, day), lambda: self._tape(ticker, day).record()
            )
        return self._records.peek((ticker, day))

    def _pick(
        self, made: dict[str, StrikeMap], moment: Moment, greek: str
    ) -> StrikeMap:
        # Another thread may have pushed a remembered map out in between.
        return (
            made[greek] if greek in made else self._make_maps(moment, (greek,))[greek]
        )

    def _make_maps(self, moment: Moment, greeks: Sequence[str]) -> dict[str, StrikeMap]:
        chain, at = self.chain(moment.ticker, moment.day), moment.at.timestamp()
        return strike_maps(
            chain, chain.alive(at), moment.spot, at, greeks, convention=self.convention
        )

    def _add_up(self, moment: Moment) -> Totals:
        maps, at = self.maps(moment), moment.at.timestamp()
        gex = maps["gex"]
        calls, puts = cents(math.fsum(gex.calls)), cents(math.fsum(gex.puts))
        return Totals(
            gex.net,
            calls,
            puts,
            maps["vanna"].net,
            maps["charm"].net,
            maps["delta"].net,
            gamma_flip(
                self.chain(moment.ticker, moment.day).alive(at), moment.spot, at
            ),
            gex.max_strike,
            gex.strikes[gex.calls.index(max(gex.calls))],
            gex.strikes[gex.puts.index(min(gex.puts))],
        )


def _ticked(offsets: Sequence[float], day: date, now: datetime) -> int:
    """Count the ticks of *day* that have come by *now*."""
    return bisect_left(offsets, (now - session_open(day)).total_seconds() + 5e-7)


def _sessions(now: datetime) -> list[date]:
    """Return the last sessions before today and today, if the exchange opens today; oldest first."""
    today = now.astimezone(NEW_YORK).date()
    days = [today] if is_session(today) else []
    for _ in range(PAST_SESSIONS):
        days.insert(0, previous_session(days[0] if days else today))
    return days
