"""A wait that fires at the tick, keeps to its limit, says why it ended, and leaves nothing open."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import anyio
import pytest
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection, serve

from gexfocus_mcp.analysis.condition import Condition, parse_condition
from gexfocus_mcp.analysis.watched import WatchReading
from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.errors import GexFocusError, NoData, NoKey, TimedOut, UpstreamDown
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.market.strikes import Bar, GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.dial import dialer
from gexfocus_mcp.sources.gexfocus.listener import Listener
from gexfocus_mcp.sources.protocol import (
    Fetched,
    Heard,
    LiveTape,
    OpenStream,
    StreamState,
)
from gexfocus_mcp.traffic.elapsed import elapsed
from tests.desk.conftest import NOON, SPY, FakeFeed, gamma_map


pytestmark = pytest.mark.anyio

DOWN = UpstreamDown("GEXfocus answered 503", "Ask again later.", retry_after=30)
NO_KEY = NoKey("no key is set", "Set one.")


class Wire:
    """A live source whose buffer says what the test says."""

    def __init__(self) -> None:
        self.state = StreamState("open", elapsed(), ever_open=True)
        self.heard: tuple[Heard, ...] = ()
        self.warm = False
        self.readers = 0
        self.looks = 0
        self._changed = anyio.Event()

    def become(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._wake()

    def say(self, *prices: float | None, **fields: float | None) -> None:
        """Several messages at once are a burst: the reader wakes up behind the last."""
        for price in prices or (None,):
            ts = NOON + timedelta(seconds=len(self.heard) + 1)
            tick = Tick(ts=ts, price=price, **fields)
            self.heard += (Heard(elapsed(), tick),)
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def changed(self) -> None:
        self.looks += 1
        await self._changed.wait()

    @asynccontextmanager
    async def tape(self, ticker: Ticker) -> AsyncIterator[LiveTape]:
        self.readers += 1
        try:
            yield self
        finally:
            self.readers -= 1

    def open_tickers(self) -> tuple[Ticker, ...]:
        return ()

    def streams(self) -> tuple[OpenStream, ...]:
        return ()


class SlowMap(FakeFeed):
    """Answers about the strike map when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.says["matrix"] = DOWN
        self.let = anyio.Event()

    async def strike_map(self, *_: Any, **__: Any) -> Any:
        await self.let.wait()
        return Fetched(gamma_map())


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def feed() -> FakeFeed:
    feed = FakeFeed()
    feed.says = {"strike_map": gamma_map(), "matrix": DOWN}
    return feed


@pytest.fixture
def desk(feed: FakeFeed, wire: Wire) -> Desk:
    return Desk(feed, wire, lambda: NOON + timedelta(seconds=5))


def conditions(*names: str) -> list[Condition]:
    return [parse_condition(name) for name in names]


async def watched(
    desk: Desk,
    *names: str,
    seconds: float = 20,
    then: Callable[[], object] | None = None,
) -> WatchReading:
    """Watch, and let something happen a moment after the start."""
    read = list[WatchReading]()

    async def wait() -> None:
        read.append(await desk.watch(SPY, conditions(*names), seconds))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            if then is not None:
                await anyio.wait_all_tasks_blocked()
                then()
    return read[0]


def map_flip() -> float:
    """The flip of the small map: by bisection of its own repricing, kernel apart."""
    from gexfocus_mcp.analysis.kernel import read_kernel

    flip = read_kernel(gamma_map(), 100.0).flip()
    assert flip is not None
    return flip


async def test_every_tick_of_a_burst_is_looked_at(desk: Desk, wire: Wire) -> None:
    """Price is back on its side when the reader wakes up, and the crossing is still seen."""
    read = await watched(
        desk, "call_wall", then=lambda: wire.say(101.0, 106.0, 101.0, 100.5)
    )
    (fired,) = read.fired
    assert (fired.tick.price, fired.level, fired.already) == (106.0, 105.0, False)
    assert fired.tick is wire.heard[1].tick
    assert read.waited_s < 5


async def test_a_null_price_leaves_the_side_as_it_was(desk: Desk, wire: Wire) -> None:
    read = await watched(
        desk, "call_wall", then=lambda: wire.say(101.0, None, 104.0, None, 105.0)
    )
    assert read.fired[0].tick is wire.heard[4].tick


async def test_of_two_conditions_only_the_first_to_come_true_is_told(
    desk: Desk, wire: Wire
) -> None:
    read = await watched(
        desk,
        "price>103",
        "call_wall",
        then=lambda: wire.say(101.0, 106.0, 102.0, 104.0),
    )
    assert {f.condition.text for f in read.fired} == {"price>103", "call_wall"}
    read = await watched(
        desk, "price<97", "put_wall", then=lambda: wire.say(96.0, 94.0)
    )
    assert [f.condition.text for f in read.fired] == ["price<97"]


async def test_what_is_true_already_is_told_at_once(desk: Desk, wire: Wire) -> None:
    wire.say(101.0)
    wire.say(None, ndf=9.0)
    read = await watched(desk, "flip", "price>100.5", "price<50")
    assert [(f.condition.text, f.already) for f in read.fired] == [
        ("price>100.5", True)
    ]
    assert read.waited_s < 5


async def test_a_crossing_since_the_map_is_there_already(
    desk: Desk, wire: Wire
) -> None:
    level = map_flip()
    other_side = level - 0.5 if level < 100 else level + 0.5
    wire.say(other_side)
    read = await watched(desk, "flip")
    assert read.fired[0].already
    assert read.fired[0].level == level


async def test_nothing_fires_before_the_limit_and_the_levels_are_told(
    desk: Desk, wire: Wire
) -> None:
    wire.say(101.0, gamma_flip=99.5)
    began = elapsed()
    read = await watched(desk, "flip", "call_wall", "ndf_long", seconds=0.5)
    assert elapsed() - began < 1
    assert read.fired == ()
    assert 0.4 <= read.waited_s <= 0.5
    flip, wall, ndf = read.watched
    assert flip.stream_level == 99.5
    assert wall.distance_pct == pytest.approx(4 / 101 * 100)
    assert ndf.level is None
    assert read.live.verdict == "live"
    assert [c.text for c in read.following] == ["flip", "call_wall", "ndf_long"]


async def test_the_map_is_not_asked_for_where_no_condition_needs_it(
    desk: Desk, feed: FakeFeed, wire: Wire
) -> None:
    feed.says = {"matrix": DOWN}
    wire.say(101.0, gex_total=4.0)
    read = await watched(
        desk, "price>200", "net_sign", then=lambda: wire.say(101.0, gex_total=-4.0)
    )
    assert read.fired[0].condition.kind == "net_sign"
    assert read.map_provenance is None


async def test_without_a_map_the_other_conditions_go_on(
    desk: Desk, feed: FakeFeed, wire: Wire
) -> None:
    feed.says["strike_map"] = DOWN
    read = await watched(desk, "flip", "price>102", then=lambda: wire.say(103.0))
    assert [f.condition.text for f in read.fired] == ["price>102"]
    assert read.watched[0].unavailable == "GEXfocus answered 503"


async def test_without_a_map_and_another_condition_it_is_refused(
    desk: Desk, feed: FakeFeed
) -> None:
    feed.says["strike_map"] = DOWN
    with pytest.raises(UpstreamDown):
        await desk.watch(SPY, conditions("flip", "call_wall"), 20)


async def test_a_level_that_does_not_exist_is_said_and_not_waited_for(
    desk: Desk, feed: FakeFeed, wire: Wire
) -> None:
    calls = gamma_map(bars=(Bar(95, 1.0, 0.0), Bar(105, 9.0, 0.0)))
    feed.says["strike_map"] = calls
    with pytest.raises(NoData, match="within 15 %"):
        await desk.watch(SPY, conditions("flip"), 20)
    read = await watched(desk, "flip", "call_wall", then=lambda: wire.say(106.0))
    assert "within 15 %" in (read.watched[0].unavailable or "")
    assert read.fired[0].condition.kind == "call_wall"


async def test_a_map_that_hangs_holds_up_nothing_else(wire: Wire) -> None:
    desk = Desk(SlowMap(), wire, lambda: NOON)
    read = await watched(desk, "flip", "price>102", then=lambda: wire.say(103.0))
    assert read.fired[0].condition.text == "price>102"
    assert read.watched[0].unavailable == "the strike map has not come"

    began = elapsed()
    with pytest.raises(TimedOut, match="has not come"):
        await desk.watch(SPY, conditions("flip"), 0.3)
    assert elapsed() - began < 1
    assert wire.readers == 0


async def test_a_late_map_catches_up_on_every_tick_since_the_start(wire: Wire) -> None:
    slow = SlowMap()

    def happen() -> None:
        wire.say(101.0, 106.0, 101.0)
        slow.let.set()

    read = await watched(Desk(slow, wire, lambda: NOON), "call_wall", then=happen)
    assert read.fired[0].tick is wire.heard[1].tick


async def test_a_raw_map_is_read_for_the_dealer(
    desk: Desk, feed: FakeFeed, wire: Wire
) -> None:
    bars = tuple(Bar(b.strike, b.calls, -b.puts) for b in gamma_map().bars)
    feed.says["strike_map"] = gamma_map(bars=bars)
    read = await watched(desk, "put_wall", seconds=0.2)
    assert read.watched[0].level == 95
    assert read.map_provenance is not None
    assert "raw open interest" in read.map_provenance.notes[-1]


async def test_a_refused_stream_ends_the_wait(desk: Desk, wire: Wire) -> None:
    wire.say(101.0)
    read = await watched(
        desk, "price>200", then=lambda: wire.become(phase="refused", problem=DOWN)
    )
    assert (read.live.verdict, read.fired) == ("refused", ())
    assert read.waited_s < 5


@pytest.mark.parametrize(("phase", "problem"), [("refused", NO_KEY), ("cut", DOWN)])
async def test_a_stream_that_never_opened_is_a_refusal(
    desk: Desk, wire: Wire, phase: str, problem: GexFocusError
) -> None:
    wire.become(phase=phase, ever_open=False, problem=problem)
    with pytest.raises(type(problem)):
        await desk.watch(SPY, conditions("price>200"), 0.3)


async def test_a_reconnect_beyond_the_limit_is_not_waited_for(
    desk: Desk, wire: Wire
) -> None:
    wire.say(101.0)
    wire.become(phase="cut", next_try_s=120.0, problem=DOWN, cuts=1)
    read = await watched(desk, "price>200")
    assert (read.live.verdict, read.live.next_try_s) == ("cut", 120.0)
    assert read.waited_s < 5


async def test_a_cut_is_waited_out_within_the_limit(desk: Desk, wire: Wire) -> None:
    wire.say(101.0)
    wire.become(phase="cut", next_try_s=0.1, problem=DOWN, cuts=1)
    read = await watched(desk, "call_wall", then=lambda: wire.say(106.0))
    assert read.fired[0].tick.price == 106.0


async def test_a_closed_market_is_not_waited_for(feed: FakeFeed, wire: Wire) -> None:
    wire.become(since=elapsed() - 60)
    sunday = Desk(feed, wire, lambda: NOON + timedelta(days=4))
    read = await watched(sunday, "flip", "call_wall", seconds=50)
    assert read.live.verdict == "market_closed"
    assert read.waited_s < 5
    assert read.watched[1].level == 105


async def test_an_opening_within_the_limit_is_waited_for(
    feed: FakeFeed, wire: Wire
) -> None:
    wire.become(since=elapsed() - 60)
    before_open = NOON.replace(hour=9, minute=29, second=55)
    read = await watched(
        Desk(feed, wire, lambda: before_open),
        "price>102",
        then=lambda: wire.say(103.0),
    )
    assert read.fired[0].condition.text == "price>102"


async def test_a_watch_of_no_seconds_looks_once(desk: Desk, wire: Wire) -> None:
    wire.say(101.0)
    read = await watched(desk, "flip", "price>200", seconds=0)
    assert read.fired == ()
    assert read.watched[0].level is not None
    assert read.waited_s < 1


async def test_a_reader_of_progress_that_hangs_delays_nothing(
    desk: Desk, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gexfocus_mcp.desk.watching._PROGRESS_EVERY_S", 0.05)
    told = list[str]()

    async def hang(done: float, total: float, message: str) -> None:
        assert 0 < done <= total
        told.append(message)
        await anyio.sleep_forever()

    wire.say(101.0)
    with anyio.fail_after(5):
        read = await desk.watch(SPY, conditions("call_wall"), 0.5, hang)
    assert read.fired == ()
    assert told == ["SPY 101.00; nearest: call_wall 105.00, +3.96 % away"]


async def test_a_cancelled_wait_leaves_no_reader(desk: Desk, wire: Wire) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.watch, SPY, conditions("flip"), 50)
        await anyio.wait_all_tasks_blocked()
        assert wire.readers == 1
        tasks.cancel_scope.cancel()
    assert wire.readers == 0


class Upstream:
    """A WebSocket server that counts its connections."""

    def __init__(self) -> None:
        self.open = 0
        self.opened = 0
        self.changed = anyio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        async def handler(connection: ServerConnection) -> None:
            self.count(1)
            try:
                for number in range(10_000):
                    ts = datetime.now(NOON.tzinfo).isoformat()
                    message = {"ticker": "SPY", "ts": ts, "price": 100.0 + number}
                    await connection.send(json.dumps(message))
                    await anyio.sleep(0.02)
            finally:
                self.count(-1)

        async with serve(handler, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}/trading"

    def count(self, step: int) -> None:
        self.open += step
        self.opened += max(0, step)
        self.changed.set()
        self.changed = anyio.Event()

    async def until(self, connections: int) -> None:
        while self.open != connections:
            await self.changed.wait()


async def test_no_socket_is_left_when_the_wait_was_cancelled_and_its_lease_has_run_out(
    feed: FakeFeed,
) -> None:
    upstream = Upstream()
    with anyio.fail_after(10):
        async with upstream.serving() as url:
            dial = dialer(url, SecretStr("k"))
            async with Listener(dial, linger=0.2) as live:
                desk = Desk(feed, live, lambda: datetime.now(NOON.tzinfo))
                async with anyio.create_task_group() as tasks:
                    for _ in range(3):
                        tasks.start_soon(desk.watch, SPY, conditions("price<1"), 50)
                    await upstream.until(1)
                    tasks.cancel_scope.cancel()
                assert live.open_tickers() == ("SPY",)
                await upstream.until(0)
                assert live.open_tickers() == ()
                # Within its lease the same socket serves the next reader.
                await desk.watch(SPY, conditions("price>104"), 5)
                read = await desk.watch(SPY, conditions("price>106"), 5)
                assert read.fired
                assert upstream.opened == 2
            await upstream.until(0)


def test_the_small_map_is_what_these_tests_take_it_for() -> None:
    small: StrikeMap = gamma_map()
    assert small.spot == 100.0
    assert max(small.bars, key=lambda b: b.calls).strike == 105
    assert min(small.bars, key=lambda b: b.puts).strike == 95


async def test_the_flip_waited_for_is_the_one_a_positioning_read_tells(
    desk: Desk, feed: FakeFeed, wire: Wire
) -> None:
    days = (NOON.date() + timedelta(days=1), NOON.date() + timedelta(days=8))
    cells = {95.0: (-4.0, -1.0), 100.0: (1.0, 1.0), 105.0: (6.0, 2.0)}
    feed.says["matrix"] = ExpiryMap(
        SPY, NOON, 100.0, days, tuple(cells), {"gex": tuple(cells.values())}
    )
    feed.says["maps"] = GreekMaps(SPY, {"gex": gamma_map()}, ("vanna", "charm"))
    wire.say(100.0)

    positioning = await desk.positioning(SPY)
    reading = await watched(desk, "flip", seconds=0)

    flip = positioning.positioning.levels.flip
    assert flip is not None
    assert (flip.method, reading.marks.flip_method) == ("matrix", "matrix")
    assert reading.marks.levels["flip"] == flip.value
