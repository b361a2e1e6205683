"""What the desk may ask of a source, whatever the source is."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Literal, Protocol, TypeVar

from gexfocus_mcp.errors import GexFocusError
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.flow import FlowHistory, Tick
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.stored import MapHistory, StoredSessions
from gexfocus_mcp.market.strikes import GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.traffic.pace import Usage


T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T_co]):
    """
    A value and how it was come by.

    Attributes:
        cached: Answered from memory within its refresh time, or because the upstream failed.
        failure: Why an older value stands in for a new one; None normally.
    """

    value: T_co
    cached: bool = False
    failure: GexFocusError | None = None


@dataclass(frozen=True, slots=True)
class DateRange:
    """Stored sessions from *start* to *end*, both included, at most five calendar days."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """
    How a source stands, told out of this process's memory.

    Attributes:
        buckets: The budgets by name; `Usage.limit` is what may be used, a margin already taken off.
        entries: Answers that are remembered.
        hits: Questions answered from memory since the start.
        loads: Questions that asked the upstream since the start.
        host: Whom the source asks; None where it is part of this process.
        shared: What budgets and answers are shared through with other processes; None where they are not.
        remarks: What a reader of these numbers needs to know about them.
    """

    buckets: Mapping[str, Usage]
    entries: int
    hits: int
    loads: int
    has_key: bool
    host: str | None
    shared: str | None = None
    remarks: tuple[str, ...] = ()


class Source(Protocol):
    """
    Snapshots on request. Every method raises a `SourceFailure` where there is no usable answer.
    """

    @property
    def name(self) -> str:
        """What answers call it: `gexfocus` or `simulated`."""
        ...

    @property
    def remark(self) -> str | None:
        """A sentence that belongs to every answer at the moment; None normally."""
        ...

    async def status(self) -> SourceStatus:
        """How it stands; asks nobody, and raises nothing."""
        ...

    async def greek_maps(self, ticker: Ticker) -> Fetched[GreekMaps]: ...

    async def strike_map(self, ticker: Ticker, greek: Greek) -> Fetched[StrikeMap]: ...

    async def expiry_map(self, ticker: Ticker) -> Fetched[ExpiryMap]: ...

    async def flow_history(
        self, ticker: Ticker, day: date | None, *, limit: int, every: int
    ) -> Fetched[FlowHistory]: ...

    async def flow_sessions(self, ticker: Ticker) -> Fetched[StoredSessions]: ...

    async def map_history(
        self,
        ticker: Ticker,
        greek: Greek,
        when: date | DateRange | None,
        *,
        limit: int,
        every: int,
        summary: bool,
    ) -> Fetched[MapHistory]: ...

    async def map_rows(
        self,
        ticker: Ticker,
        greek: Greek,
        when: date | DateRange | None,
        *,
        limit: int,
        every: int,
        take: Callable[[StrikeMap], object],
    ) -> Fetched[MapHistory]:
        """
        The full snapshots of a history that is too large to be held: *take* gets each as it arrives.

        What it got is good only once this returns, with `maps` empty; they may come in any order, and none is
        remembered.
        """
        ...

    async def map_sessions(
        self, ticker: Ticker, greek: Greek
    ) -> Fetched[StoredSessions]: ...


StreamPhase = Literal["opening", "open", "refused", "cut"]


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of the stream: when it arrived (elapsed seconds) and what it said."""

    at: float
    tick: Tick


@dataclass(frozen=True, slots=True)
class StreamState:
    """
    The state of one ticker's connection, without judging what its silence means.

    Attributes:
        phase: `opening` until the first handshake is done; `open` while connected; `refused` when the
            upstream will not serve this key or ticker (final); `cut` from the moment a connection that
            was open, or could not be opened, is gone until a new one has proved itself.
        since: Elapsed seconds at which this phase began.
        cuts: How often a connection was lost since the buffer was opened.
        next_try_s: Seconds until the next attempt, while cut and waiting; else None.
        problem: In our words, why it was refused or cut; else None.
        bad_frames: Messages that could not be read, or that were for another ticker, and were dropped.
        gaps: (from, to) instants of the last tick before and the first tick after each cut.
        ever_open: Whether a handshake was ever done: without one there never was a stream to be cut.
        notes: What had to be repaired to read its messages, one sentence each.
    """

    phase: StreamPhase
    since: float
    cuts: int = 0
    next_try_s: float | None = None
    problem: GexFocusError | None = None
    bad_frames: int = 0
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    ever_open: bool = False
    notes: tuple[str, ...] = ()


class LiveBuffer(Protocol):
    """One ticker's bounded, short-lived buffer."""

    @property
    def state(self) -> StreamState: ...

    @property
    def heard(self) -> tuple[Heard, ...]:
        """Everything in the buffer, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class OpenStream:
    """
    A buffer at one moment, looked at without becoming its reader.

    Attributes:
        readers: Calls that listen to it now; without any it is closed soon.
    """

    ticker: Ticker
    state: StreamState
    heard: tuple[Heard, ...]
    readers: int


class LiveTape(LiveBuffer, Protocol):
    """A reader's view of the buffer that all readers of a ticker share."""

    @property
    def warm(self) -> bool:
        """Whether the buffer was already open, with at least one tick, when this reader came."""
        ...

    async def changed(self) -> None:
        """Return at the next tick or change of state; never polls."""
        ...


class LiveSource(Protocol):
    """A source that also streams."""

    def tape(self, ticker: Ticker) -> AbstractAsyncContextManager[LiveTape]:
        """Join the ticker's shared buffer, opening its connection for the first reader."""
        ...

    def open_tickers(self) -> tuple[Ticker, ...]:
        """Tickers whose buffer is open at the moment."""
        ...

    def streams(self) -> tuple[OpenStream, ...]:
        """Every open buffer as it stands; opens none, and keeps none open."""
        ...
