"""
The live side beside a bare WebSocket client, and how long a warm buffer takes to answer.

    python examples/benchmarks/live.py [SECONDS]

A server in a process of its own sends 50 ticks a second for each of the eleven names, as the upstream's stream spells
them. A client that only keeps the last message of each, and this server's buffers with one reader of each, listen for
SECONDS (60) in two halves that alternate; the ratios are what counts. Then the program itself, over stdio, is asked for
the last five seconds while it has none of them, and while it has.
"""

import asyncio
import json
import multiprocessing
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import format_datetime
from itertools import count
from multiprocessing.connection import Connection
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
from mcp import Client
from pydantic import SecretStr
from upstream import KEY, our_server
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from gexfocus_mcp.market.ticker import TICKERS, Ticker
from gexfocus_mcp.settings import Settings
from gexfocus_mcp.simulator.clock import session_clock
from gexfocus_mcp.simulator.documents import stream_message
from gexfocus_mcp.simulator.world import World
from gexfocus_mcp.sources.gexfocus.dial import dialer
from gexfocus_mcp.sources.gexfocus.listener import Listener
from gexfocus_mcp.sources.protocol import Heard
from gexfocus_mcp.wiring import open_commons, stream_paces_of


RATE = 50
GRACE_S = 5
WINDOW_S = 5
ROUNDS = 20

NUMBER = "buy_premium"
SENT_MS = "max_gamma_strike"
"""Fields that carry a tick's number and when it was sent: a count of dollars, and a price, which answers tell to the cent."""


class Speaker:
    """The stream's other end, in the market of the simulator's session, which is open whenever it is asked."""

    def __init__(self, ticks: int | None) -> None:
        """
        Args:
            ticks: How many each connection gets before it falls silent; None for no end.
        """
        self.sent = 0
        self._ticks = ticks
        self._now = session_clock()
        world, now = World(), self._now()
        tick = world.current_tick("SPY", now)
        assert tick is not None
        self._template = stream_message(world, "SPY", tick, now)

    async def hold(self, socket: ServerConnection) -> None:
        """Send at an even pace, the names one after the other."""
        assert socket.request is not None
        ticker = parse_qs(urlsplit(socket.request.path).query)["ticker"][0]
        offset = TICKERS.index(Ticker(ticker)) / len(TICKERS)
        began = perf_counter()
        with suppress(ConnectionClosed):
            for number in count() if self._ticks is None else range(self._ticks):
                due = began + (number + offset) / RATE
                await asyncio.sleep(max(0.0, due - perf_counter()))
                await socket.send(self._message(ticker, number))
                self.sent += 1
            await socket.wait_closed()

    def date(self, _: ServerConnection, _request: Request, response: Response) -> None:
        """Tell whose market and whose time it is, as the simulator does."""
        del response.headers["Date"]
        date = self._now().astimezone(UTC)
        response.headers["Date"] = format_datetime(date, usegmt=True)
        response.headers["x-gexfocus-simulated"] = "1"

    def _message(self, ticker: str, number: int) -> str:
        said = self._template | {
            "ticker": ticker,
            "ts": self._now().isoformat(timespec="microseconds"),
            "price": round(self._template["price"] + number % RATE / 100, 2),
            NUMBER: float(number),
            # Every process of a machine reads the same clock.
            SENT_MS: perf_counter() * 1_000,
        }
        return json.dumps(said)


def speak(pipe: Connection, ticks: int | None) -> None:
    """The process of a server: tells its port, ends when told to, and says how many ticks it has sent."""

    async def run() -> None:
        speaker = Speaker(ticks)
        async with serve(
            speaker.hold, "127.0.0.1", 0, process_response=speaker.date
        ) as server:
            pipe.send(server.sockets[0].getsockname()[1])
            await asyncio.to_thread(pipe.recv)
            pipe.send(speaker.sent)

    asyncio.run(run())


@dataclass
class Upstream:
    """
    A server of ticks.

    Attributes:
        sent: How many, once it has ended.
    """

    url: str
    sent: int = 0


@contextmanager
def upstream(ticks: int | None = None) -> Iterator[Upstream]:
    """A server while it runs; *ticks* as `Speaker` takes them."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=speak, args=(theirs, ticks), daemon=True)
    process.start()
    served = Upstream(f"http://127.0.0.1:{ours.recv()}/trading")
    yield served
    ours.send("end")
    served.sent = ours.recv()
    process.join()


@dataclass
class Tally:
    """What one kind of reader has got."""

    name: str
    sent: int = 0
    received: int = 0
    disordered: int = 0
    waits: list[float] = field(default_factory=list)
    wall: float = 0
    cpu: float = 0
    _next: dict[Ticker, int] = field(default_factory=dict)

    def take(self, ticker: Ticker, number: float | None, sent_ms: float | None) -> None:
        """Count a tick that can be read now."""
        assert number is not None
        assert sent_ms is not None
        self.waits.append(perf_counter() * 1_000 - sent_ms)
        self.received += 1
        self.disordered += number != self._next.get(ticker, 0)
        self._next[ticker] = int(number) + 1

    def next_of(self, ticker: Ticker) -> int:
        """The number of the tick that is expected."""
        return self._next.get(ticker, 0)

    def begin(self) -> None:
        """Numbers begin anew with a new server."""
        self._next.clear()

    @property
    def share(self) -> float:
        """Of one processor."""
        return self.cpu / self.wall

    @property
    def p99(self) -> float:
        return quantiles(self.waits, n=100)[-1]

    def __str__(self) -> str:
        return (
            f"{self.name:5} {self.sent:7} {self.received:9} {self.sent - self.received:5} {self.disordered:10}"
            f" {median(self.waits):13.2f} {self.p99:8.2f} {self.share:9.1%} {self.cpu / self.received * 1e6:9.0f}"
        )


Reader = Callable[[str, int, Tally], Awaitable[None]]


async def read_bare(url: str, ticks: int, tally: Tally) -> None:
    """A connection a name, and the last message of each."""
    last = dict[Ticker, Any]()

    async def listen(ticker: Ticker) -> None:
        address = f"ws{url.removeprefix('http')}/ws/ndf?key={KEY}&ticker={ticker}"
        async with connect(address) as socket:
            while tally.next_of(ticker) < ticks:
                said = last[ticker] = json.loads(await socket.recv())
                tally.take(ticker, said[NUMBER], said[SENT_MS])

    async with anyio.create_task_group() as tasks:
        for ticker in TICKERS:
            tasks.start_soon(listen, ticker)


async def read_ours(url: str, ticks: int, tally: Tally) -> None:
    """The buffers as the program opens them, and a reader of each that takes every tick."""

    async def listen(ticker: Ticker) -> None:
        async with live.tape(ticker) as tape:
            last = None
            while tally.next_of(ticker) < ticks:
                await tape.changed()
                for heard in _since(tape.heard, last):
                    tick = heard.tick
                    tally.take(ticker, tick.buy_premium, tick.max_gamma_strike)
                    last = heard

    async with _listener(url) as live, anyio.create_task_group() as tasks:
        for ticker in TICKERS:
            tasks.start_soon(listen, ticker)


@asynccontextmanager
async def _listener(url: str) -> AsyncIterator[Listener]:
    settings = Settings(api_key=SecretStr(KEY), base_url=url)
    commons = open_commons(settings)
    dial = dialer(settings.base_url, settings.api_key)
    async with Listener(dial, paces=stream_paces_of(commons)) as live:
        yield live


def _since(heard: Sequence[Heard], last: Heard | None) -> list[Heard]:
    """What came after *last*; all of it where that is no longer kept."""
    new = list[Heard]()
    for each in reversed(heard):
        if each is last:
            break
        new.append(each)
    return new[::-1]


async def measure(read: Reader, seconds: float, tally: Tally) -> None:
    """One part of a reader's time."""
    ticks = round(seconds * RATE)
    with upstream(ticks) as served:
        tally.begin()
        wall, cpu = perf_counter(), process_time()
        with anyio.move_on_after(seconds + GRACE_S):
            await read(served.url, ticks, tally)
        tally.wall += perf_counter() - wall
        tally.cpu += process_time() - cpu
    tally.sent += served.sent


async def compare(seconds: float) -> None:
    """Both readers in turn, and how many times as long ours takes."""
    bare, ours = Tally("bare"), Tally("ours")
    for read in (read_bare, read_ours):
        # What is imported and made once belongs to neither.
        await measure(read, 0.5, Tally("first"))
    for read, tally in (
        (read_bare, bare),
        (read_ours, ours),
        (read_ours, ours),
        (read_bare, bare),
    ):
        await measure(read, seconds / 2, tally)
    print(
        f"{len(TICKERS)} names, {RATE} ticks a second each, {seconds:g} s a reader; ms from sent to read\n"
        "reader   sent  received  lost  disordered  median (ms)      p99 CPU share  us a tick"
    )
    print(bare, ours, sep="\n")
    print(
        f"ours / bare: median {median(ours.waits) / median(bare.waits):.2f}, p99 {ours.p99 / bare.p99:.2f}, "
        f"CPU {ours.share / bare.share:.2f}"
    )


@dataclass
class Asked:
    """One `live_snapshot`: how long it took, how many ticks it had, and how old the newest was when it came."""

    ms: float
    ticks: int
    age_ms: float

    @classmethod
    async def of(cls, client: Client, ticker: str, seconds: float) -> "Asked":
        began = perf_counter()
        question = {"ticker": ticker, "seconds": seconds}
        answer = await client.call_tool("live_snapshot", question)
        ended = perf_counter() * 1_000
        assert not answer.is_error, answer
        said: Any = answer.structured_content
        sent = (said.get("latest") or {}).get(SENT_MS, float("nan"))
        return cls(ended - began * 1_000, said["window"]["ticks"], ended - sent)


async def ask() -> None:
    """The program, cold and warm."""
    with upstream() as served:
        async with Client(our_server(served.url)) as client:
            # Every client lists the tools before it calls one.
            await client.list_tools()
            cold = await Asked.of(client, "SPY", WINDOW_S)
            print(
                f"cold: {WINDOW_S} s of SPY took {cold.ms:.0f} ms, the program's first answer, and have {cold.ticks} ticks, "
                f"the newest {cold.age_ms:.1f} ms old"
            )
            for ticker in TICKERS:
                # Opens the other streams, so that the program hears all of them while it answers.
                await Asked.of(client, ticker, 0)
            # The buffer is to reach back further than the window does.
            await anyio.sleep(1)
            warm: dict[float, list[Asked]] = {0: [], WINDOW_S: []}
            for seconds in [*warm] * ROUNDS:
                warm[seconds].append(await Asked.of(client, "SPY", seconds))
    for seconds, asked in warm.items():
        took, age = median(a.ms for a in asked), median(a.age_ms for a in asked)
        print(
            f"warm: {f'{seconds:g} s' if seconds else 'the whole buffer'} took {took:.1f} ms "
            f"(slowest {max(a.ms for a in asked):.1f}) and have {median(a.ticks for a in asked):.0f} ticks, "
            f"the newest {age:.1f} ms old; cold / warm {cold.ms / took:.0f}"
        )


async def main() -> None:
    """Readers, then answers."""
    await compare(float(sys.argv[1]) if sys.argv[1:] else 60)
    await ask()


if __name__ == "__main__":
    anyio.run(main)
