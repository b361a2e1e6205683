"""Readings to render: small fixed ones, and the largest that there can be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import pytest

from gexfocus_mcp.analysis.basket import read_standing
from gexfocus_mcp.analysis.change import read_change
from gexfocus_mcp.analysis.condition import DEFAULT_CONDITIONS, parse_condition
from gexfocus_mcp.analysis.confluence import read_confluence
from gexfocus_mcp.analysis.expiry import read_structure
from gexfocus_mcp.analysis.flow import read_premium, read_utilisation
from gexfocus_mcp.analysis.flow_path import read_flow_path
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.analysis.live import StreamVerdict, read_window
from gexfocus_mcp.analysis.marks import Marks, take_marks
from gexfocus_mcp.analysis.matrix_turns import find_matrix_turns
from gexfocus_mcp.analysis.positioning import read_positioning
from gexfocus_mcp.analysis.profile import read_profile
from gexfocus_mcp.analysis.provenance import Provenance, trace
from gexfocus_mcp.analysis.reading import (
    ChangeReading,
    ExpiryState,
    FlowPathReading,
    FlowState,
    LiveReading,
    MatrixReading,
    PositioningReading,
    SessionsReading,
    StrikesReading,
)
from gexfocus_mcp.analysis.roll_off import read_remainder
from gexfocus_mcp.analysis.scan import Row, ScanReading, Unread, read_scan
from gexfocus_mcp.analysis.watch import Fired, Watch
from gexfocus_mcp.analysis.watched import WatchReading, find_next, read_watched
from gexfocus_mcp.market.basket import Sort, parse_basket
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.expiries import ExpiryMap, Matrix, MatrixGreek
from gexfocus_mcp.market.flow import FlowHistory, Tick
from gexfocus_mcp.market.greek import GREEKS, Greek
from gexfocus_mcp.market.moment import Moment
from gexfocus_mcp.market.session import market_clock
from gexfocus_mcp.market.stored import StoredSession
from gexfocus_mcp.market.strikes import Bar, GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import TICKERS, parse_ticker


NOW = datetime(2026, 7, 10, 11, 30, 22, tzinfo=NEW_YORK)
AS_OF = NOW - timedelta(seconds=22)
SPY = parse_ticker("SPY")
Rows = Sequence[tuple[float, float, float]]

GEX: Rows = [(95, 2e6, -9e6), (100, 40e6, -8e6), (105, 30e6, -1e6)]
VANNA: Rows = [(95, -2e6, 8e6), (105, 6e6, -1e6)]
CHARM: Rows = [(95, 2e6, -9e6), (105, -6e6, 1e6)]
DELTA: Rows = [(95, 20e6, 10e6), (105, 10e6, 30e6)]
SMALL: Mapping[Greek, Rows] = {
    "gex": GEX,
    "delta": DELTA,
    "vanna": VANNA,
    "charm": CHARM,
}


@pytest.fixture(scope="session")
def provenance() -> Callable[..., Provenance]:
    """Return a function that states where numbers come from, 22 seconds old unless told otherwise."""

    def build(
        as_of: datetime = AS_OF, *, source: str = "gexfocus", failure: str | None = None
    ) -> Provenance:
        return trace(as_of, None, market_clock(NOW), source=source, failure=failure)

    return build


def strike_map(greek: Greek, rows: Rows, spot: float | None) -> StrikeMap:
    return StrikeMap(
        SPY, greek, AS_OF, AS_OF.date(), spot, None, None, tuple(Bar(*r) for r in rows)
    )


def wide(greek: Greek, count: int = 600) -> Rows:
    """A chain of so many strikes with awkward numbers."""
    draw = Random(greek)
    sides = {"gex": (1, -1), "delta": (1, 1), "vanna": (1, -1), "charm": (1, -1)}[greek]
    return [
        (
            5000.25 + 2.5 * i,
            sides[0] * draw.lognormvariate(18, 2),
            sides[1] * draw.lognormvariate(18, 2),
        )
        for i in range(count)
    ]


@pytest.fixture(scope="session")
def strikes_reading(
    provenance: Callable[..., Provenance],
) -> Callable[..., StrikesReading]:
    """Return a function that reads maps: the small ones, or the largest."""

    def build(
        *greeks: Greek,
        large: bool = False,
        missing: tuple[Greek, ...] = (),
        known: Provenance | None = None,
        spot: float | None = 100.0,
        rows: Rows | None = None,
    ) -> StrikesReading:
        at = 5750.0 if large else spot
        maps = {
            g: strike_map(
                g, wide(g) if large else SMALL[g] if rows is None else rows, at
            )
            for g in greeks or GREEKS
        }
        profiles = {g: read_profile(m) for g, m in maps.items()}
        return StrikesReading(SPY, known or provenance(), at, profiles, missing)

    return build


def matrix(
    *,
    large: bool,
    greek: MatrixGreek,
    cells: dict[float, Sequence[float | None]] | None,
) -> ExpiryMap:
    draw = Random(7)
    today = AS_OF.date()
    if large:
        days = tuple(today + timedelta(days=7 * i) for i in range(12))
        cells = {
            5000.25 + 2.5 * i: [draw.gauss(0, 1e9) for _ in days] for i in range(600)
        }
    else:
        days = (today, date(2026, 7, 13), date(2026, 7, 17))
        cells = cells or {
            95.0: [-2e6, None, -6e6],
            100.0: [5e6, 3e6, 1e6],
            105.0: [1e6, -1e6, 9e6],
        }
    rows = tuple(tuple(row) for row in cells.values())
    matrices: dict[MatrixGreek, Matrix] = {greek: rows}
    if large:
        matrices = {"gex": rows, "vanna": rows, "charm": rows}
    return ExpiryMap(
        SPY, AS_OF, 5750.0 if large else 100.0, days, tuple(cells), matrices
    )


@pytest.fixture(scope="session")
def matrix_reading(
    provenance: Callable[..., Provenance],
) -> Callable[..., MatrixReading]:
    """Return a function that reads a matrix: the small one, a given one, or the largest."""

    def build(
        *,
        large: bool = False,
        greek: MatrixGreek = "gex",
        cells: dict[float, Sequence[float | None]] | None = None,
        known: Provenance | None = None,
        through: date | None = None,
    ) -> MatrixReading:
        expiries = matrix(large=large, greek=greek, cells=cells)
        structure = read_structure(expiries, greek, flips=6)
        ahead = range(len(structure.ended), len(expiries.expirations))
        return MatrixReading(
            SPY,
            known or provenance(),
            expiries,
            structure,
            find_matrix_turns(expiries, structure),
            read_confluence(expiries, ahead),
            read_remainder(
                expiries, expiries.matrices[greek], ahead, through, structure.book
            )
            if through
            else None,
        )

    return build


def full_tick(at: datetime = AS_OF, **fields: float | None) -> Tick:
    values: dict[str, float | None] = {
        "ndf": 44e6,
        "price": 100.2,
        "fep": 100.1,
        "threshold_long": 100e6,
        "threshold_short": -80e6,
        "net_call_premium": 12e6,
        "net_put_premium": -3e6,
    }
    return Tick(ts=at, **{**values, **fields})


@pytest.fixture(scope="session")
def tick() -> Callable[..., Tick]:
    """Return a function that builds a tick of 11:30."""
    return full_tick


@pytest.fixture(scope="session")
def positioning_reading(
    provenance: Callable[..., Provenance],
) -> Callable[..., PositioningReading]:
    """Return a function that makes the everyday read."""

    def build(
        *,
        large: bool = False,
        gex: Rows | None = None,
        spot: float | None = 100.0,
        moves: Sequence[float] = (1,),
        known: Provenance | None = None,
        tick: Tick | None = None,
        alone: bool = False,
    ) -> PositioningReading:
        greeks: Sequence[Greek] = ("gex",) if alone else GREEKS
        maps = {
            g: strike_map(g, wide(g) if large else SMALL[g], 5750.0 if large else spot)
            for g in greeks
        }
        if gex is not None:
            maps["gex"] = strike_map("gex", gex, spot)
        where = known or provenance()
        found = read_positioning(
            GreekMaps(SPY, maps, ("vanna", "charm") if alone else ()),
            maps["gex"],
            moves,
            hours_left=4.5,
            stream_flip=tick.gamma_flip if tick else None,
            doubts=("stale map",) if where.is_stale else (),
        )
        structure = read_structure(matrix(large=large, greek="gex", cells=None))
        flow = (
            FlowState(where, tick, read_utilisation(tick), read_premium(tick))
            if tick
            else None
        )
        return PositioningReading(
            SPY,
            where,
            found,
            None if alone else ExpiryState(where, structure, 0.5),
            "the upstream has no matrix" if alone else None,
            flow,
            None if flow else "the stream is silent",
        )

    return build


@pytest.fixture(scope="session")
def flow_reading(
    provenance: Callable[..., Provenance],
) -> Callable[..., FlowPathReading]:
    """Return a function that reads a session's ticks."""

    def build(
        ticks: Sequence[Tick], *, known: Provenance | None = None
    ) -> FlowPathReading:
        history = FlowHistory(SPY, AS_OF.date(), 1, len(ticks), tuple(ticks))
        return FlowPathReading(
            SPY, known or provenance(), history, read_flow_path(ticks)
        )

    return build


@pytest.fixture(scope="session")
def session_ticks() -> Callable[..., list[Tick]]:
    """Return a function that builds a busy session of so many ticks, up to 11:30."""

    def build(count: int = 20_000) -> list[Tick]:
        draw = Random(11)
        opened = AS_OF.replace(hour=9, minute=30, second=0)
        step = (AS_OF - opened) / count
        return [
            full_tick(
                opened + step * (i + 1),
                ndf=draw.gauss(0, 123_456_789.0),
                price=7412.37 + draw.gauss(0, 20),
                fep=7410.11 + draw.gauss(0, 5),
            )
            for i in range(count)
        ]

    return build


@pytest.fixture(scope="session")
def live_reading(provenance: Callable[..., Provenance]) -> Callable[..., LiveReading]:
    """Return a function that reads a window of the stream."""

    def build(
        ticks: Sequence[Tick],
        *,
        verdict: StreamVerdict = "live",
        known: Provenance | None = None,
    ) -> LiveReading:
        return LiveReading(
            SPY, known or provenance(), verdict, "ticks are coming", read_window(ticks)
        )

    return build


@pytest.fixture(scope="session")
def sessions_reading(
    provenance: Callable[..., Provenance],
) -> Callable[..., SessionsReading]:
    """Return a function that lists so many stored sessions."""

    def build(
        count: int, *, total: int | None = None, known: Provenance | None = None
    ) -> SessionsReading:
        days = [date(2026, 7, 9) - timedelta(days=i) for i in range(count)]
        stored = tuple(
            StoredSession(
                d,
                362 if i != 1 else None,
                datetime(d.year, d.month, d.day, 9, 29, tzinfo=NEW_YORK)
                if i != 1
                else None,
                datetime(d.year, d.month, d.day, 15, 59, tzinfo=NEW_YORK)
                if i != 1
                else None,
            )
            for i, d in enumerate(days)
        )
        return SessionsReading(
            SPY, "ndf", known or provenance(), stored, count if total is None else total
        )

    return build


@pytest.fixture(scope="session")
def watch_reading(
    live_reading: Callable[..., LiveReading],
    provenance: Callable[..., Provenance],
) -> Callable[..., WatchReading]:
    """Return a function that watches ticks against the small map, or without one."""

    def build(
        ticks: Sequence[Tick],
        *names: str,
        verdict: StreamVerdict = "live",
        known: Provenance | None = None,
        levels: Provenance | None = None,
        marks: Marks | None = None,
        waited_s: float = 44.8,
        seconds: float = 45,
    ) -> WatchReading:
        live = live_reading(ticks, verdict=verdict, known=known)
        found = marks or take_marks(strike_map("gex", GEX, 100.0))
        wanted = tuple(map(parse_condition, names)) or DEFAULT_CONDITIONS
        watch = Watch(wanted, found)
        fired: tuple[Fired, ...] = watch.begin(ticks[:1])
        for tick in ticks[1:]:
            fired = fired or watch.look(tick)
        return WatchReading(
            live=live,
            marks=found,
            map_provenance=None if marks else levels or provenance(),
            watched=read_watched(
                wanted,
                found,
                live.window.latest,
                live.window.latest.price if live.window.latest else None,
            ),
            fired=fired,
            waited_s=waited_s,
            seconds=seconds,
            following=find_next(wanted, fired),
        )

    return build


@pytest.fixture(scope="session")
def scan_reading(provenance: Callable[..., Provenance]) -> Callable[..., ScanReading]:
    """Return a function that reads so many names, some of which are missing, with weights or flow."""

    def build(
        count: int = 11,
        *,
        missing: int = 0,
        weights: Sequence[float] | None = None,
        sort: Sort = "tilt",
        flow: bool = False,
        gex: Rows | None = None,
        spot: float | None = 5750.0,
        known: Provenance | None = None,
    ) -> ScanReading:
        where = known or provenance()
        names = TICKERS[:count]
        tick = full_tick()
        state = FlowState(where, tick, read_utilisation(tick), read_premium(tick))
        rows = list[Row]()
        for name in names[missing:]:
            draw = Random(name)
            bars = tuple(
                Bar(k, c * draw.uniform(0.5, 1.5), p * draw.uniform(0.5, 1.5))
                for k, c, p in gex or wide("gex", 300)
            )
            gamma = StrikeMap(name, "gex", AS_OF, AS_OF.date(), spot, None, None, bars)
            found = read_standing(gamma, read_levels(gamma)[0])
            rows.append(
                Row(
                    found,
                    "dealer_signed",
                    where,
                    "the upstream is down" if where.is_stale else None,
                    state if flow else None,
                )
            )
        lost = [
            Unread(name, "upstream_down", "GEXfocus answered 503", 30)
            for name in names[:missing]
        ]
        return read_scan(parse_basket(names, weights), sort, rows, lost)

    return build


LATER: Rows = [(95, 2e6, -9e6), (100, 36e6, -8e6), (105, 37e6, -1e6)]
OPEN = Moment("open", "open", AS_OF.date())


@pytest.fixture(scope="session")
def change_reading(
    provenance: Callable[..., Provenance],
) -> Callable[..., ChangeReading]:
    """Return a function that compares two maps, two hours apart unless told otherwise."""

    def build(
        then: Rows = GEX,
        now: Rows = LATER,
        *,
        large: bool = False,
        spots: tuple[float | None, float | None] = (99.5, 100.0),
        nets: tuple[float | None, float | None] = (None, None),
        since: Moment = OPEN,
        apart: timedelta = timedelta(hours=2),
        known: Provenance | None = None,
    ) -> ChangeReading:
        if large:
            draw = Random(5)
            spots, then = (5740.0, 5750.0), wide("gex")
            now = [
                (k, c * draw.uniform(0.5, 2), p * draw.uniform(0.5, 2))
                for k, c, p in then
            ]
        at = AS_OF - apart
        before = replace(
            strike_map("gex", then, spots[0]),
            as_of=at,
            session=at.date(),
            stored_net=nets[0],
        )
        after = replace(strike_map("gex", now, spots[1]), stored_net=nets[1])
        return ChangeReading(
            SPY,
            known or provenance(),
            since,
            Moment("now", "now"),
            read_change(before, after),
        )

    return build
