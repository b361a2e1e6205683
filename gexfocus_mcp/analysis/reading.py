"""What the desk hands out: one reading per question, at full precision, untrimmed."""

from collections.abc import Mapping
from dataclasses import dataclass

from gexfocus_mcp.analysis.change import Change
from gexfocus_mcp.analysis.confluence import Confluence
from gexfocus_mcp.analysis.expiry import ExpiryStructure
from gexfocus_mcp.analysis.flow import Premium, Utilisation
from gexfocus_mcp.analysis.flow_path import FlowPath
from gexfocus_mcp.analysis.live import StreamVerdict, Window
from gexfocus_mcp.analysis.positioning import Positioning, Turn
from gexfocus_mcp.analysis.profile import Profile
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.roll_off import Remainder
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.flow import FlowHistory, Tick
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.moment import Moment
from gexfocus_mcp.market.stored import StoredSession
from gexfocus_mcp.market.ticker import Ticker


@dataclass(frozen=True, slots=True)
class StrikesReading:
    """The strike maps of one ticker; `spot` is that of the newest map."""

    ticker: Ticker
    provenance: Provenance
    spot: float | None
    profiles: Mapping[Greek, Profile]
    missing: tuple[Greek, ...]


@dataclass(frozen=True, slots=True)
class MatrixReading:
    """
    One greek's multi-expiration matrix.

    Attributes:
        turns_over: The crossings of the matrix's own book; empty for another greek than gamma.
        confluence: None where fewer than two of the matrices were given.
        remainder: What is left after an expiration that was asked for.
    """

    ticker: Ticker
    provenance: Provenance
    expiries: ExpiryMap
    structure: ExpiryStructure
    turns_over: tuple[Turn, ...] = ()
    confluence: Confluence | None = None
    remainder: Remainder | None = None


@dataclass(frozen=True, slots=True)
class FlowPathReading:
    """One session's flow."""

    ticker: Ticker
    provenance: Provenance
    history: FlowHistory
    path: FlowPath


@dataclass(frozen=True, slots=True)
class ChangeReading:
    """Positioning at two moments; the provenance is that of the later one."""

    ticker: Ticker
    provenance: Provenance
    since: Moment
    until: Moment
    change: Change


@dataclass(frozen=True, slots=True)
class SessionsReading:
    """The stored sessions of one series, newest first; `total` counts those not listed too."""

    ticker: Ticker
    series: str
    provenance: Provenance
    sessions: tuple[StoredSession, ...]
    total: int


@dataclass(frozen=True, slots=True)
class LiveReading:
    """
    What the stream said over a window.

    Attributes:
        verdict: Why there is, or is not, something to say.
        reason: The same as a sentence.
        window: The ticks of the window; with none, the buffer's newest tick is still its `latest`.
        cuts: How often the connection was lost while the buffer was open.
        next_try_s: Seconds to the next attempt while it is cut.
    """

    ticker: Ticker
    provenance: Provenance
    verdict: StreamVerdict
    reason: str
    window: Window
    cuts: int = 0
    next_try_s: float | None = None


@dataclass(frozen=True, slots=True)
class FlowState:
    """The newest flow beside a positioning read."""

    provenance: Provenance
    tick: Tick
    utilisation: Utilisation | None
    premium: Premium


@dataclass(frozen=True, slots=True)
class ExpiryState:
    """
    The expiry structure beside a positioning read, with its own snapshot's time.

    Attributes:
        coverage: Sum of the matrix over the strike map's net; None where that is too small to divide by.
    """

    provenance: Provenance
    structure: ExpiryStructure
    coverage: float | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PositioningReading:
    """
    The everyday read.

    Attributes:
        expiry: None when the matrix could not be had; `expiry_problem` says why.
        flow: None when no tick is at hand; `flow_problem` says why.
        spot_live: The stream's price, where it is newer than the map.
        crossed_since_map: `spot_live` is on the other side of the flip than the map's spot.
        asked: The past moment asked for, in the caller's words; None for now.
    """

    ticker: Ticker
    provenance: Provenance
    positioning: Positioning
    expiry: ExpiryState | None
    expiry_problem: str | None
    flow: FlowState | None
    flow_problem: str | None
    spot_live: float | None = None
    crossed_since_map: bool = False
    asked: str | None = None
