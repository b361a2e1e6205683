"""One connection for all readers: opened, shared, lingering, cut, refused, closed."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from math import inf
from random import Random
from typing import Protocol
from zoneinfo import ZoneInfo

import anyio
import pytest
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from gexfocus_mcp.errors import KeyCooldown, NoKey, UnreadableReply
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.connection import (
    Connection,
    StreamLost,
    StreamRefused,
)
from gexfocus_mcp.sources.gexfocus.endpoints import Bucket
from gexfocus_mcp.sources.gexfocus.listener import Listener
from gexfocus_mcp.sources.gexfocus.tick_buffer import KEPT_FOR
from gexfocus_mcp.sources.protocol import LiveSource, LiveTape
from gexfocus_mcp.traffic.pace import LocalPace, Pace
from gexfocus_mcp.traffic.quota import RollingQuota


pytestmark = pytest.mark.anyio

QQQ = Ticker("QQQ")
SPX = Ticker("SPX")
OPEN = datetime(2026, 5, 19, 9, 30, tzinfo=ZoneInfo("America/New_York"))

Event = str | Exception


def message(number: int, ticker: str = "QQQ") -> str:
    ts = OPEN + timedelta(seconds=number)
    return json.dumps({"ticker": ticker, "ts": ts.isoformat(), "ndf": number})


def phase(tape: LiveTape) -> str:
    return tape.state.phase


def numbers(tape: LiveTape) -> list[float | None]:
    return [heard.tick.ndf for heard in tape.heard]


class Time(Protocol):
    """The fixture's clock and sleep, which agree and move when told to."""

    def __call__(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...
    async def settle(self) -> None: ...
    async def advance(self, seconds: float) -> None: ...


class Server:
    """A stream in memory: says what it is told to, and counts who is connected."""

    def __init__(self, settle: Callable[[], Awaitable[None]]) -> None:
        self.settle = settle
        self.dialled: list[str] = []
        self.connected = 0
        self.refusal: Exception | None = None
        self._lines: dict[str, MemoryObjectSendStream[Event]] = {}

    @asynccontextmanager
    async def dial(self, ticker: Ticker) -> AsyncIterator[Connection]:
        self.dialled.append(ticker)
        if self.refusal is not None:
            raise self.refusal
        sender, receiver = anyio.create_memory_object_stream[Event](1000)
        self._lines[ticker] = sender
        self.connected += 1
        try:
            yield _Line(receiver)
        finally:
            self.connected -= 1
            sender.close()
            receiver.close()

    async def say(self, *events: Event, ticker: str = "QQQ") -> None:
        for event in events:
            await self._lines[ticker].send(event)
        await self.settle()


class _Line:
    def __init__(self, receiver: MemoryObjectReceiveStream[Event]) -> None:
        self._receiver = receiver

    async def receive(self) -> str | bytes:
        event = await self._receiver.receive()
        if isinstance(event, Exception):
            raise event
        return event


@pytest.fixture
def server(time: Time) -> Server:
    return Server(time.settle)


@asynccontextmanager
async def listening(
    server: Server,
    time: Time,
    paces: Mapping[Bucket, Pace] | None = None,
    kept_for: float = KEPT_FOR,
) -> AsyncIterator[Listener]:
    with anyio.fail_after(5):
        async with Listener(
            server.dial,
            paces=paces,
            kept_for=kept_for,
            clock=time,
            sleep=time.sleep,
            draw=lambda: 1.0,
        ) as live:
            yield live
    assert server.connected == 0


async def test_nothing_is_opened_before_the_first_reader(
    server: Server, time: Time
) -> None:
    async with listening(server, time) as live:
        await server.settle()

        assert server.dialled == []
        assert live.open_tickers() == ()


async def test_readers_share_one_connection(server: Server, time: Time) -> None:
    async with listening(server, time) as live, live.tape(QQQ) as first:
        assert not first.warm
        assert phase(first) == "opening"
        await server.settle()
        await server.say(message(1))
        async with live.tape(QQQ) as second:
            await server.say(message(2))

            assert second.warm
            assert numbers(first) == numbers(second) == [1, 2]
            assert phase(first) == "open"
            assert live.open_tickers() == (QQQ,)
    assert server.dialled == ["QQQ"]


async def test_each_ticker_has_its_own(server: Server, time: Time) -> None:
    async with (
        listening(server, time) as live,
        live.tape(QQQ) as q,
        live.tape(SPX) as s,
    ):
        await server.settle()
        await server.say(message(1, "SPX"), ticker="SPX")

        assert (numbers(q), numbers(s)) == ([], [1])
    assert sorted(server.dialled) == ["QQQ", "SPX"]


async def test_a_reader_is_woken_by_the_next_tick(server: Server, time: Time) -> None:
    seen: list[list[float | None]] = []
    async with listening(server, time) as live, live.tape(QQQ) as tape:
        await server.settle()

        async def read() -> None:
            await tape.changed()
            seen.append(numbers(tape))

        async with anyio.create_task_group() as readers:
            readers.start_soon(read)
            readers.start_soon(read)
            await server.settle()
            await server.say(message(1))

    assert seen == [[1], [1]]


async def test_a_reader_is_woken_by_the_handshake_and_by_a_cut(
    server: Server, time: Time
) -> None:
    phases: list[str] = []
    async with listening(server, time) as live, live.tape(QQQ) as tape:
        await tape.changed()
        phases.append(phase(tape))

        async with anyio.create_task_group() as readers:
            readers.start_soon(tape.changed)
            await server.settle()
            await server.say(StreamLost())
        phases.append(phase(tape))

    assert phases == ["open", "cut"]


async def test_the_connection_lingers_after_the_last_reader(
    server: Server, time: Time
) -> None:
    async with listening(server, time) as live:
        async with live.tape(QQQ):
            await server.settle()
            await server.say(message(1))
        await time.advance(59)
        assert server.connected == 1

        async with live.tape(QQQ) as again:
            assert again.warm
            await server.say(message(2))
            await time.advance(100)
            await server.say(message(3))
            assert server.connected == 1
        await time.advance(59)
        assert server.connected == 1
        await time.advance(1)

        assert server.connected == 0
        assert live.open_tickers() == ()
        async with live.tape(QQQ) as later:
            assert not later.warm
            await server.settle()
    assert server.dialled == ["QQQ", "QQQ"]


async def test_a_cancelled_reader_harms_nobody(server: Server, time: Time) -> None:
    async with listening(server, time) as live, live.tape(QQQ) as tape:
        await server.settle()
        with anyio.CancelScope() as scope:
            async with live.tape(QQQ) as other:
                scope.cancel()
                await other.changed()
        await server.say(message(1))

        assert numbers(tape) == [1]
        assert server.connected == 1


async def test_it_reconnects_after_a_cut_and_keeps_what_was_heard(
    server: Server, time: Time
) -> None:
    async with listening(server, time) as live, live.tape(QQQ) as tape:
        await server.settle()
        await server.say(message(1), StreamLost())
        assert (phase(tape), tape.state.next_try_s) == ("cut", 1)
        assert server.connected == 0
        await time.advance(1)
        await server.say(message(2))

        assert numbers(tape) == [1, 2]
        assert phase(tape) == "cut"
        await time.advance(10)
        assert phase(tape) == "open"
        assert len(tape.state.gaps) == 1


async def test_refused_is_final_and_never_forgotten(server: Server, time: Time) -> None:
    server.refusal = StreamRefused(NoKey("no key", "Set one."))
    async with listening(server, time) as live:
        async with live.tape(QQQ) as tape:
            await tape.changed()
            assert phase(tape) == "refused"
            assert isinstance(tape.state.problem, NoKey)
            await time.advance(3600)
            assert phase(tape) == "refused"
        await time.advance(59)
        async with live.tape(QQQ) as soon:
            assert phase(soon) == "refused"
        await time.advance(86_400)
        server.refusal = None
        async with live.tape(QQQ) as later:
            assert phase(later) == "refused"
        assert len(server.dialled) == 1


async def test_a_bad_or_foreign_frame_wakes_nobody(server: Server, time: Time) -> None:
    async with listening(server, time) as live, live.tape(QQQ) as tape:
        await server.settle()
        await server.say("garbage", message(1, "SPY"))

        assert numbers(tape) == []
        assert tape.state.bad_frames == 2
        assert phase(tape) == "open"


async def test_silence_is_no_cut(server: Server, time: Time) -> None:
    async with listening(server, time) as live, live.tape(QQQ) as tape:
        for _ in range(1440):
            await time.advance(60)
            assert phase(tape) == "open"
    # Once after two minutes, because it might have been dead; not again all night.
    assert server.dialled == ["QQQ", "QQQ"]


async def test_a_handshake_that_must_wait_makes_every_stream_wait(
    server: Server, time: Time
) -> None:
    stream = LocalPace(RollingQuota(1_000_000, 1), time)
    server.refusal = StreamLost(120, "rate_limited")
    async with (
        listening(server, time, paces={"stream": stream}) as live,
        live.tape(QQQ),
    ):
        await server.settle()
        async with live.tape(SPX) as other:
            await server.settle()
            assert phase(other) == "cut"
            assert other.state.next_try_s == 120
    assert server.dialled == ["QQQ"]


async def test_an_unexpected_error_is_a_cut_and_says_only_its_name(
    server: Server, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(server, time) as live, live.tape(QQQ) as tape:
        await server.settle()
        await server.say(RuntimeError("wss://host?key=CANARY"))

        assert phase(tape) == "cut"
    assert "RuntimeError" in caplog.text
    assert "CANARY" not in caplog.text


async def test_a_lock_of_the_key_is_told_to_the_budgets_and_obeyed(
    server: Server, time: Time
) -> None:
    paces: dict[Bucket, LocalPace] = {
        "last": LocalPace(RollingQuota(9, 60), time),
        "history": LocalPace(RollingQuota(9, 60), time),
    }
    server.refusal = StreamLost(120, "cooldown")
    async with (
        listening(server, time, paces=paces) as live,
        live.tape(QQQ) as tape,
        live.tape(SPX) as other,
    ):
        await server.settle()
        assert (await paces["history"].usage()).why == "cooldown"
        assert isinstance(tape.state.problem, KeyCooldown)
        assert phase(other) == "cut"
        assert other.state.next_try_s == 120
        server.refusal = None
        await time.advance(119)
        dialled = len(server.dialled)
        assert dialled <= 2
        await time.advance(2)

        assert len(server.dialled) == dialled + 2


async def test_a_used_up_budget_does_not_stop_the_stream(
    server: Server, time: Time
) -> None:
    pace = LocalPace(RollingQuota(9, 60), time)
    await pace.block(60, "rate_limited")
    async with (
        listening(server, time, paces={"last": pace}) as live,
        live.tape(QQQ) as t,
    ):
        await t.changed()

        assert phase(t) == "open"


async def test_every_tick_is_heard_once_over_two_hundred_random_cuts(
    server: Server, time: Time
) -> None:
    random = Random(11)
    sent = 0
    async with (
        listening(server, time, kept_for=inf) as live,
        live.tape(QQQ) as tape,
    ):
        for _ in range(200):
            await server.settle()
            batch = [message(sent + i) for i in range(random.randint(0, 5))]
            sent += len(batch)
            await server.say(*batch, StreamLost())
            await time.advance(60)

        assert numbers(tape) == list(range(sent))
        assert tape.state.cuts == 200
    assert len(server.dialled) == 201


async def test_a_silent_connection_is_opened_anew_once(
    server: Server, time: Time
) -> None:
    forever = listening(server, time, kept_for=inf)
    async with forever as live, live.tape(QQQ) as tape:
        await server.settle()
        await server.say(message(1))
        for _ in range(12):
            await time.advance(12)
            assert phase(tape) == "open"
        assert len(server.dialled) == 2
        for _ in range(60):
            await time.advance(12)
        assert len(server.dialled) == 2
        await server.say(message(2))

        assert numbers(tape) == [1, 2]
        assert server.connected == 1


async def test_after_a_sleep_of_the_computer_the_connection_is_opened_anew(
    server: Server, time: Time
) -> None:
    async with listening(server, time) as live, live.tape(QQQ) as tape:
        await server.settle()
        await server.say(message(1))
        await time.advance(3600)
        await time.advance(2)

        assert len(server.dialled) == 2
        assert phase(tape) == "open"


async def test_a_stream_of_garbage_is_tried_twice_and_then_left(
    server: Server, time: Time
) -> None:
    async with listening(server, time) as live, live.tape(QQQ) as tape:
        for _ in range(4):
            await server.settle()
            if server.connected:
                await server.say(*["garbage"] * 21)
            await time.advance(60)

        assert len(server.dialled) == 2
        assert server.connected == 0
        assert tape.state.bad_frames == 42
        assert isinstance(tape.state.problem, UnreadableReply)
    # A later reader, after the buffer was dropped, tries again.
    async with listening(server, time) as live, live.tape(QQQ):
        await server.settle()
    assert len(server.dialled) == 3


async def test_a_stream_that_breaks_the_protocol_is_tried_three_times(
    server: Server, time: Time
) -> None:
    async with listening(server, time) as live, live.tape(QQQ) as tape:
        for _ in range(6):
            await server.settle()
            if server.connected:
                await server.say(StreamLost(garbled=True))
            await time.advance(60)

        assert len(server.dialled) == 3
        assert phase(tape) == "cut"


async def test_leaving_closes_everything(server: Server, time: Time) -> None:
    async with listening(server, time) as live, live.tape(QQQ), live.tape(SPX):
        await server.settle()

        assert server.connected == 2


async def test_it_is_a_live_source(server: Server, time: Time) -> None:
    async with listening(server, time) as live:
        as_protocol: LiveSource = live

    assert as_protocol.open_tickers() == ()


async def test_looking_at_the_streams_opens_none_and_keeps_none_open(
    server: Server, time: Time
) -> None:
    async with listening(server, time) as live:
        assert live.streams() == ()
        async with live.tape(QQQ):
            await server.settle()
            await server.say(message(1), message(2), StreamLost())
            (read,) = live.streams()
            assert (read.ticker, read.readers, read.state.phase) == (QQQ, 1, "cut")
            assert [h.tick.ndf for h in read.heard] == [1, 2]
            await time.advance(2)
        for _ in range(3):
            await time.advance(20)
            assert all(stream.readers == 0 for stream in live.streams())

        assert live.streams() == ()
        assert server.connected == 0
    assert server.dialled == ["QQQ", "QQQ"]
