"""What is written on every reading: where it comes from, how old it is, and what its session means now."""

import threading
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime
from typing import Final, Protocol, TypeVar

import anyio

from gexfocus_mcp.analysis.expiry import ExpiryStructure, read_structure
from gexfocus_mcp.analysis.provenance import (
    MAP_CADENCE_S,
    Freshness,
    Provenance,
    matrix_cadence,
    served_older,
    trace,
)
from gexfocus_mcp.errors import NoData, TimedOut
from gexfocus_mcp.market.expiries import ExpiryMap, MatrixGreek
from gexfocus_mcp.market.session import MarketClock, latest_session, market_clock
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import Fetched, Source


T = TypeVar("T")


class OfTicker(Protocol):
    """Whatever a source says of one ticker."""

    @property
    def ticker(self) -> Ticker: ...


Said = TypeVar("Said", bound=OfTicker)

_MAPS_APART_S: Final = 60.0


PATIENCE_S: Final = 45.0
"""For a question that takes several requests: clients give up after a minute."""


async def in_time(question: Awaitable[T]) -> T:
    """
    The answer to *question*.

    Raises:
        TimedOut: It took longer than `PATIENCE_S`.
    """
    with anyio.move_on_after(PATIENCE_S):
        return await question
    raise TimedOut(
        f"no complete answer came within {PATIENCE_S:.0f} s",
        "Ask for less (one session, no levels, no ranking), or again later: what came is remembered.",
        retry_after=15,
    )


class Clerk:
    """
    Dates what a source said.

    Args:
        now: The instant by which ages are measured, aware.
    """

    def __init__(self, source: Source, now: Callable[[], datetime]) -> None:
        self._source = source
        self._now = now
        self._calendar = False

    @property
    def source_name(self) -> str:
        return self._source.name

    @property
    def remarks(self) -> tuple[str, ...]:
        """What belongs to every answer of the source at the moment."""
        remark = self._source.remark
        return () if remark is None else (remark,)

    def now(self) -> datetime:
        return self._now()

    def market(self) -> MarketClock:
        return market_clock(self._now())

    async def market_aside(self) -> MarketClock:
        """`market`, in a thread as long as the calendar may not be loaded yet."""
        if self._calendar:
            return self.market()
        return await anyio.to_thread.run_sync(self.market)

    async def beside_calendar(self, question: Awaitable[T]) -> T:
        """
        Answer *question* while the exchange's calendar is loaded in a thread.

        Its library takes a third of a second to import, which must hold up neither the start nor the loop.
        """
        if self._calendar:
            return await question
        loading = threading.Thread(target=self.market, daemon=True)
        loading.start()
        try:
            return await question
        finally:
            await anyio.to_thread.run_sync(loading.join)
            self._calendar = True

    def provenance_of(
        self,
        fetched: Fetched[Said],
        as_of: datetime,
        session: date | None,
        *,
        cadence: float = MAP_CADENCE_S,
        historical: bool = False,
        notes: tuple[str, ...] = (),
    ) -> Provenance:
        """State the provenance of what was fetched; the arguments are those of `provenance.trace`."""
        return trace(
            as_of,
            session,
            self.market(),
            source=self._source.name,
            cadence=cadence,
            cached=fetched.cached,
            failure=fetched.failure.problem if fetched.failure else None,
            historical=historical,
            notes=(*notes, *self.remarks),
            ticker=fetched.value.ticker,
        )

    def undated(
        self,
        fetched: Fetched[Said],
        notes: tuple[str, ...],
        *,
        freshness: Freshness = "unknown",
    ) -> Provenance:
        """The provenance of a reply in which there was no snapshot."""
        failure = fetched.failure
        said = () if failure is None else (served_older(failure.problem),)
        return Provenance(
            as_of=None,
            age_s=None,
            freshness=freshness if failure is None else "stale",
            map_session=None,
            market=self.market(),
            source=self._source.name,
            cached=fetched.cached,
        ).noting(*said, *notes, *self.remarks)

    def provenance_of_matrix(self, fetched: Fetched[ExpiryMap]) -> Provenance:
        expiries = fetched.value
        return self.provenance_of(
            fetched, expiries.as_of, None, cadence=matrix_cadence(expiries.ticker)
        )

    def is_past(self, wanted: date | None) -> bool:
        """Whether a session that was asked for by date is not the latest one."""
        return wanted is not None and wanted != self.market().latest_session

    def structure(
        self, expiries: ExpiryMap, greek: MatrixGreek = "gex", *, flips: int = 0
    ) -> ExpiryStructure:
        """Read a matrix: of this session as things stand now, of an earlier one as they stood then."""
        now = self._now()
        same_session = latest_session(expiries.as_of) == latest_session(now)
        return read_structure(
            expiries, greek, at=now if same_session else expiries.as_of, flips=flips
        )


def has_matrix(expiries: ExpiryMap, greek: MatrixGreek) -> bool:
    """Whether there is a matrix of *greek* with at least one cell that is not null."""
    rows = expiries.matrices.get(greek, ())
    return any(cell is not None for row in rows for cell in row)


def nothing_there(ticker: Ticker, what: str) -> NoData:
    """The refusal for what the upstream answered with null."""
    return NoData(
        f"the feed has no {what} for {ticker} at the moment (null, which is not zero)",
        "Ask again then, or ask for another greek or ticker.",
        retry_after=60,
    )


def note_if_apart(maps: Iterable[StrikeMap]) -> tuple[str, ...]:
    """A note where the maps of one reply were not taken together."""
    taken = {m.greek: m.as_of for m in maps}
    if not taken:
        return ()
    spread = (max(taken.values()) - min(taken.values())).total_seconds()
    if spread <= _MAPS_APART_S:
        return ()
    oldest = min(taken, key=lambda greek: taken[greek])
    return (
        f"the maps are not of one instant: {oldest} is {spread / 60:.0f} min older",
    )
