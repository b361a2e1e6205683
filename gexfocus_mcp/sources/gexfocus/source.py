"""
The REST side as a `Source`: remembers, merges, paces, parses.

A finished session never changes, so its history is good for as long as there is room for it.
"""

from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime
from math import inf
from time import monotonic
from typing import Any, Final, TypeVar

from anyio import to_thread
from anyio.abc import TaskGroup

from gexfocus_mcp.errors import (
    Forbidden,
    NoData,
    RequestRejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.flow import FlowHistory
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.stored import MapHistory, StoredSession
from gexfocus_mcp.market.strikes import GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus import endpoints
from gexfocus_mcp.sources.gexfocus.decoding import decode_object
from gexfocus_mcp.sources.gexfocus.endpoints import DOCUMENTED, Bucket, Endpoint
from gexfocus_mcp.sources.gexfocus.queries import Query, flow_query, map_query
from gexfocus_mcp.sources.gexfocus.transport import Transport
from gexfocus_mcp.sources.gexfocus.upstream_clock import UpstreamClock
from gexfocus_mcp.sources.gexfocus.weights import weigh
from gexfocus_mcp.sources.gexfocus.wire_flow import parse_flow_history
from gexfocus_mcp.sources.gexfocus.wire_maps import parse_greek_maps, parse_strike_map
from gexfocus_mcp.sources.gexfocus.wire_matrix import parse_expiry_map
from gexfocus_mcp.sources.gexfocus.wire_stored import parse_map_history, parse_sessions
from gexfocus_mcp.sources.protocol import DateRange, Fetched, SourceStatus
from gexfocus_mcp.traffic.memo import Memo
from gexfocus_mcp.traffic.pace import Pace


T = TypeVar("T")

MEMORY: Final = 96 * 1024 * 1024
"""Roughly how many bytes of answers are remembered."""

# Above this, parsing would hold up every other request by more than some 10 ms.
_LARGE_BODY: Final = 1024 * 1024

_REFUSED_FOR: Final = 60.0
_MARGIN: Final = (
    f"limits are the API's {DOCUMENTED['last']} and {DOCUMENTED['history']} per 60 s and key, less a margin; "
    "counted in this process alone, other programs with the key spend from the same budgets"
)
# An outage is asked about again soon, but not once for every turn of an impatient agent.
_DOWN_FOR: Final = 5.0


def _remember_failure(error: Exception) -> float:
    if isinstance(error, Unauthorized | Forbidden | RequestRejected | NoData):
        return _REFUSED_FOR
    return _DOWN_FOR if isinstance(error, Unavailable) else 0.0


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
        clock: Callable[[], float] = monotonic,
        memory: int = MEMORY,
        paces: Mapping[Bucket, Pace] | None = None,
        host: str | None = None,
        has_key: bool = False,
    ) -> None:
        """
        Args:
            tasks: Where requests run, apart from the callers who wait for them.
            now: The market's clock, aware: decides which sessions are finished.
            name: What answers call this source, unless the upstream says that it is simulated.
            upstream: What the upstream's replies say of themselves.
            clock: Monotonic seconds.
            memory: Roughly how many bytes of answers to remember.
            paces, host, has_key: What `status` tells of the transport: its budgets, whom it asks (None for
                nobody outside this process), and whether with a key of the user's.
        """
        self._name = name
        self._upstream = upstream
        self.memo: Memo[Any] = Memo(
            tasks,
            clock,
            capacity=memory,
            weigh=weigh,
            remember_failure=_remember_failure,
        )
        self._transport = transport
        self._now = now
        self._paces = paces or {}
        self._host = host
        self._has_key = has_key

    @property
    def name(self) -> str:
        simulated = self._upstream is not None and self._upstream.simulated
        return "simulated" if simulated else self._name

    @property
    def remark(self) -> str | None:
        return self._upstream.remark if self._upstream else None

    async def status(self) -> SourceStatus:
        return SourceStatus(
            buckets={name: await pace.usage() for name, pace in self._paces.items()},
            entries=len(self.memo),
            hits=self.memo.hits,
            loads=self.memo.loads,
            has_key=self._has_key,
            host=self._host,
            remarks=(_MARGIN,),
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
        return await self._ask(
            endpoints.STRIKE_MAPS[greek],
            ticker,
            None,
            {},
            parse=lambda p: parse_strike_map(p, ticker, greek),
        )

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
        )

    async def flow_sessions(self, ticker: Ticker) -> Fetched[tuple[StoredSession, ...]]:
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
            endpoints.MAP_HISTORY,
            ticker,
            greek,
            map_query(ticker, when, limit=limit, every=every, summary=summary),
            parse=lambda p: parse_map_history(
                p, ticker, greek, when, limit=limit, every=every, summary=summary
            ),
            final=lambda got: bool(got.maps) and self._is_finished(last_day),
        )

    async def map_sessions(
        self, ticker: Ticker, greek: Greek
    ) -> Fetched[tuple[StoredSession, ...]]:
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
    ) -> Fetched[T]:
        """
        Args:
            final: Whether an answer can never change.
        """
        path = endpoint.url_path(ticker, greek)
        key: Hashable = (path, *sorted(query.items()))
        lifetime = endpoint.lifetime_of(ticker)

        async def load() -> T:
            return await _parse(
                await self._transport.fetch(endpoint, path, query), parse
            )

        try:
            got = await self.memo.get(
                key, lambda value: inf if final(value) else lifetime, load
            )
        except (Unavailable, Throttled) as failure:
            older = self.memo.older(key)
            if older is None:
                raise
            return Fetched(older.value, cached=True, failure=failure)
        return Fetched(got.value, cached=got.cached)

    def _is_finished(self, day: date | None) -> bool:
        """Whether *day* is over in New York; the latest session (None) may change any moment."""
        return day is not None and day < self._now().astimezone(NEW_YORK).date()


async def _parse(body: bytes, parse: Callable[[dict[str, Any]], T]) -> T:
    def read() -> T:
        return parse(decode_object(body))

    return await to_thread.run_sync(read) if len(body) > _LARGE_BODY else read()
