"""Stored maps and lists of stored sessions as the upstream spells them, to market values."""

from dataclasses import replace
from datetime import date, datetime
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
    reader = MapHistoryReader(
        ticker, greek, when, limit=limit, every=every, summary=summary
    )
    rows = [reader.read(row) for row in rows_of(payload, "data")]
    maps = sorted(
        (stored for stored in rows if stored is not None),
        key=lambda stored: stored.as_of,
    )
    return replace(reader.settle(payload), maps=tuple(maps))


class MapHistoryReader:
    """Reads the rows of one history, one by one and in the order in which they come."""

    def __init__(
        self,
        ticker: Ticker,
        greek: Greek,
        when: date | DateRange | None,
        *,
        limit: int,
        every: int,
        summary: bool,
    ) -> None:
        """
        Args:
            when, limit, every, summary: What was asked for.
        """
        self._ticker = ticker
        self._greek = greek
        self._asked = _asked(when)
        self._limit = limit
        self._every = every
        self._summary = summary
        self._rows = self._dropped = self._repaired = 0
        self._is_sorted = True
        self._is_outside = False
        self._latest: datetime | None = None

    def read(self, row: object) -> StrikeMap | None:
        """
        One snapshot; None where the row has no usable time.

        Raises:
            WrongTicker: It is for another ticker.
            UnreadableReply: Its bars are no list.
        """
        self._rows += 1
        if not isinstance(row, dict) or find_moment(row, []) is None:
            self._dropped += 1
            return None
        stored = parse_strike_map(row, self._ticker, self._greek, summary=self._summary)
        self._is_sorted &= self._latest is None or self._latest <= stored.as_of
        self._latest = stored.as_of
        self._repaired += bool(stored.notes)
        asked = self._asked
        self._is_outside |= (
            asked is not None and not asked.start <= stored.session <= asked.end
        )
        return stored

    def settle(self, head: dict[str, Any]) -> MapHistory:
        """
        What the reply says of all of its rows, once they are read; `maps` is left empty.

        Raises:
            WrongTicker: The reply is for another ticker.
            UnreadableReply: It is for another greek or for other dates than those asked for.
        """
        notes: list[str] = []
        check_ticker(head, self._ticker, notes)
        _check_greek(head, self._greek)
        _check_dates(head, self._asked)
        if self._is_outside:
            raise unreadable(
                "a snapshot in the reply is from another date than asked for"
            )
        if self._dropped:
            notes.append(
                f"{counted(self._dropped, 'row')} without a usable time dropped"
            )
        if not self._is_sorted:
            notes.append("snapshots came unsorted: sorted by time")
        if self._repaired:
            notes.append(
                f"{counted(self._repaired, 'snapshot')} had to be repaired to be read"
            )
        count = whole(head.get("count"))
        return MapHistory(
            ticker=self._ticker,
            greek=self._greek,
            every=whole(head.get("every")) or self._every,
            count=count,
            summary=self._summary,
            maps=(),
            truncated=is_truncated(count, self._rows, self._limit),
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
