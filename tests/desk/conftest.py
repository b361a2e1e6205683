"""A desk over a source that says what a test tells it to."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any

import anyio
import pytest

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.errors import GexFocusError, Unreachable
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.flow import FlowHistory, Tick
from gexfocus_mcp.market.stored import StoredSessions
from gexfocus_mcp.market.strikes import Bar, GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import Ticker, parse_ticker
from gexfocus_mcp.sources.protocol import (
    Fetched,
    Heard,
    LiveTape,
    OpenStream,
    SourceStatus,
    StreamPhase,
    StreamState,
)
from gexfocus_mcp.traffic.pace import Usage


SPY = parse_ticker("SPY")
NOON = datetime(2026, 7, 8, 12, 0, tzinfo=NEW_YORK)


class FakeTape:
    """A buffer that never changes."""

    def __init__(
        self,
        phase: StreamPhase,
        heard: tuple[Heard, ...],
        never_opened: GexFocusError | None,
    ) -> None:
        cut = Unreachable("the stream was cut", "Wait.") if phase == "cut" else None
        self.state = StreamState(
            phase, 0.0, problem=never_opened or cut, ever_open=never_opened is None
        )
        self.heard = heard
        self.warm = bool(heard)

    async def changed(self) -> None:
        """Nothing ever changes."""
        await anyio.sleep_forever()


class FakeFeed:
    """Source and stream in one; every answer may be set, or be a failure."""

    name = "gexfocus"
    remark: str | None = None

    def __init__(self) -> None:
        self.says: dict[str, Any] = {}
        self.failure: GexFocusError | None = None
        self.phase: StreamPhase = "cut"
        self.heard: tuple[Heard, ...] = ()
        self.open: tuple[Ticker, ...] = ()
        self.never_opened: GexFocusError | None = None

    async def _answer(self, what: str) -> Fetched[Any]:
        said = self.says[what]
        if isinstance(said, GexFocusError):
            raise said
        return Fetched(said, cached=self.failure is not None, failure=self.failure)

    async def status(self) -> SourceStatus:
        return SourceStatus(
            {"last": Usage(118, 3), "history": Usage(58, 0, 41.0, "rate_limited")},
            entries=2,
            hits=5,
            loads=3,
            has_key=True,
            host="api.example",
            remarks=("limits less a margin",),
        )

    async def greek_maps(self, ticker: Ticker) -> Fetched[GreekMaps]:
        return await self._answer("maps")

    async def expiry_map(self, ticker: Ticker) -> Fetched[ExpiryMap]:
        return await self._answer("matrix")

    async def flow_history(
        self, ticker: Ticker, day: date | None, *, limit: int, every: int
    ) -> Fetched[FlowHistory]:
        return await self._answer("flow")

    async def flow_sessions(self, ticker: Ticker) -> Fetched[StoredSessions]:
        return await self._answer("sessions")

    async def strike_map(self, *_: Any, **__: Any) -> Any:
        return await self._answer("strike_map")

    async def map_history(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def map_rows(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def map_sessions(self, *_: Any, **__: Any) -> Any:
        return await self._answer("sessions")

    def open_tickers(self) -> tuple[Ticker, ...]:
        return self.open

    def streams(self) -> tuple[OpenStream, ...]:
        tape = FakeTape(self.phase, self.heard, self.never_opened)
        return tuple(OpenStream(t, tape.state, tape.heard, 0) for t in self.open)

    @asynccontextmanager
    async def tape(self, ticker: Ticker) -> AsyncIterator[LiveTape]:
        yield FakeTape(self.phase, self.heard, self.never_opened)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def gamma_map(as_of: datetime = NOON, **changes: Any) -> StrikeMap:
    values: dict[str, Any] = {
        "ticker": SPY,
        "greek": "gex",
        "as_of": as_of,
        "session": as_of.date(),
        "spot": 100.0,
        "stored_net": None,
        "stored_max_strike": None,
        "bars": (Bar(95, 1.0, -6.0), Bar(100, 4.0, -2.0), Bar(105, 9.0, -1.0)),
    }
    return StrikeMap(**{**values, **changes})


@pytest.fixture
def maps() -> Callable[..., GreekMaps]:
    def build(as_of: datetime = NOON, **changes: Any) -> GreekMaps:
        gamma = gamma_map(as_of, **changes)
        return GreekMaps(SPY, {"gex": gamma}, ("delta", "vanna", "charm"))

    return build


@pytest.fixture
def matrix() -> ExpiryMap:
    return ExpiryMap(
        SPY,
        NOON - timedelta(seconds=20),
        100.0,
        (NOON.date(), NOON.date() + timedelta(days=1)),
        (95.0, 100.0, 105.0),
        {"gex": ((-3.0, -2.0), (1.0, 1.0), (5.0, 3.0))},
    )


@pytest.fixture
def tick() -> Callable[..., Heard]:
    def build(age_s: float, at: float = 0.0, **fields: float) -> Heard:
        return Heard(at, Tick(ts=NOON - timedelta(seconds=age_s), **fields))

    return build


@pytest.fixture
def feed(maps: Callable[..., GreekMaps], matrix: ExpiryMap) -> FakeFeed:
    feed = FakeFeed()
    feed.says = {"maps": maps(), "matrix": matrix}
    return feed


@pytest.fixture
def desk(feed: FakeFeed) -> Desk:
    return Desk(feed, feed, lambda: NOON)
