"""
One stored session in full: in one request, because a session's rows cannot be asked for in parts.

The API knows no time of day: `every` and `limit` choose rows from one end of the session, so pages beyond the
first cannot be named. All snapshots of a session (some 360) are far below the 3,000 that one reply may hold.
What does not fit all the same (a reply too large, or too slow twice) is taken with the smallest step that does.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import date
from typing import Final

from gexfocus_mcp.desk.flow_session import ALL_TICKS
from gexfocus_mcp.desk.single_rows import ALL_ROWS
from gexfocus_mcp.errors import GexFocusError, NoData, ReplyTooLarge, TimedOut
from gexfocus_mcp.export.patience import Patience, Say
from gexfocus_mcp.export.rows import flow_line, map_lines, unlisted_fields
from gexfocus_mcp.export.spool import Spool
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.stored import (
    MapHistory,
    Series,
    StoredSession,
    StoredSessions,
)
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import Fetched, Source


_STEPS: Final = (1, 2, 3, 5, 10, 20, 50, 100)
# An upstream that answers nothing in time must not be asked for every step.
_SLOW_STEPS: Final = 2


@dataclass(frozen=True, slots=True)
class StoredRows:
    """
    One session as it came; its lines are in the spool.

    Attributes:
        snapshots: Ticks, or maps.
        every: Which of the stored snapshots these are: 1 for all.
        notes: What a reader of the lines needs to know.
    """

    snapshots: int
    every: int = 1
    notes: tuple[str, ...] = ()


async def list_stored(
    source: Source, patience: Patience, series: Series, ticker: Ticker
) -> StoredSessions:
    """Which days are stored."""
    if series == "ndf":
        return await patience.ask(lambda: source.flow_sessions(ticker))
    return await patience.ask(lambda: source.map_sessions(ticker, series))


async def read_session(
    source: Source,
    patience: Patience,
    series: Series,
    ticker: Ticker,
    session: StoredSession,
    spool: Spool,
    say: Say,
) -> StoredRows:
    """
    All of a session into *spool*, a part of it only where *say* is told so; no lines where nothing is stored.

    Raises:
        GexFocusError: Nothing usable came.
    """
    day, slow = session.day, 0
    problem: GexFocusError
    for every in _STEPS:
        try:
            if series == "ndf":
                return await _read_flow(source, patience, ticker, day, every, spool)
            return await _read_maps(
                source, patience, ticker, series, session, every, spool
            )
        except NoData as nothing:
            spool.clear()
            return StoredRows(0, notes=(nothing.problem,))
        except (ReplyTooLarge, TimedOut) as failure:
            problem = failure
        slow += isinstance(problem, TimedOut)
        # A flow is small: where it does not come in time, less of it would not either.
        if slow > (0 if series == "ndf" else _SLOW_STEPS):
            break
        say(f"{day} with every={every}: {problem.problem}; asking for fewer snapshots")
    raise problem


async def _read_flow(
    source: Source,
    patience: Patience,
    ticker: Ticker,
    day: date,
    every: int,
    spool: Spool,
) -> StoredRows:
    history = await patience.ask(
        lambda: source.flow_history(ticker, day, limit=ALL_TICKS, every=every)
    )
    ticks = history.ticks
    spool.clear()
    if ticks:
        lines = (flow_line(tick, history.session, source.name) for tick in ticks)
        spool.add(ticks[0].ts, lines)
    notes = [
        *history.notes,
        *_check_whole(len(ticks), ALL_TICKS, history.count, every),
    ]
    extra = unlisted_fields(ticks)
    if extra:
        notes.append(f"also came and has no column here: {', '.join(extra)}")
    return StoredRows(len(ticks), every, tuple(notes))


async def _read_maps(
    source: Source,
    patience: Patience,
    ticker: Ticker,
    greek: Greek,
    session: StoredSession,
    every: int,
    spool: Spool,
) -> StoredRows:
    def keep(stored: StrikeMap) -> None:
        spool.add(stored.as_of, map_lines(stored, source.name))

    def ask() -> Awaitable[Fetched[MapHistory]]:
        # What an attempt that failed has left is no part of the answer.
        spool.clear()
        return source.map_rows(
            ticker, greek, session.day, limit=ALL_ROWS, every=every, take=keep
        )

    history = await patience.ask(ask)
    count = spool.snapshots
    # Whole even where the reply is full, if list and reply both know of no more.
    is_whole = (
        every == 1 and count == session.snapshots and history.count in {None, count}
    )
    checked = [] if is_whole else _check_whole(count, ALL_ROWS, history.count, every)
    return StoredRows(count, every, (*history.notes, *checked))


def _check_whole(came: int, limit: int, count: int | None, every: int) -> list[str]:
    """
    Raises:
        ReplyTooLarge: The reply is full, so there may be more.
    """
    if came >= limit:
        raise ReplyTooLarge(
            f"the session has more than the {limit:,} snapshots that one reply holds",
            "Ask for fewer.",
        )
    # What `count` counts is not documented: with a step it may be the rows before or after it.
    if count is not None and count > came and every == 1:
        return [f"the upstream counts {count:,} snapshots, {came:,} came"]
    return []
