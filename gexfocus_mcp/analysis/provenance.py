"""How old a snapshot is and what that means: the part of an answer that keeps it honest."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from gexfocus_mcp.market.calendar import session_close, session_open, time_between
from gexfocus_mcp.market.session import MarketClock, late_close, latest_session
from gexfocus_mcp.market.ticker import MAG7, Ticker


Freshness = Literal["live", "delayed", "stale", "closed", "historical", "unknown"]

STREAM_CADENCE_S: Final = 60.0
MAP_CADENCE_S: Final = 150.0
SLOW_MATRIX_CADENCE_S: Final = 360.0
"""About twice the upstream's own refresh: 19 s for flow, 65 s for maps, 180 s for the Mag7 matrix."""

_DELAYED_S: Final = 600.0
_AHEAD_S: Final = 120.0
_BEFORE_OPEN: Final = timedelta(minutes=30)
_FIRST_MINUTES: Final = timedelta(minutes=5)
_END_OF_DAY: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Provenance:
    """
    Where an answer's numbers come from.

    Attributes:
        as_of: Instant of the upstream's snapshot; None where no snapshot is reported.
        age_s: Seconds from then to now; None also for a past moment that was asked for.
        map_session: The day the upstream files the snapshot under, else the day of `as_of`.
        market: The exchange's clock now.
        source: What the source calls itself.
        notes: Sentences that a careful reader needs.
    """

    as_of: datetime | None
    age_s: float | None
    freshness: Freshness
    map_session: date | None
    market: MarketClock
    source: str
    cached: bool = False
    notes: tuple[str, ...] = ()

    @property
    def is_stale(self) -> bool:
        return self.freshness == "stale"

    def noting(self, *notes: str) -> "Provenance":
        """The same with more notes, repetitions dropped."""
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))


def matrix_cadence(ticker: Ticker) -> float:
    """Seconds within which a multi-expiration matrix of *ticker* counts as live."""
    return SLOW_MATRIX_CADENCE_S if ticker in MAG7 else MAP_CADENCE_S


def judge_freshness(
    as_of: datetime,
    session: date | None,
    market: MarketClock,
    cadence: float,
    ticker: Ticker | None = None,
) -> tuple[Freshness, tuple[str, ...]]:
    """
    Tell whether a snapshot may be called current, and the sentence that goes with it.

    A fresh timestamp alone is not enough: maps are computed on Sundays too, so the snapshot's session
    is held against the exchange's calendar.

    Args:
        ticker: Whose options it is of: those of the indices trade on for a while after the close.
    """
    age = time_between(as_of, market.now).total_seconds()
    belongs = _session_of(as_of, session)
    if age < -_AHEAD_S:
        return "unknown", (
            f"the snapshot is dated {-age / 60:.0f} min ahead of this computer's clock: its age is unknown",
        )
    if belongs < market.latest_session:
        return "stale", (_tell_behind(belongs, market),)
    if not market.is_open:
        late = late_close(ticker, market.now) if ticker else None
        return _judge_closed(as_of, market, late, is_new=age <= cadence)
    if age <= cadence:
        return "live", ()
    if age <= _DELAYED_S:
        return "delayed", ()
    return "stale", (
        f"the market is open, but this is {age / 60:.0f} min old: do not call it current",
    )


def _session_of(as_of: datetime, session: date | None) -> date:
    """
    The session that a snapshot's prices are of.

    The day it is filed under, unless it was taken before that day began; without one, the day of a
    snapshot made from half an hour before the open on (maps start at 09:29), else the session before.
    """
    if session is not None and as_of.date() >= session:
        return session
    return latest_session(as_of + _BEFORE_OPEN)


def _tell_behind(belongs: date, market: MarketClock) -> str:
    newest = market.latest_session
    if market.is_open and market.now - session_open(newest) < _FIRST_MINUTES:
        return f"no snapshot of today's session yet: this is of {belongs:%a %-d %b %Y}"
    return f"snapshot of {belongs:%a %-d %b %Y}, but the market has traded on {newest:%a %-d %b %Y}"


def _judge_closed(
    as_of: datetime, market: MarketClock, late: datetime | None, *, is_new: bool
) -> tuple[Freshness, tuple[str, ...]]:
    """
    Judge a snapshot of the last session, after its end.

    Args:
        late: When the ticker's options stop trading, where they still do.
        is_new: It is younger than twice its cadence.
    """
    day = market.latest_session
    close = session_close(day)
    if late is not None:
        said = f"the session ended at {close:%H:%M}, these options trade until {late:%H:%M} ET"
        if is_new and as_of >= close:
            return "live", (said,)
        return "closed", (said, *_judge_closed(as_of, market, None, is_new=is_new)[1])
    if latest_session(as_of) != as_of.date() and market.phase != "pre":
        return "closed", (
            f"computed {as_of:%a %-d %b %H:%M}, outside market hours: its prices are of {day:%a %-d %b}",
        )
    if as_of.date() == day and as_of < close - _END_OF_DAY:
        return "closed", (
            f"the last snapshot is of {as_of:%H:%M}, the session ran to {close:%H:%M}: the end of the day is missing",
        )
    return "closed", ()


def served_older(failure: str) -> str:
    """The note of an answer that stands in for a new one, with why there is none."""
    return f"older answer served, the upstream failed: {failure}"


def trace(
    as_of: datetime,
    session: date | None,
    market: MarketClock,
    *,
    source: str,
    cadence: float = MAP_CADENCE_S,
    cached: bool = False,
    failure: str | None = None,
    historical: bool = False,
    notes: tuple[str, ...] = (),
    ticker: Ticker | None = None,
) -> Provenance:
    """
    State a snapshot's provenance.

    Args:
        failure: Why an older snapshot stands in for a new one; makes it stale.
        historical: The caller asked for a past moment: no age is told.
    """
    if historical:
        freshness: Freshness = "historical"
        said: tuple[str, ...] = ()
    else:
        freshness, said = judge_freshness(as_of, session, market, cadence, ticker)
    if failure is not None:
        freshness = "stale"
        said = (served_older(failure), *said)
    return Provenance(
        as_of=as_of,
        age_s=None
        if freshness in {"historical", "unknown"}
        else max(0.0, time_between(as_of, market.now).total_seconds()),
        freshness=freshness,
        map_session=session or as_of.date(),
        market=market,
        source=source,
        cached=cached,
        notes=tuple(dict.fromkeys((*said, *notes))),
    )
