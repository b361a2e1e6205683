"""Order flow as the upstream spells it: a message of the stream, or a session's stored rows."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from itertools import repeat
from typing import Any, Final

from gexfocus_mcp.errors import NoData
from gexfocus_mcp.market.flow import FlowHistory, Tick
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.decoding import (
    Numbers,
    counted,
    rows_of,
    unreadable,
    whole,
)
from gexfocus_mcp.sources.gexfocus.wire_head import (
    CLOCKS_DIFFER,
    check_ticker,
    find_date,
    find_moment,
    instant,
    parse_moment,
    settle,
)


# The stream has some thirty fields, a stored row thirteen (row 17 of the API's defects): what a
# message does not have stays None.
_PRICES: Final = frozenset(
    (
        "price",
        "fep",
        "gamma_flip",
        "max_gamma_strike",
        "call_wall_gamma",
        "put_wall_gamma",
    )
)
_NUMBERS: Final = frozenset(Tick._fields) - {"ts"} - _PRICES


def parse_tick(
    payload: dict[str, Any], ticker: Ticker, notes: list[str] | None = None
) -> Tick:
    """
    Args:
        notes: Told what had to be repaired, without counts: the same sentence for every message.

    Raises:
        WrongTicker: It is for another ticker.
        UnreadableReply: It has no usable time.
    """
    said: list[str] = []
    check_ticker(payload, ticker, said)
    numbers = Numbers()
    tick = _to_tick(payload, parse_moment(payload, said), numbers)
    if numbers.notes():
        said.append("some values of the stream are no numbers, or came as text")
    if notes is not None:
        # By how much is another figure in every message.
        notes += [
            CLOCKS_DIFFER if note.startswith(CLOCKS_DIFFER) else note for note in said
        ]
    return tick


def parse_flow_history(
    payload: dict[str, Any], ticker: Ticker, day: date | None, *, limit: int, every: int
) -> FlowHistory:
    """
    Args:
        day: The session asked for; None for the latest.
        limit: Most rows that were asked for.
        every: The step that was asked for, where the reply does not say its own.

    Raises:
        WrongTicker: The reply or one of its rows is for another ticker.
        UnreadableReply: It is for another session than the one asked for.
        NoData: It has no rows and no session, so there is nothing to show.
    """
    notes: list[str] = []
    check_ticker(payload, ticker, notes)
    rows = rows_of(payload, "data")
    ticks = _read_ticks(rows, ticker, notes)
    count = whole(payload.get("count"))
    return FlowHistory(
        ticker=ticker,
        session=_parse_session(payload, ticks, ticker, day, notes),
        every=whole(payload.get("every")) or every,
        count=count,
        ticks=tuple(ticks),
        truncated=is_truncated(count, len(rows), limit),
        notes=settle(notes),
    )


def is_truncated(count: int | None, rows: int, limit: int) -> bool:
    """`count` is the server's number, not the list's (row 10 of the API's defects)."""
    return rows >= limit or (count is not None and count > rows)


def _read_ticks(rows: list[Any], ticker: Ticker, notes: list[str]) -> list[Tick]:
    dated: list[dict[str, Any]] = []
    moments: list[datetime] = []
    for row in rows:
        if not isinstance(row, dict):
            continue
        if row.get("ticker") != ticker:
            check_ticker(row, ticker)
        # Stored rows have one clock, and it is an ISO string; whatever else comes is looked at closely.
        ts = None if "ts_iso" in row else instant(row.get("ts"), notes)
        if ts is None:
            ts = find_moment(row, notes)
        if ts is not None:
            dated.append(row)
            moments.append(ts)
    numbers = Numbers()
    ticks = _to_ticks(dated, moments, numbers)
    notes += numbers.notes()
    if len(ticks) < len(rows):
        notes.append(
            f"{counted(len(rows) - len(ticks), 'row')} without a usable time dropped"
        )
    if moments != sorted(moments):
        notes.append("rows came unsorted: sorted by time")
        ticks.sort(key=lambda tick: tick.ts)
    return ticks


def _to_tick(row: dict[str, Any], ts: datetime, numbers: Numbers) -> Tick:
    read, positive = numbers.read, numbers.positive
    values = {key: read(said) for key, said in row.items() if key in _NUMBERS}
    prices = {key: positive(said) for key, said in row.items() if key in _PRICES}
    return Tick(ts=ts, **values, **prices)


def _to_ticks(
    rows: list[dict[str, Any]], moments: list[datetime], numbers: Numbers
) -> list[Tick]:
    """The same as `_to_tick` for each, by columns: a session has a quarter of a million numbers."""
    named = set().union(*rows)
    columns: list[Iterable[Any]] = [moments]
    for name in Tick._fields[1:]:
        if name not in named:
            columns.append(repeat(None, len(rows)))
        else:
            said = [row.get(name) for row in rows]
            read = numbers.read_prices if name in _PRICES else numbers.read_all
            columns.append(read(said))
    # As `Tick._make` does it, without a call of Python's own for each.
    return list(map(partial(tuple.__new__, Tick), zip(*columns, strict=True)))


def _parse_session(
    payload: dict[str, Any],
    ticks: list[Tick],
    ticker: Ticker,
    day: date | None,
    notes: list[str],
) -> date:
    said = find_date(payload.get("session_date"))
    if said is None and ticks:
        notes.append("session_date was missing: the date of the rows is used")
        said = ticks[-1].ts.date()
    session = said or day
    if session is None:
        raise NoData(
            f"no stored flow for {ticker}",
            "Call list_sessions to see which sessions are stored.",
        )
    if day is not None and session != day:
        raise unreadable(f"asked for the session of {day}, the reply is for {session}")
    return session
