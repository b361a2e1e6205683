"""
The REST side as a `Source`: what can be asked, and how each answer is read.

A finished session never changes, so its history is good for as long as there is room for it.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from anyio.abc import TaskGroup

from gexfocus_mcp.errors import NoData
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.flow import FlowHistory
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.stored import MapHistory, StoredSessions
from gexfocus_mcp.market.strikes import GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus import endpoints
from gexfocus_mcp.sources.gexfocus.asking import MEMORY, Asker, Question, name_of
from gexfocus_mcp.sources.gexfocus.endpoints import LIMITS, Endpoint
from gexfocus_mcp.sources.gexfocus.poured_maps import PouredMaps
from gexfocus_mcp.sources.gexfocus.queries import Query, flow_query, map_query
from gexfocus_mcp.sources.gexfocus.remarks import MARGIN, alone, reach
from gexfocus_mcp.sources.gexfocus.transport import Transport
from gexfocus_mcp.sources.gexfocus.upstream_clock import UpstreamClock
from gexfocus_mcp.sources.gexfocus.wire_flow import parse_flow_history
from gexfocus_mcp.sources.gexfocus.wire_maps import (
    LOADING,
    parse_greek_maps,
    parse_strike_map,
)
from gexfocus_mcp.sources.gexfocus.wire_matrix import parse_expiry_map
from gexfocus_mcp.sources.gexfocus.wire_stored import (
    parse_map_history,
    parse_sessions,
)
from gexfocus_mcp.sources.protocol import DateRange, Fetched, SourceStatus
from gexfocus_mcp.traffic.commons import Commons
from gexfocus_mcp.traffic.elapsed import elapsed
from gexfocus_mcp.traffic.pace import Usage


T = TypeVar("T")


class GexFocus:
    """The GEXfocus Trading API, or whatever speaks like it behind the transport."""

    def __init__(
        self,
        transport: Transport,
        tasks: TaskGroup,
        *,
        now: Callable[[], datetime],
        name: str = "gexfocus",
        upstream: UpstreamClock | None = None,
        commons: Commons | None = None,
        clock: Callable[[], float] = elapsed,
        memory: int = MEMORY,
        host: str | None = None,
        has_key: bool = False,
    ) -> None:
        """
        Args:
            tasks: Where requests run, apart from the callers who wait for them.
            now: The market's clock, aware: decides which sessions are finished.
            name: What answers call this source, unless the upstream says that it is simulated.
            upstream: What the upstream's replies say of themselves.
            commons: What is shared with other processes of the key; by default nothing.
            clock: Elapsed seconds.
            memory: Roughly how many bytes of answers to remember.
            host, has_key: What `status` tells of the transport: whom it asks (None for nobody outside this
                process), and whether with a key of the user's.
        """
        self._name = name
        self._upstream = upstream or UpstreamClock(now)
        self._commons = commons or Commons(LIMITS, clock=clock)
        self._transport = transport
        self._asker = Asker(
            transport,
            tasks,
            self._commons,
            self._upstream,
            clock=clock,
            memory=memory,
        )
        self._host = host
        self._has_key = has_key

    @property
    def name(self) -> str:
        return "simulated" if self._upstream.simulated else self._name

    @property
    def remark(self) -> str | None:
        said = [self._upstream.remark, alone(self._commons)]
        return "; ".join(filter(None, said)) or None

    async def status(self) -> SourceStatus:
        memo, shared = self._asker.memo, self._asker.shared
        buckets: dict[str, Usage] = {
            name: await self._commons.usage(name) for name in LIMITS
        }
        return SourceStatus(
            buckets=buckets,
            entries=len(memo),
            hits=memo.hits + shared,
            loads=memo.loads - shared,
            has_key=self._has_key,
            host=self._host,
            shared=self._commons.place if self._commons.trouble is None else None,
            remarks=(MARGIN, *reach(self._commons)),
        )

    async def greek_maps(self, ticker: Ticker) -> Fetched[GreekMaps]:
        """All four in one request: it counts as one whatever the greeks."""
        return await self._ask(
            endpoints.GREEK_MAPS,
            ticker,
            None,
            {},
            parse=lambda p: parse_greek_maps(p, ticker),
        )

    async def strike_map(self, ticker: Ticker, greek: Greek) -> Fetched[StrikeMap]:
        known = self._newest_at_hand(ticker, greek)
        if known is not None:
            self._asker.memo.hits += 1
            return Fetched(known, cached=True)
        return await self._ask(
            endpoints.STRIKE_MAPS[greek],
            ticker,
            None,
            {},
            parse=lambda p: _loaded(parse_strike_map(p, ticker, greek)),
        )

    def _newest_at_hand(self, ticker: Ticker, greek: Greek) -> StrikeMap | None:
        """A map that is still fresh, of its own reply or of the one that brought all four: whichever is of a later time."""
        alone = self._asker.at_hand(
            name_of(endpoints.STRIKE_MAPS[greek].url_path(ticker), {})
        )
        whole = self._asker.at_hand(name_of(endpoints.GREEK_MAPS.url_path(ticker), {}))
        beside = whole.maps.get(greek) if isinstance(whole, GreekMaps) else None
        known = [each for each in (alone, beside) if isinstance(each, StrikeMap)]
        return max(known, key=lambda each: each.as_of, default=None)

    async def expiry_map(self, ticker: Ticker) -> Fetched[ExpiryMap]:
        return await self._ask(
            endpoints.EXPIRY_MAP,
            ticker,
            None,
            {},
            parse=lambda p: parse_expiry_map(p, ticker),
        )

    async def flow_history(
        self, ticker: Ticker, day: date | None, *, limit: int, every: int
    ) -> Fetched[FlowHistory]:
        return await self._ask(
            endpoints.FLOW_HISTORY,
            ticker,
            None,
            flow_query(ticker, day, limit=limit, every=every),
            parse=lambda p: parse_flow_history(
                p, ticker, day, limit=limit, every=every
            ),
            final=lambda got: bool(got.ticks) and self._is_finished(day),
            rows=limit,
        )

    async def flow_sessions(self, ticker: Ticker) -> Fetched[StoredSessions]:
        return await self._ask(
            endpoints.FLOW_SESSIONS,
            ticker,
            None,
            {"ticker": ticker},
            parse=lambda p: parse_sessions(p, ticker),
        )

    async def map_history(
        self,
        ticker: Ticker,
        greek: Greek,
        when: date | DateRange | None,
        *,
        limit: int,
        every: int,
        summary: bool,
    ) -> Fetched[MapHistory]:
        last_day = when.end if isinstance(when, DateRange) else when
        return await self._ask(
            endpoints.MAP_SUMMARIES if summary else endpoints.MAP_HISTORY,
            ticker,
            greek,
            map_query(ticker, when, limit=limit, every=every, summary=summary),
            parse=lambda p: parse_map_history(
                p, ticker, greek, when, limit=limit, every=every, summary=summary
            ),
            final=lambda got: bool(got.maps) and self._is_finished(last_day),
            rows=limit,
        )

    async def map_rows(
        self,
        ticker: Ticker,
        greek: Greek,
        when: date | DateRange | None,
        *,
        limit: int,
        every: int,
        take: Callable[[StrikeMap], object],
    ) -> Fetched[MapHistory]:
        endpoint = endpoints.MAP_HISTORY
        maps = PouredMaps(ticker, greek, when, limit=limit, every=every, take=take)
        await self._transport.pour(
            endpoint,
            endpoint.url_path(ticker, greek),
            map_query(ticker, when, limit=limit, every=every, summary=False),
            endpoint.poured_cap(limit),
            maps.feed,
            endpoints.POURED_S,
        )
        return Fetched(maps.close())

    async def map_sessions(
        self, ticker: Ticker, greek: Greek
    ) -> Fetched[StoredSessions]:
        return await self._ask(
            endpoints.MAP_SESSIONS,
            ticker,
            greek,
            {"ticker": ticker},
            parse=lambda p: parse_sessions(p, ticker, greek),
        )

    async def _ask(
        self,
        endpoint: Endpoint,
        ticker: Ticker,
        greek: Greek | None,
        query: Query,
        *,
        parse: Callable[[dict[str, Any]], T],
        final: Callable[[T], bool] = lambda _: False,
        rows: int = 1,
    ) -> Fetched[T]:
        """
        Args:
            final: Whether an answer can never change.
            rows: Most rows that are asked for.
        """
        return await self._asker.ask(
            Question(
                endpoint,
                endpoint.url_path(ticker, greek),
                query,
                endpoint.lifetime_of(ticker),
                parse,
                final,
                endpoint.cap_of(rows),
            )
        )

    def _is_finished(self, day: date | None) -> bool:
        """Whether *day* is over in New York; the latest session (None) may change any moment."""
        return (
            day is not None
            and day < self._upstream.earlier().astimezone(NEW_YORK).date()
        )


def _loaded(strikes: StrikeMap) -> StrikeMap:
    """
    Raises:
        NoData: There is no number in it.
    """
    if strikes.bars or strikes.stored_net is not None:
        return strikes
    raise NoData(
        f"{strikes.ticker}: {LOADING.partition(';')[0]}",
        "Ask again then, or ask for another greek or ticker.",
        retry_after=60,
    )
