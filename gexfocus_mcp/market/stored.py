"""Which sessions a source has kept, and the stored summaries of a greek."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker


Series = Literal["ndf", "gex", "delta", "vanna", "charm"]
"""What sessions are stored of: the flow, or one greek's maps."""


@dataclass(frozen=True, slots=True)
class StoredSession:
    """One kept trading day; the instants of its first and last snapshot are aware, None where not given."""

    day: date
    snapshots: int | None
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class StoredSessions:
    """The days that are kept of one ticker, ascending; `notes` say what of the list could not be read."""

    ticker: Ticker
    sessions: tuple[StoredSession, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MapHistory:
    """
    Stored snapshots of one greek, ascending in time.

    With `summary` the maps have no bars: only spot, net and strike of largest exposure.
    """

    ticker: Ticker
    greek: Greek
    every: int
    count: int | None
    summary: bool
    maps: tuple[StrikeMap, ...]
    truncated: bool = False
    notes: tuple[str, ...] = ()
