"""
The desk: one method a question; each fetches, analyses in full and hands out one reading.

The only place that both waits and interprets. It knows sources by their protocol and no
client, renderer or setting.
"""

import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Final, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from gexfocus_mcp.analysis.expiry import ExpiryStructure, read_structure
from gexfocus_mcp.analysis.flow_path import read_flow_path
from gexfocus_mcp.analysis.positioning import Positioning, read_positioning
from gexfocus_mcp.analysis.profile import read_profile
from gexfocus_mcp.analysis.provenance import (
    MAP_CADENCE_S,
    STREAM_CADENCE_S,
    Provenance,
    matrix_cadence,
    trace,
)
from gexfocus_mcp.analysis.reading import (
    ExpiryState,
    FlowPathReading,
    LiveReading,
    MatrixReading,
    PositioningReading,
    SessionsReading,
    StrikesReading,
)
from gexfocus_mcp.analysis.regime import NEUTRAL_TILT
from gexfocus_mcp.desk.stream import (
    FLOW_PATIENCE_S,
    Progress,
    covers,
    first_tick,
    flow_state,
    listen,
    read_live,
    unheard,
)
from gexfocus_mcp.errors import GexFocusError, NoData
from gexfocus_mcp.market.expiries import ExpiryMap, MatrixGreek
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.market.greek import GREEKS, Greek
from gexfocus_mcp.market.moment import parse_day
from gexfocus_mcp.market.session import (
    MarketClock,
    hours_to_close,
    latest_session,
    market_clock,
)
from gexfocus_mcp.market.stored import Series, StoredSession
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import Fetched, LiveSource, Source


T = TypeVar("T")

_ALL_ROWS: Final = 20_000
_MAPS_APART_S: Final = 60.0
_ONE_SCALE: Final = 1.05


class Asked(Generic[T]):
    """One of several questions put side by side: its failure is kept, so that the others are still answered."""

    def __init__(self, tasks: TaskGroup, question: Awaitable[T]) -> None:
        self.answer: T | None = None
        self.failure: GexFocusError | None = None
        tasks.start_soon(self._wait, question)

    async def _wait(self, question: Awaitable[T]) -> None:
        try:
            self.answer = await question
        except GexFocusError as failure:
            self.failure = failure


class Desk:
    """
    Answers questions about dealer positioning out of one source.

    Args:
        source: Snapshots on request.
        live: The stream.
        now: The instant by which ages are measured, aware.
    """

    def __init__(
        self, source: Source, live: LiveSource, now: Callable[[], datetime]
    ) -> None:
        self._source = source
        self._live = live
        self._now = now
        self._calendar_asked = False

    async def strikes(
        self, ticker: Ticker, greeks: Sequence[Greek] = GREEKS
    ) -> StrikesReading:
        """The latest strike maps of *greeks*, each read in full. One request, whatever the greeks."""
        self._ask_for_calendar()
        fetched = await self._source.greek_maps(ticker)
        maps = {g: m for g in greeks if (m := fetched.value.maps.get(g)) is not None}
        if not maps:
            raise _nothing_there(ticker, f"map of {', '.join(greeks)}")
        newest = max(maps.values(), key=lambda m: m.as_of)
        return StrikesReading(
            ticker=ticker,
            provenance=self._trace(
                fetched, newest.as_of, newest.session, notes=_apart(maps.values())
            ),
            spot=newest.spot,
            profiles={g: read_profile(m) for g, m in maps.items()},
            missing=tuple(g for g in greeks if g not in maps),
        )

    async def matrix(
        self, ticker: Ticker, greek: MatrixGreek = "gex", *, flips: int = 6
    ) -> MatrixReading:
        """The latest multi-expiration matrix of one greek, with the flips of the nearest expirations."""
        self._ask_for_calendar()
        fetched = await self._source.expiry_map(ticker)
        if not _has(fetched.value, greek):
            raise _nothing_there(ticker, f"{greek} matrix")
        return MatrixReading(
            ticker=ticker,
            provenance=self._trace_matrix(fetched),
            expiries=fetched.value,
            structure=self._structure(fetched, greek, flips=flips),
        )

    async def flow_path(
        self, ticker: Ticker, day: str | None = None
    ) -> FlowPathReading:
        """
        One session's flow, read from all of its rows.

        Args:
            day: A date or one of the words of `parse_day`; the latest session where left out.
        """
        self._ask_for_calendar()
        wanted = parse_day(day, self._now())
        fetched = await self._source.flow_history(
            ticker, wanted, limit=_ALL_ROWS, every=1
        )
        history = fetched.value
        if not history.ticks:
            raise NoData(
                f"no stored flow for {ticker} on {history.session}",
                "Call list_sessions to see what is stored.",
            )
        notes = history.notes
        if history.truncated:
            notes += (
                f"{len(history.ticks)} rows of {history.count or 'more'} came: the session is not complete here",
            )
        return FlowPathReading(
            ticker=ticker,
            provenance=self._trace(
                fetched,
                history.ticks[-1].ts,
                history.session,
                cadence=STREAM_CADENCE_S,
                historical=self._is_past(wanted),
                notes=notes,
            ),
            history=history,
            path=read_flow_path(history.ticks),
        )

    async def sessions(
        self, ticker: Ticker, series: Series, limit: int
    ) -> SessionsReading:
        """The newest *limit* stored sessions of a series, newest first."""
        self._ask_for_calendar()
        fetched: Fetched[tuple[StoredSession, ...]] = await (
            self._source.flow_sessions(ticker)
            if series == "ndf"
            else self._source.map_sessions(ticker, series)
        )
        listed = sorted(fetched.value, key=lambda s: s.day, reverse=True)
        failure = fetched.failure
        return SessionsReading(
            ticker=ticker,
            series=series,
            provenance=Provenance(
                as_of=None,
                age_s=None,
                freshness="historical" if failure is None else "stale",
                map_session=None,
                market=market_clock(self._now()),
                source=self._source.name,
                cached=fetched.cached,
                notes=()
                if failure is None
                else (f"older list served, the upstream failed: {failure.problem}",),
            ),
            sessions=tuple(listed[:limit]),
            total=len(listed),
        )

    async def live(
        self, ticker: Ticker, seconds: float, progress: Progress = unheard
    ) -> LiveReading:
        """
        What the stream says over a window of *seconds*.

        A buffer that already reaches back that far answers at once; otherwise ticks are waited for, unless
        the upstream refuses, which is known at once. With 0 the whole buffer is read as it stands.
        """
        self._ask_for_calendar()
        async with self._live.tape(ticker) as tape:
            began = anyio.current_time()
            since = began - seconds
            if not covers(tape, since):
                await listen(tape, seconds, progress)
                since = began
            return read_live(
                ticker,
                tape,
                since=since if seconds else 0.0,
                market=market_clock(self._now()),
                source=self._source.name,
            )

    async def positioning(
        self, ticker: Ticker, moves: Sequence[float] = (1.0,)
    ) -> PositioningReading:
        """
        The everyday read: strike maps, matrix and newest tick are asked for side by side.

        Without the matrix or the stream the read stands and says what is missing; without a gamma map
        there is none.

        Args:
            moves: Percentages of spot, each reckoned up and down.
        """
        self._ask_for_calendar()
        async with anyio.create_task_group() as tasks:
            maps = Asked(tasks, self._source.greek_maps(ticker))
            matrix = Asked(tasks, self._source.expiry_map(ticker))
            tick = Asked(tasks, self._newest_tick(ticker))
        if maps.answer is None:
            raise maps.failure or _nothing_there(ticker, "gamma map")
        gamma = maps.answer.value.maps.get("gex")
        if gamma is None:
            raise _nothing_there(ticker, "gamma map")
        provenance = self._trace(
            maps.answer,
            gamma.as_of,
            gamma.session,
            notes=_apart(maps.answer.value.maps.values()),
        )
        spot_live = _price_since(tick.answer, gamma)
        read = read_positioning(
            maps.answer.value,
            moves,
            # Once the session is over its clock has run out, whatever the map's own time.
            hours_left=0.0
            if provenance.freshness == "closed"
            else hours_to_close(gamma.as_of),
            stream_flip=tick.answer.gamma_flip if tick.answer else None,
            spot_now=spot_live,
            doubts=("the map is stale",) if provenance.is_stale else (),
        )
        if read is None:
            raise _nothing_there(ticker, "gamma map")
        market = provenance.market
        expiry, problem = self._expiry_state(matrix, read)
        return PositioningReading(
            ticker=ticker,
            provenance=provenance,
            positioning=read,
            expiry=expiry,
            expiry_problem=problem,
            flow=flow_state(tick.answer, market, self._source.name)
            if tick.answer
            else None,
            flow_problem=_flow_problem(tick, market),
            spot_live=spot_live,
            crossed_since_map=_crossed(read, spot_live),
        )

    async def _newest_tick(self, ticker: Ticker) -> Tick | None:
        """The newest tick: of a buffer that is open anyway, else waited for while the market is open."""
        if ticker not in self._live.open_tickers():
            market = await anyio.to_thread.run_sync(market_clock, self._now())
            if not market.is_open:
                return None
        async with self._live.tape(ticker) as tape:
            tick = await first_tick(tape, FLOW_PATIENCE_S)
            if tick is None and tape.state.problem is not None:
                raise tape.state.problem
            return tick

    def _expiry_state(
        self, matrix: Asked[Fetched[ExpiryMap]], read: Positioning
    ) -> tuple[ExpiryState | None, str | None]:
        if matrix.answer is None:
            return None, matrix.failure.problem if matrix.failure else "no answer"
        if not _has(matrix.answer.value, "gex"):
            return None, "the feed has no gamma matrix at the moment"
        structure = self._structure(matrix.answer)
        provenance = self._trace_matrix(matrix.answer)
        return (
            ExpiryState(
                provenance=provenance,
                structure=structure,
                coverage=_matrix_coverage(structure, read),
                notes=_scale_notes(structure, read),
            ),
            None,
        )

    def _trace(
        self,
        fetched: Fetched[T],
        as_of: datetime,
        session: date | None,
        *,
        cadence: float = MAP_CADENCE_S,
        historical: bool = False,
        notes: tuple[str, ...] = (),
    ) -> Provenance:
        remark = self._source.remark
        return trace(
            as_of,
            session,
            market_clock(self._now()),
            source=self._source.name,
            cadence=cadence,
            cached=fetched.cached,
            failure=fetched.failure.problem if fetched.failure else None,
            historical=historical,
            notes=notes if remark is None else (*notes, remark),
        )

    def _structure(
        self,
        fetched: Fetched[ExpiryMap],
        greek: MatrixGreek = "gex",
        *,
        flips: int = 0,
    ) -> ExpiryStructure:
        """Read a matrix: of this session as things stand now, of an earlier one as they stood then."""
        as_of, now = fetched.value.as_of, self._now()
        same_session = latest_session(as_of) == latest_session(now)
        return read_structure(
            fetched.value, greek, at=now if same_session else as_of, flips=flips
        )

    def _trace_matrix(self, fetched: Fetched[ExpiryMap]) -> Provenance:
        expiries = fetched.value
        return self._trace(
            fetched, expiries.as_of, None, cadence=matrix_cadence(expiries.ticker)
        )

    def _is_past(self, wanted: date | None) -> bool:
        return wanted is not None and wanted != market_clock(self._now()).latest_session

    def _ask_for_calendar(self) -> None:
        """Load the exchange's calendar beside the first request: its library takes a third of a second."""
        if not self._calendar_asked:
            self._calendar_asked = True
            threading.Thread(
                target=market_clock, args=(self._now(),), daemon=True
            ).start()


def _has(expiries: ExpiryMap, greek: MatrixGreek) -> bool:
    return greek in expiries.matrices and bool(expiries.expirations)


def _nothing_there(ticker: Ticker, what: str) -> NoData:
    return NoData(
        f"the feed has no {what} for {ticker} at the moment (null, which is not zero)",
        "Ask again then, or ask for another greek or ticker.",
        retry_after=60,
    )


def _apart(maps: Iterable[StrikeMap]) -> tuple[str, ...]:
    """A note where the maps of one reply were not taken together."""
    taken = {m.greek: m.as_of for m in maps}
    spread = (max(taken.values()) - min(taken.values())).total_seconds()
    if spread <= _MAPS_APART_S:
        return ()
    oldest = min(taken, key=lambda greek: taken[greek])
    return (
        f"the maps are not of one instant: {oldest} is {spread / 60:.0f} min older",
    )


def _price_since(tick: Tick | None, gamma: StrikeMap) -> float | None:
    return tick.price if tick is not None and tick.ts > gamma.as_of else None


def _crossed(read: Positioning, spot_live: float | None) -> bool:
    flip, spot = read.levels.flip, read.gamma.spot
    if flip is None or spot is None or spot_live is None:
        return False
    return (spot > flip.value) != (spot_live > flip.value)


def _flow_problem(tick: Asked[Tick | None], market: MarketClock) -> str | None:
    if tick.failure is not None:
        return tick.failure.problem
    if tick.answer is not None:
        return None
    return (
        f"no tick within {FLOW_PATIENCE_S:g} s; live_snapshot waits longer"
        if market.is_open
        else "the market is closed; ndf_history has the last session"
    )


def _matrix_coverage(structure: ExpiryStructure, read: Positioning) -> float | None:
    """Sum of the matrix over the map's net; None where the net is too small to divide by."""
    net, gross = read.stance.net, read.stance.gross
    return None if not net or abs(net) < NEUTRAL_TILT * gross else structure.net / net


def _scale_notes(structure: ExpiryStructure, read: Positioning) -> tuple[str, ...]:
    """Cells are netted, so a matrix that outgrosses the strike map is in another unit."""
    if structure.gross > _ONE_SCALE * read.stance.gross > 0:
        return (
            "matrix and strike map are not on one scale: compare shares, not amounts",
        )
    return ()
