"""Stored maps and lists of stored sessions as the upstream spells them, to market values."""

from datetime import date
from itertools import pairwise
from typing import Any

from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.stored import MapHistory, StoredSession, StoredSessions
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.decoding import (
    counted,
    rows_of,
    unreadable,
    whole,
)
from gexfocus_mcp.sources.gexfocus.wire_flow import is_truncated
from gexfocus_mcp.sources.gexfocus.wire_head import (
    check_ticker,
    find_date,
    find_moment,
    instant,
    settle,
)
from gexfocus_mcp.sources.gexfocus.wire_maps import parse_strike_map
from gexfocus_mcp.sources.protocol import DateRange


def parse_map_history(
    payload: dict[str, Any],
    ticker: Ticker,
    greek: Greek,
    when: date | DateRange | None,
    *,
    limit: int,
    every: int,
    summary: bool,
) -> MapHistory:
    """
    Raises:
        WrongTicker: The reply or one of its maps is for another ticker.
        UnreadableReply: It is for another greek or for other dates than those asked for.
    """
    notes: list[str] = []
    check_ticker(payload, ticker, notes)
    _check_greek(payload, greek)
    asked = _asked(when)
    _check_dates(payload, asked)
    rows = rows_of(payload, "data")
    maps = _read_maps(rows, ticker, greek, notes, summary=summary)
    if asked is not None and any(
        not asked.start <= stored.session <= asked.end for stored in maps
    ):
        raise unreadable("a snapshot in the reply is from another date than asked for")
    count = whole(payload.get("count"))
    return MapHistory(
        ticker=ticker,
        greek=greek,
        every=whole(payload.get("every")) or every,
        count=count,
        summary=summary,
        maps=tuple(maps),
        truncated=is_truncated(count, len(rows), limit),
        notes=settle(notes),
    )


def parse_sessions(
    payload: dict[str, Any], ticker: Ticker, greek: Greek | None = None
) -> StoredSessions:
    """
    Stored sessions, newest last; entries without a date cannot be asked for and are left out.

    Raises:
        WrongTicker: It is for another ticker.
        UnreadableReply: It is for another greek, or holds no list.
    """
    notes: list[str] = []
    check_ticker(payload, ticker, notes)
    if greek is not None:
        _check_greek(payload, greek)
    sessions: dict[date, StoredSession] = {}
    if payload.get("sessions") is None:
        notes.append("the reply holds no list of sessions")
    dropped = unclear = repeated = as_text = 0
    for row in rows_of(payload, "sessions"):
        day = find_date(row.get("session_date")) if isinstance(row, dict) else None
        if day is None:
            dropped += 1
            continue
        repeated += day in sessions
        sessions[day] = StoredSession(
            day=day,
            snapshots=whole(row.get("snapshots")),
            first=instant(row.get("from"), notes),
            last=instant(row.get("to"), notes),
        )
        unclear += _lost_something(row, sessions[day])
        as_text += isinstance(row.get("snapshots"), str)
    if dropped:
        notes.append(f"{counted(dropped, 'session')} without a usable date left out")
    if as_text:
        notes.append(f"{counted(as_text, 'number')} came as text")
    if repeated:
        notes.append(f"{counted(repeated, 'session')} listed twice: last kept")
    if unclear:
        notes.append(
            f"{counted(unclear, 'session')} with a count or time that cannot be read"
        )
    return StoredSessions(
        ticker, tuple(sessions[day] for day in sorted(sessions)), settle(notes)
    )


def _lost_something(row: dict[str, Any], read: StoredSession) -> bool:
    """Whether the upstream said something of a session that could not be read."""
    said = (row.get(key) for key in ("snapshots", "from", "to"))
    kept = (read.snapshots, read.first, read.last)
    return any(s is not None and k is None for s, k in zip(said, kept, strict=True))


def _check_greek(payload: dict[str, Any], greek: Greek) -> None:
    said = payload.get("greek")
    if said is not None and (not isinstance(said, str) or said.lower() != greek):
        raise unreadable(f"asked for {greek}, the reply is for another greek")


def _asked(when: date | DateRange | None) -> DateRange | None:
    if when is None or isinstance(when, DateRange):
        return when
    return DateRange(when, when)


def _check_dates(payload: dict[str, Any], asked: DateRange | None) -> None:
    if asked is None:
        return
    for key, day in (("start", asked.start), ("end", asked.end)):
        said = find_date(payload.get(key))
        if said is not None and said != day:
            raise unreadable(
                f"asked for {asked.start} to {asked.end}, the reply is for other dates"
            )


def _read_maps(
    rows: list[Any], ticker: Ticker, greek: Greek, notes: list[str], *, summary: bool
) -> list[StrikeMap]:
    maps = [
        parse_strike_map(row, ticker, greek, summary=summary)
        for row in rows
        if isinstance(row, dict) and find_moment(row, []) is not None
    ]
    if len(maps) < len(rows):
        notes.append(
            f"{counted(len(rows) - len(maps), 'row')} without a usable time dropped"
        )
    if any(b.as_of < a.as_of for a, b in pairwise(maps)):
        notes.append("snapshots came unsorted: sorted by time")
        maps.sort(key=lambda stored: stored.as_of)
    repaired = sum(1 for stored in maps if stored.notes)
    if repaired:
        notes.append(f"{counted(repaired, 'snapshot')} had to be repaired to be read")
    return maps
