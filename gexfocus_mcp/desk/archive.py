"""
Stored snapshots by moment, fetched cheaply.

A summary pass finds the row, `single_rows` brings it in full. Summaries are always asked for in one form, so
that those of finished sessions are fetched once.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from math import ceil
from typing import Final

from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.desk.row_plan import Request
from gexfocus_mcp.desk.single_rows import ALL_ROWS, SingleRows, ask_rows
from gexfocus_mcp.errors import NoData
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.moment import Moment
from gexfocus_mcp.market.stored import MapHistory
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import DateRange, Fetched, Source


# More questions than the budget allows within the minute for which an answer is remembered.
_OTHER_LIMITS: Final = 60


class Archive:
    """What a source has stored of the maps."""

    def __init__(self, source: Source, clerk: Clerk) -> None:
        self._source = source
        self._clerk = clerk
        self._rows = SingleRows(source, clerk)

    async def settle(self, ticker: Ticker, greek: Greek, moment: Moment) -> Moment:
        """
        The moment in the session it is of: a time of day of the latest one means the latest that is stored.

        The two differ only where a session that is over was never stored; one under way is waited for.
        """
        if not moment.implied or moment.session is None or self._clerk.market().is_open:
            return moment
        for day in (moment.session, None):
            try:
                stored = (await self._summary(ticker, greek, day)).value.maps
            except NoData:
                continue
            if stored:
                return moment.in_session(stored[-1].session)
        return moment

    async def snapshot(
        self, ticker: Ticker, greek: Greek, moment: Moment
    ) -> Fetched[StrikeMap]:
        """
        The full map of a moment: the last at or before it, for `open` the first at or after it.

        Raises:
            NoData: Nothing is stored of the session, or only snapshots on the other side of the moment.
        """
        if moment.kind == "now" or moment.session is None:
            return await self._source.strike_map(ticker, greek)
        day = moment.session
        stored = await self.summary(ticker, greek, day, moment.instant)
        row = find_row(stored.value.maps, moment)
        if row is None:
            raise _nothing_at(ticker, greek, moment, stored.value.maps)
        found = await self._rows.row(ticker, greek, day, stored.value.maps, row)
        notes = (*found.value.notes, *self._note_ahead(moment))
        return Fetched(
            replace(found.value, notes=notes),
            cached=stored.cached and found.cached,
            failure=stored.failure or found.failure,
        )

    async def snapshot_beside(
        self, ticker: Ticker, greek: Greek, moment: Moment, known: StrikeMap
    ) -> Fetched[StrikeMap]:
        """
        The full map of another greek at the instant of *known*, which is the moment's.

        The greeks are stored together as a rule, so the request that brings one map brings the other; where it
        does not, the greek's own last map at or before the moment is looked up. Raises as `snapshot` does.
        """
        stored = (await self.summary(ticker, known.greek, known.session)).value.maps
        rows = [i for i, m in enumerate(stored) if m.as_of == known.as_of]
        if rows:
            found = await self._rows.row_like(
                ticker, greek, known.greek, known.session, stored, rows[-1]
            )
            if found is not None:
                return found
        if moment.kind == "open":
            # Its own first map may be later than the one that the answer is of.
            moment = replace(moment, kind="until", instant=known.as_of)
        return await self.snapshot(ticker, greek, moment)

    async def summary(
        self,
        ticker: Ticker,
        greek: Greek,
        day: date | None = None,
        until: datetime | None = None,
    ) -> Fetched[MapHistory]:
        """
        Every snapshot of a session, the latest one where none is given, without bars.

        Args:
            until: A moment up to which none may be lacking: a remembered summary that ends before it is not enough.

        Raises:
            NoData: Nothing is stored of it.
        """
        wanted = day or self._clerk.market().latest_session
        found = await self._summary(ticker, greek, wanted)
        for fewer in range(1, _OTHER_LIMITS):
            if until is None or not self._may_lack(until, wanted, found):
                break
            # What is remembered would answer the same question: another limit, as far from cutting, is another one.
            found = await self._source.map_history(
                ticker,
                greek,
                wanted,
                limit=ALL_ROWS - fewer,
                every=1,
                summary=True,
            )
        if not found.value.maps and day is None:
            # The newest session may not have been stored yet.
            found = await self._summary(ticker, greek, None)
        if not found.value.maps:
            raise NoData(
                f"no stored {greek} map of {ticker} on {wanted:%Y-%m-%d %a}",
                f"Call list_sessions with series={greek} to see what is stored.",
            )
        return found

    async def between(
        self, ticker: Ticker, greek: Greek, start: date, end: date
    ) -> Fetched[MapHistory]:
        """Every snapshot from *start* to *end*, at most five calendar days, without bars; maybe none."""
        return await self._summary(
            ticker, greek, start if start == end else DateRange(start, end)
        )

    async def evenly(
        self,
        ticker: Ticker,
        greek: Greek,
        maps: Sequence[StrikeMap],
        *,
        every: int,
    ) -> Fetched[MapHistory]:
        """Every *every*-th of the stored snapshots in full, through *maps* at least: these come first in their range."""
        start, end = maps[0].session, maps[-1].session
        whole = Request(start, end, every, ALL_ROWS)
        few = Request(start, end, every, ceil(len(maps) / every))
        first = maps[min(every, len(maps)) - 1].as_of
        # Cheap only where the limit keeps the oldest rows, which is not documented.
        tried = await ask_rows(self._source, ticker, greek, few, summary=True)
        keeps = bool(tried.value.maps) and tried.value.maps[0].as_of <= first
        return await ask_rows(
            self._source, ticker, greek, few if keeps else whole, summary=False
        )

    async def _summary(
        self, ticker: Ticker, greek: Greek, when: date | DateRange | None
    ) -> Fetched[MapHistory]:
        return await self._source.map_history(
            ticker, greek, when, limit=ALL_ROWS, every=1, summary=True
        )

    def _may_lack(
        self, until: datetime, wanted: date, found: Fetched[MapHistory]
    ) -> bool:
        """Whether a remembered summary of the session under way may lack a snapshot made by *until*."""
        now = self._clerk.now()
        if not found.cached or found.failure is not None:
            return False
        running = wanted == now.astimezone(NEW_YORK).date()
        maps = found.value.maps
        return running and (not maps or maps[-1].as_of < min(until, now))

    def _note_ahead(self, moment: Moment) -> tuple[str, ...]:
        now = self._clerk.now()
        if moment.instant is None or moment.instant <= now:
            return ()
        return (
            f"{moment.instant:%H:%M} ET is still to come: this is the newest stored snapshot",
        )


def find_row(maps: Sequence[StrikeMap], moment: Moment) -> int | None:
    """The index of the moment's snapshot among a session's, ascending in time; None where there is none."""
    if moment.instant is None:
        return len(maps) - 1 if maps else None
    instant = moment.instant
    if moment.kind == "open":
        return next((i for i, m in enumerate(maps) if m.as_of >= instant), None)
    before = [i for i, m in enumerate(maps) if m.as_of <= instant]
    return before[-1] if before else None


def _nothing_at(
    ticker: Ticker, greek: Greek, moment: Moment, maps: Sequence[StrikeMap]
) -> NoData:
    first, last = maps[0].as_of, maps[-1].as_of
    return NoData(
        f"no stored {greek} map of {ticker} {'at or after' if moment.kind == 'open' else 'at or before'}"
        f" {moment.instant:%H:%M:%S} ET on {moment.session}: its snapshots run from {first:%H:%M:%S} to {last:%H:%M:%S}",
        "Ask for a moment within that, or for another session.",
    )
