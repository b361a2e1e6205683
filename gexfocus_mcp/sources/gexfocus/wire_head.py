"""
What every payload says about itself: which ticker, when, which session.

`ts` is an ISO string in the stream and an epoch integer in the maps, and the two clocks of one
map may disagree by a year (rows 2, 3 and 5 of the API's defects): the ISO one is believed.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from gexfocus_mcp.errors import WrongTicker
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import TICKERS, Ticker
from gexfocus_mcp.sources.gexfocus.decoding import number, unreadable


_CLOCK_TOLERANCE: Final = 60.0
_MOST_NOTES: Final = 6
_SHORTEST_INSTANT: Final = len("2026-05-19T10:32")
_LONGEST_INSTANT: Final = 40
# Outside these an epoch is not in seconds or not a time of this market.
_EPOCHS: Final = (946_684_800.0, 4_102_444_800.0)

_YEARS: Final = (2000, 2099)

NAMELESS: Final = "the reply does not say which ticker it is for"
CLOCKS_DIFFER: Final = "ts and ts_iso differ"
NAIVE: Final = "a time came without its offset: read as New York time"


def check_ticker(
    payload: dict[str, Any], asked: Ticker, notes: list[str] | None = None
) -> None:
    """
    Args:
        notes: Told where the payload names none; a row inside a reply need not.

    Raises:
        WrongTicker: The payload names another ticker.
    """
    said = payload.get("ticker")
    if said is None:
        if notes is not None:
            notes.append(NAMELESS)
        return
    if isinstance(said, str) and said.strip().upper() == asked:
        return
    name = said.strip().upper() if isinstance(said, str) else ""
    shown = name if name in TICKERS else "another ticker"
    raise WrongTicker(
        f"asked for {asked}, the reply is for {shown}",
        "Do not use any number from it.",
        retry_after=5,
    )


def instant(value: object, notes: list[str]) -> datetime | None:
    """An ISO string as New York time; None for anything else. Appends to *notes* where it had no offset."""
    if not isinstance(value, str):
        return None
    if not _SHORTEST_INSTANT <= len(value) <= _LONGEST_INSTANT:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if not _YEARS[0] <= moment.year <= _YEARS[1]:
            return None
        if moment.tzinfo is None:
            notes.append(NAIVE)
            return moment.replace(tzinfo=NEW_YORK)
        return moment.astimezone(NEW_YORK)
    except (ValueError, OverflowError):
        return None


def _epoch(value: object, notes: list[str]) -> datetime | None:
    seconds = number(value)
    if seconds is None or not _EPOCHS[0] <= seconds <= _EPOCHS[1]:
        return None
    if isinstance(value, str):
        notes.append("ts came as text")
    return datetime.fromtimestamp(seconds, NEW_YORK)


def find_moment(payload: dict[str, Any], notes: list[str]) -> datetime | None:
    """When the payload was made, in New York time; None where it does not say."""
    ts, iso = payload.get("ts"), payload.get("ts_iso")
    by_iso = instant(iso, notes)
    by_ts = instant(ts, notes) or _epoch(ts, notes)
    if by_iso is None or by_ts is None:
        if (ts is not None and by_ts is None) or (iso is not None and by_iso is None):
            notes.append("one of ts and ts_iso cannot be read; the other used")
        return by_iso or by_ts
    apart = abs((by_iso - by_ts).total_seconds())
    if apart > _CLOCK_TOLERANCE:
        notes.append(f"{CLOCKS_DIFFER} by {_span(apart)}; ts_iso used")
    return by_iso


def parse_moment(payload: dict[str, Any], notes: list[str]) -> datetime:
    """
    Raises:
        UnreadableReply: There is no usable time: the age of the numbers would be unknown.
    """
    moment = find_moment(payload, notes)
    if moment is None:
        raise unreadable("the reply does not say when it was made")
    return moment


def find_date(value: object) -> date | None:
    """A `YYYY-MM-DD` string as a date; None for anything else."""
    if not isinstance(value, str) or len(value) != len("2026-05-19"):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def parse_session(payload: dict[str, Any], as_of: datetime, notes: list[str]) -> date:
    """The trading day the payload is filed under; the New York date of *as_of* where it does not say."""
    session = find_date(payload.get("session_date"))
    if session is None:
        notes.append("session_date was missing: the date of the snapshot is used")
        return as_of.date()
    return session


def settle(notes: Iterable[str]) -> tuple[str, ...]:
    """Each note once, in order, at most a handful."""
    return tuple(Counter(notes))[:_MOST_NOTES]


def _span(seconds: float) -> str:
    if seconds >= 86_400:
        return f"{seconds / 86_400:.1f} days"
    if seconds >= 3_600:
        return f"{seconds / 3_600:.1f} hours"
    return f"{seconds:.0f} s"
