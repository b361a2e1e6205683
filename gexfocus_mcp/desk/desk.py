"""
The desk: one method a question; each fetches, analyses in full and hands out one reading.

The only place that both waits and interprets. It knows sources by their protocol and no
client, renderer or setting.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from anyio.lowlevel import checkpoint

from gexfocus_mcp.analysis.condition import DEFAULT_CONDITIONS, Condition
from gexfocus_mcp.analysis.history import HistoryReading
from gexfocus_mcp.analysis.profile import read_profile
from gexfocus_mcp.analysis.reading import (
    ChangeReading,
    FlowPathReading,
    LiveReading,
    MatrixReading,
    PositioningReading,
    SessionsReading,
    StrikesReading,
)
from gexfocus_mcp.analysis.scan import ScanReading
from gexfocus_mcp.analysis.status import StatusReading
from gexfocus_mcp.analysis.watched import WatchReading
from gexfocus_mcp.desk.archive import Archive
from gexfocus_mcp.desk.clerk import Clerk, in_time, note_if_apart
from gexfocus_mcp.desk.comparing import compare
from gexfocus_mcp.desk.everyday import ask_everyday
from gexfocus_mcp.desk.flow_session import ask_flow
from gexfocus_mcp.desk.history import ask_history
from gexfocus_mcp.desk.matrix import ask_matrix
from gexfocus_mcp.desk.past import ask_past
from gexfocus_mcp.desk.scanning import scan_names
from gexfocus_mcp.desk.span import HistoryQuestion
from gexfocus_mcp.desk.standing import read_status
from gexfocus_mcp.desk.stream import Progress, listen, reach, read_live, unheard
from gexfocus_mcp.desk.waits import Waits
from gexfocus_mcp.desk.watching import watch
from gexfocus_mcp.market.basket import Basket, Sort
from gexfocus_mcp.market.expiries import MatrixGreek
from gexfocus_mcp.market.greek import GREEKS, Greek
from gexfocus_mcp.market.moment import parse_moment
from gexfocus_mcp.market.stored import Series
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import LiveSource, Source
from gexfocus_mcp.traffic.elapsed import elapsed


class Desk:
    """
    Answers questions about dealer positioning out of one source.

    Args:
        source: Snapshots on request.
        live: The stream.
        now: The instant by which ages are measured, aware.

    Attributes:
        waits: The waits for the stream that are under way.
        source, now: What it asks and by which clock, for whoever takes stored data as it is.
    """

    def __init__(
        self, source: Source, live: LiveSource, now: Callable[[], datetime]
    ) -> None:
        self.source = self._source = source
        self.now = now
        self._live = live
        self._clerk = Clerk(source, now)
        self.waits = Waits()
        self._archive = Archive(source, self._clerk)

    async def positioning(
        self,
        ticker: Ticker,
        moves: Sequence[float] = (1.0,),
        at: str | None = None,
    ) -> PositioningReading:
        """
        The everyday read.

        Args:
            moves: Percentages of spot, each reckoned up and down.
            at: A stored moment in the words of `parse_moment`; now where left out.
        """
        if at is not None:
            await self._clerk.beside_calendar(checkpoint())
            moment = parse_moment(at, self._clerk.now())
            if moment.kind != "now":
                return await in_time(
                    ask_past(
                        self._source, self._archive, self._clerk, ticker, moment, moves
                    )
                )
        return await ask_everyday(self._source, self._live, self._clerk, ticker, moves)

    async def strikes(
        self, ticker: Ticker, greeks: Sequence[Greek] = GREEKS
    ) -> StrikesReading:
        """
        The latest strike maps of *greeks*, each read in full. One request, whatever the greeks.

        Without any of them the reading says so: null is an answer, and not one of zero.
        """
        fetched = await self._clerk.beside_calendar(self._source.greek_maps(ticker))
        maps = {g: m for g in greeks if (m := fetched.value.maps.get(g)) is not None}
        notes = (*fetched.value.notes, *note_if_apart(maps.values()))
        if maps:
            # An answer is as old as the oldest of its parts.
            oldest = min(maps.values(), key=lambda m: m.as_of)
            provenance = self._clerk.provenance_of(
                fetched, oldest.as_of, oldest.session, notes=notes
            )
        else:
            provenance = self._clerk.undated(fetched, notes)
        newest = max(maps.values(), key=lambda m: m.as_of, default=None)
        return StrikesReading(
            ticker=ticker,
            provenance=provenance,
            spot=newest.spot if newest else None,
            profiles={g: read_profile(m) for g, m in maps.items()},
            missing=tuple(g for g in greeks if g not in maps),
        )

    async def matrix(
        self,
        ticker: Ticker,
        greek: MatrixGreek = "gex",
        *,
        flips: int = 6,
        drop_through: str | None = None,
    ) -> MatrixReading:
        """
        The latest multi-expiration matrix of one greek, with the flips of the nearest expirations.

        Args:
            drop_through: A listed expiration, `today` for today's: what remains after it is read too.
        """
        return await ask_matrix(
            self._source,
            self._clerk,
            ticker,
            greek,
            flips=flips,
            drop_through=drop_through,
        )

    async def change(
        self, ticker: Ticker, since: str | None = None, until: str | None = None
    ) -> ChangeReading:
        """
        What changed between two moments.

        Args:
            since: As `parse_moment` reads it; the open of the session that *until* is of where left out.
            until: Likewise; now where left out.
        """
        return await in_time(compare(self._archive, self._clerk, ticker, since, until))

    async def flow_path(
        self, ticker: Ticker, day: str | None = None
    ) -> FlowPathReading:
        """
        One session's flow, read from all of its rows.

        Args:
            day: A date or one of the words of `parse_day`; the latest session where left out.
        """
        return await ask_flow(self._source, self._clerk, ticker, day)

    async def history(
        self, ticker: Ticker, question: HistoryQuestion, progress: Progress = unheard
    ) -> HistoryReading:
        """One greek's stored maps over a session or some days, and at a moment."""
        return await in_time(
            ask_history(self._archive, self._clerk, ticker, question, progress)
        )

    async def sessions(
        self, ticker: Ticker, series: Series, limit: int
    ) -> SessionsReading:
        """The newest *limit* stored sessions of a series, newest first."""
        fetched = await self._clerk.beside_calendar(
            self._source.flow_sessions(ticker)
            if series == "ndf"
            else self._source.map_sessions(ticker, series)
        )
        listed = sorted(fetched.value.sessions, key=lambda s: s.day, reverse=True)
        return SessionsReading(
            ticker=ticker,
            series=series,
            provenance=self._clerk.undated(
                fetched, fetched.value.notes, freshness="historical"
            ),
            sessions=tuple(listed[:limit]),
            total=len(listed),
        )

    async def scan(
        self, basket: Basket, sort: Sort = "tilt", progress: Progress = unheard
    ) -> ScanReading:
        """Where many names stand, one request each; *progress* is told as they arrive."""
        return await scan_names(
            self._source, self._live, self._clerk, basket, sort, progress
        )

    async def live(
        self, ticker: Ticker, seconds: float, progress: Progress = unheard
    ) -> LiveReading:
        """
        What the stream says over a window of *seconds*.

        A buffer that already reaches back that far answers at once; otherwise what it lacks is waited for, unless
        the upstream refuses, which is known at once. With 0 the whole buffer is read as it stands.

        Raises:
            GexFocusError: There never was a stream: no key, no connection, or a handshake that was refused.
        """
        await self._clerk.beside_calendar(checkpoint())
        async with self._live.tape(ticker) as tape:
            since = elapsed() - seconds
            lacking = seconds - min(seconds, reach(tape))
            if lacking > 0:
                with self.waits.at_most(lacking):
                    await listen(tape, lacking, progress)
                since += lacking
            state = tape.state
            if state.problem is not None and not (state.ever_open or tape.heard):
                # The same problem answers many: without this its traceback would grow with each.
                raise state.problem.with_traceback(None)
            return read_live(
                ticker,
                tape,
                since=since if seconds else 0.0,
                market=self._clerk.market(),
                source=self._source.name,
                notes=(*self._clerk.remarks, *self.waits.note),
            )

    async def watch(
        self,
        ticker: Ticker,
        conditions: Sequence[Condition] = DEFAULT_CONDITIONS,
        seconds: float = 45,
        progress: Progress = unheard,
    ) -> WatchReading:
        """
        Wait until a condition comes true, at most *seconds*.

        Raises:
            GexFocusError: There never was a stream, or nothing could be watched.
        """
        return await watch(
            self._source,
            self._live,
            self._clerk,
            ticker,
            conditions,
            seconds,
            self.waits,
            progress,
        )

    async def status(self) -> StatusReading:
        """How the server stands; asks the upstream nothing."""
        return await read_status(self._source, self._live, self._clerk)
