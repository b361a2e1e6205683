"""
One stored snapshot in full, with as few others as can be.

A request whose rows all rules foresee alike is sent at once; any other is first tried without bars. What the
replies show of how rows are counted is remembered, as are the full snapshots that came last.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.desk.row_plan import (
    LONGEST_RANGE,
    RULES,
    Plan,
    Request,
    Rule,
    Shelf,
    cheapest,
    surviving,
)
from gexfocus_mcp.errors import GexFocusError, UnreadableReply
from gexfocus_mcp.market.calendar import next_session, previous_session
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.stored import MapHistory
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import DateRange, Fetched, Source


ALL_ROWS: Final = 3000
"""The most that one reply holds."""

# Above this the sessions beside are looked at for a request that brings fewer.
_FEW_ROWS: Final = 12
_ATTEMPTS: Final = 5
_WIDE_ATTEMPTS: Final = 3
_KEPT_MAPS: Final = 128
# What a session under way may gain between a summary and the next request.
_NEW_ROWS: Final = 2


async def ask_rows(
    source: Source, ticker: Ticker, greek: Greek, request: Request, *, summary: bool
) -> Fetched[MapHistory]:
    """Send one history request; a range of one day goes as a date."""
    start, end = request.start, request.end
    return await source.map_history(
        ticker,
        greek,
        start if start == end else DateRange(start, end),
        limit=request.limit,
        every=request.every,
        summary=summary,
    )


class SingleRows:
    """Fetches single rows of the history."""

    def __init__(self, source: Source, clerk: Clerk) -> None:
        self._source = source
        self._clerk = clerk
        self._rules: tuple[Rule, ...] = RULES
        self._kept: OrderedDict[tuple[Ticker, Greek, datetime], StrikeMap] = (
            OrderedDict()
        )

    async def row(
        self,
        ticker: Ticker,
        greek: Greek,
        day: date,
        maps: Sequence[StrikeMap],
        row: int,
    ) -> Fetched[StrikeMap]:
        """The *row*-th of a session's snapshots in full, told by its time."""
        wanted = maps[row].as_of
        kept = self._kept.get((ticker, greek, wanted))
        if kept is not None:
            self._kept.move_to_end((ticker, greek, wanted))
            return Fetched(kept, cached=True)
        shelf: Shelf = {day: [stored.as_of for stored in maps]}
        for attempt in range(_ATTEMPTS):
            if attempt == _WIDE_ATTEMPTS:
                # Something beside the session is not what it seems: without it.
                shelf = {day: shelf[day]}
            if attempt < _WIDE_ATTEMPTS:
                shelf = await self._widened(ticker, greek, shelf, day, row)
            plan = cheapest(self._rules[0], shelf, day, row)
            if not await self._is_sure(ticker, greek, shelf, plan, wanted):
                continue
            came = await ask_rows(
                self._source, ticker, greek, plan.request, summary=False
            )
            self._learn(plan.request, shelf, came.value)
            found = self._keep(came.value, wanted)
            if found is not None:
                return Fetched(found, cached=came.cached, failure=came.failure)
        return await self._row_from_all(ticker, greek, day, row, wanted, len(maps))

    async def row_like(
        self,
        ticker: Ticker,
        greek: Greek,
        like: Greek,
        day: date,
        maps: Sequence[StrikeMap],
        row: int,
    ) -> Fetched[StrikeMap] | None:
        """
        The same for a greek that is stored like *like*, of which *maps* are: one request, and nothing is learnt.

        None where the snapshot of that instant is not among what comes: it is stored otherwise.
        """
        wanted = maps[row].as_of
        kept = self._kept.get((ticker, greek, wanted))
        if kept is not None:
            return Fetched(kept, cached=True)
        shelf: Shelf = {day: [stored.as_of for stored in maps]}
        shelf = await self._widened(ticker, like, shelf, day, row)
        plan = cheapest(self._rules[0], shelf, day, row)
        came = await ask_rows(self._source, ticker, greek, plan.request, summary=False)
        found = self._keep(came.value, wanted)
        if found is None:
            return None
        return Fetched(found, cached=came.cached, failure=came.failure)

    async def _widened(
        self, ticker: Ticker, greek: Greek, shelf: Shelf, day: date, row: int
    ) -> Shelf:
        """With the sessions beside, where the session alone gives no cheap request."""
        rule = self._rules[0]
        if rule.by_session or cheapest(rule, shelf, day, row).rows <= _FEW_ROWS:
            return shelf
        return {**await self._beside(ticker, greek, day, rule), **shelf}

    async def _beside(
        self, ticker: Ticker, greek: Greek, day: date, rule: Rule
    ) -> Shelf:
        """The finished sessions on the side from which rows are counted; none where they cannot be had."""
        start, end = _after(day) if rule.from_end else week_before(day)
        end = min(end, self._clerk.market().latest_session - timedelta(days=1))
        if end < start:
            return {}
        try:
            got = await ask_rows(
                self._source,
                ticker,
                greek,
                Request(start, end, 1, ALL_ROWS),
                summary=True,
            )
        except GexFocusError:
            return {}
        if got.value.truncated:
            return {}
        shelf = dict[date, list[datetime]]()
        for stored in got.value.maps:
            shelf.setdefault(stored.session, []).append(stored.as_of)
        return shelf

    async def _is_sure(
        self, ticker: Ticker, greek: Greek, shelf: Shelf, plan: Plan, wanted: datetime
    ) -> bool:
        """Whether the request brings the wanted row and no more than planned; asked without bars where rules differ."""
        foreseen = {tuple(plan.request.instants(r, shelf)) for r in self._rules}
        if len(foreseen) == 1:
            return True
        came = await ask_rows(self._source, ticker, greek, plan.request, summary=True)
        self._learn(plan.request, shelf, came.value)
        instants = [stored.as_of for stored in came.value.maps]
        return wanted in instants and len(instants) <= plan.rows

    def _learn(self, request: Request, shelf: Shelf, came: MapHistory) -> None:
        instants = [stored.as_of for stored in came.maps]
        if instants and instants[-1] > max(
            instant for i in shelf.values() for instant in i
        ):
            # Stored since the summary pass: nothing can be told from it.
            return
        # Where none is left it counts like no rule: all are open again.
        self._rules = surviving(self._rules, request, shelf, instants) or RULES

    async def _row_from_all(
        self,
        ticker: Ticker,
        greek: Greek,
        day: date,
        row: int,
        wanted: datetime,
        stored_rows: int,
    ) -> Fetched[StrikeMap]:
        """Last resort where rows are counted in no known way: tried without bars, then taken."""
        from_newest = stored_rows - row + _NEW_ROWS
        for limit in (*sorted((row + 1, from_newest)), ALL_ROWS):
            request = Request(day, day, 1, limit)
            tried = await ask_rows(self._source, ticker, greek, request, summary=True)
            if all(stored.as_of != wanted for stored in tried.value.maps):
                continue
            came = await ask_rows(self._source, ticker, greek, request, summary=False)
            found = self._keep(came.value, wanted)
            if found is not None:
                return Fetched(found, cached=came.cached, failure=came.failure)
        raise UnreadableReply(
            f"the stored {greek} map of {wanted:%Y-%m-%d %H:%M:%S} is listed but was not sent",
            "Ask for a moment some minutes earlier or later.",
        )

    def _keep(self, came: MapHistory, wanted: datetime) -> StrikeMap | None:
        """Remember full snapshots and find one; of two at one instant the last is kept."""
        found = None
        for stored in came.maps:
            key = (stored.ticker, stored.greek, stored.as_of)
            self._kept[key] = stored
            self._kept.move_to_end(key)
            found = stored if stored.as_of == wanted else found
        while len(self._kept) > _KEPT_MAPS:
            self._kept.popitem(last=False)
        return found


def week_before(day: date) -> tuple[date, date]:
    """The five calendar days that end with the session before *day*: the unit in which the past is summed up."""
    end = previous_session(day)
    return end - LONGEST_RANGE, end


def _after(day: date) -> tuple[date, date]:
    return next_session(day), day + LONGEST_RANGE
