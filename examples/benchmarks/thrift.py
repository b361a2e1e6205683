"""
What a day's questions cost the upstream: without any memory, with each client's own, and with one that all share.

    python examples/benchmarks/thrift.py [QUESTIONS]

Four clients with one key ask QUESTIONS (300) between 09:35 and 15:55 of a simulated session: most around the open, noon
and the close, in runs of up to six. Half of what follows in a run is the same client's next call, within ten seconds; the
rest is its user's next question, within a minute, three in ten of them about another name and as many in another client.
Each question is asked in three ways at the same moment:

    none    of a server that has just been started and shares nothing
    own     of the client's server, which has run all day and shares nothing (GEXFOCUS_SHARED=off)
    shared  of the client's server, which shares a store in a file with those of the other three

The servers run in this process and ask an upstream on a real port. The day is modelled: one clock, which stands still
while a question is answered and then moves to the next, is that of the market, of the budgets and of the lifetimes of
answers, so that 30 s of the day are 30 s for everything that is remembered. Counted are requests and bytes of JSON
before compression; a stream takes nothing from the budgets and is not counted. The upstream refuses nothing, so that
what would pass its limits is seen.
"""

import random
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import anyio
from mcp import Client
from pydantic import SecretStr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import MAG7, TICKERS
from gexfocus_mcp.server.build import build_server
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.simulator.serve import serve
from gexfocus_mcp.sources.gexfocus.credentials import budget_name
from gexfocus_mcp.sources.gexfocus.dial import dialer
from gexfocus_mcp.sources.gexfocus.endpoints import (
    DOCUMENTED,
    LIMITS,
    STREAM,
    WITHOUT_LIMIT,
)
from gexfocus_mcp.sources.gexfocus.listener import Listener
from gexfocus_mcp.sources.gexfocus.source import GexFocus
from gexfocus_mcp.sources.gexfocus.transport import Transport
from gexfocus_mcp.sources.gexfocus.upstream_clock import UpstreamClock
from gexfocus_mcp.traffic.commons import Commons
from gexfocus_mcp.traffic.file_store.store import FileStore
from gexfocus_mcp.wiring import paces_of, stream_paces_of


BEGINS = datetime(2026, 11, 19, 9, 35, tzinfo=NEW_YORK)
CLIENTS = 4
WAYS: Final = ("none", "own", "shared")
WINDOW_S = 60

BUSY = (
    # From and to in minutes after 09:35, and how many of a hundred runs begin there.
    (0, 45, 30),
    (145, 205, 15),
    (325, 375, 30),
    (0, 375, 25),
)
NAMES = {"SPY": 35, "QQQ": 25, "SPX": 20, "NDX": 4} | dict.fromkeys(MAG7, 16 / 7)
LENGTHS = {1: 25, 2: 20, 3: 20, 4: 15, 5: 12, 6: 8}
FIRST = {
    "dealer_positioning": 62,
    "scan_tickers": 16,
    "mapa_gamma": 6,
    "ndf_history": 6,
    "live_snapshot": 6,
    "api_status": 4,
}
THEN = {
    "dealer_positioning": 30,
    "latest_greeks": 18,
    "mapa_gamma": 14,
    "ndf_history": 11,
    "compare_positioning": 9,
    "greeks_history": 7,
    "live_snapshot": 6,
    "scan_tickers": 3,
    "api_status": 2,
}


@dataclass(frozen=True)
class Question:
    """What a client asks, seconds after the day begins."""

    at: float
    client: int
    tool: str
    arguments: dict[str, Any]


def draw(dice: random.Random, odds: Mapping[Any, float]) -> Any:
    """One of the keys."""
    return dice.choices([*odds], [*odds.values()])[0]


def arguments_of(dice: random.Random, tool: str, name: str) -> dict[str, Any]:
    """How the tool is asked about a name."""
    if tool == "api_status":
        return {}
    if tool == "scan_tickers":
        return dice.choice(
            (
                {},
                {"tickers": ["SPY", "QQQ", "SPX"]},
                {"tickers": ["SPY", "QQQ", "NVDA"], "weights": [0.5, 0.3, 0.2]},
                {"tickers": list(TICKERS), "weights": [1] * len(TICKERS)},
            )
        )
    usual: dict[str, Any] = {"ticker": name}
    others: dict[str, tuple[dict[str, Any], ...]] = {
        "dealer_positioning": (
            {"moves": [0.5, 1, 2]},
            {"moves": [0.5]},
            {"moves": [2]},
            {"at": "yesterday"},
        ),
        "latest_greeks": ({"greeks": ["gex"]}, {"greeks": ["vanna", "charm"]}),
        "mapa_gamma": ({"greek": "vanna"}, {"max_expirations": 12}),
        "ndf_history": ({"date": "yesterday"},),
        "greeks_history": ({"at": "open"}, {"greek": "vanna"}),
        "compare_positioning": ({"since": "yesterday"},),
    }
    if tool == "live_snapshot":
        return usual | {"seconds": 0}
    return usual | (dice.choice(others[tool]) if dice.random() < 0.3 else {})


def draw_run(dice: random.Random) -> list[Question]:
    """A first question and what follows from it."""
    first, last, _ = dice.choices(BUSY, [odds for *_, odds in BUSY])[0]
    at = dice.uniform(first, last) * 60
    client, name = dice.randrange(CLIENTS), draw(dice, NAMES)
    run = list[Question]()
    for number in range(draw(dice, LENGTHS)):
        if number and dice.random() < 0.5:
            at += dice.uniform(2, 10)
        elif number:
            at += dice.uniform(10, 55)
            if dice.random() < 0.3:
                client = dice.choice([c for c in range(CLIENTS) if c != client])
            if dice.random() < 0.3:
                name = draw(dice, NAMES)
        tool = draw(dice, THEN if number else FIRST)
        run.append(Question(at, client, tool, arguments_of(dice, tool, name)))
    return run


def draw_day(dice: random.Random, questions: int) -> list[Question]:
    """The questions of a day, in order."""
    day = list[Question]()
    while len(day) < questions:
        day += draw_run(dice)
    return sorted(day[:questions], key=lambda q: q.at)


class Day:
    """The day's one clock."""

    def __init__(self) -> None:
        self.now = FixedClock(BEGINS)
        self._moved = anyio.Event()

    def elapsed(self) -> float:
        """Seconds since the day began."""
        return (self.now() - BEGINS) / timedelta(seconds=1)

    def wall(self) -> float:
        """Seconds since 1970."""
        return self.now().timestamp()

    async def move(self, seconds: float) -> None:
        """Let time pass, and those who waited for it do what they have to."""
        self.now.advance(seconds)
        self._moved.set()
        self._moved = anyio.Event()
        await anyio.sleep(0.01)

    async def wait(self, seconds: float) -> None:
        """Wait until somebody else has let so much time pass."""
        until = self.elapsed() + seconds
        while self.elapsed() < until:
            await self._moved.wait()


@dataclass(frozen=True)
class Hit:
    """A request at the upstream."""

    at: float
    way: str
    tool: str
    bucket: str
    size: int


class Meter:
    """
    The simulated market, and everything that was asked of it; the key says in which way.

    What is asked again at the same moment is counted, but not reckoned anew.
    """

    def __init__(self, app: ASGIApp, elapsed: Callable[[], float]) -> None:
        self.tool = ""
        self.hits: list[Hit] = []
        self._app = app
        self._elapsed = elapsed
        self._replies: dict[tuple[float, str, bytes], list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        at, tool = self._elapsed(), self.tool
        question = (at, scope["path"], scope["query_string"])
        if question not in self._replies:
            reply = await self._ask(scope, receive)
            self._replies = {q: r for q, r in self._replies.items() if q[0] == at}
            self._replies[question] = reply
        size = 0
        for message in self._replies[question]:
            size += len(message.get("body", b""))
            await send(message)
        way = dict(scope["headers"])[b"x-api-key"].decode()
        bucket = "history" if "/history/" in scope["path"] else "last"
        self.hits.append(Hit(at, way, tool, bucket, size))

    async def _ask(self, scope: Scope, receive: Receive) -> list[Message]:
        reply = list[Message]()

        async def keep(message: Message) -> None:
            reply.append(message)

        await self._app(scope, receive, keep)
        return reply


@asynccontextmanager
async def open_desk(
    url: str, way: str, day: Day, shared: Path | None = None
) -> AsyncIterator[Desk]:
    """A desk as the program opens it, by the day's clock."""
    key = SecretStr(way)
    store = (
        FileStore(shared, budget_name(key, url), clock=day.elapsed, wall=day.wall)
        if shared
        else None
    )
    limits = {**LIMITS, STREAM: WITHOUT_LIMIT}
    commons = Commons(limits, store, clock=day.elapsed)
    upstream = UpstreamClock(day.now)
    # Questions are asked one at a time: while one waits for its turn, nothing else lets time pass.
    transport = Transport(
        url, key, paces_of(commons), now=day.now, sleep=day.move, hear=upstream.hear
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(commons.aclose)
        stack.push_async_callback(transport.aclose)
        tasks = await stack.enter_async_context(anyio.create_task_group())
        stack.callback(tasks.cancel_scope.cancel)
        live = await stack.enter_async_context(
            Listener(
                dialer(url, key, hear=upstream.hear),
                paces=stream_paces_of(commons),
                clock=day.elapsed,
                sleep=day.wait,
            )
        )
        source = GexFocus(
            transport,
            tasks,
            now=upstream,
            upstream=upstream,
            commons=commons,
            clock=day.elapsed,
            has_key=True,
        )
        yield Desk(source, live, upstream)


class Trader:
    """Asks each question in every way, and counts what was heard."""

    def __init__(self, url: str, day: Day, store: Path, stack: AsyncExitStack) -> None:
        self._open = partial(open_desk, url, day=day)
        self._store = store
        self._stack = stack
        self._standing = dict[tuple[str, int], Client]()
        self.heard = dict[str, Counter[str]]((way, Counter()) for way in WAYS)

    async def begin(self) -> None:
        """Start the servers that run all day."""
        for way, shared in (("own", None), ("shared", self._store)):
            for number in range(CLIENTS):
                server = build_server(partial(self._open, way, shared=shared))
                self._standing[way, number] = await self._stack.enter_async_context(
                    Client(server)
                )

    async def ask(self, question: Question) -> None:
        async with Client(build_server(partial(self._open, "none"))) as fresh:
            await self._ask("none", fresh, question)
        for way in ("own", "shared"):
            await self._ask(way, self._standing[way, question.client], question)

    async def _ask(self, way: str, client: Client, question: Question) -> None:
        answer = await client.call_tool(question.tool, question.arguments)
        text = answer.content[0].text  # type: ignore[union-attr]  # every answer begins with text
        self.heard[way][
            text.partition("]")[0].lstrip("[") if answer.is_error else "answered"
        ] += 1


def most_in_a_window(times: list[float]) -> int:
    """The most of ascending *times* in any 60 s."""
    return max(
        (n + 1 - bisect_left(times, at - WINDOW_S) for n, at in enumerate(times)),
        default=0,
    )


def print_table(questions: list[Question], hits: list[Hit]) -> None:
    """A row a tool, and what they come to."""
    asked = Counter(q.tool for q in questions)
    rows = [(tool, number, {tool}) for tool, number in asked.most_common()]
    print(f"{'':30}{'hits a question':^24}{'KB a question':^24}")
    print(f"{'tool':20}{'questions':>10}", *(f"{way:>7}" for way in WAYS * 2))
    for name, number, tools in [*rows, ("all", len(questions), {*asked})]:
        mine = [[h for h in hits if h.way == way and h.tool in tools] for way in WAYS]
        print(
            f"{name:20}{number:10}",
            *(f"{len(each) / number:7.2f}" for each in mine),
            *(f"{sum(h.size for h in each) / number / 1000:7.0f}" for each in mine),
        )


def print_totals(hits: list[Hit]) -> None:
    """What the day comes to, against the whole of it without memory, and against the limits."""
    count = Counter(h.way for h in hits)
    size = {way: sum(h.size for h in hits if h.way == way) for way in WAYS}
    print(
        f"\n{'':30}", *(f"{way:>10}" for way in WAYS), "none/own none/shared own/shared"
    )
    for what, sums in (("requests", count), ("MB", size)):
        scale = 1e6 if what == "MB" else 1
        print(
            f"{what:30}",
            *(f"{sums[way] / scale:10.{1 if what == 'MB' else 0}f}" for way in WAYS),
            f"{sums['none'] / sums['own']:8.2f} {sums['none'] / sums['shared']:11.2f} {sums['own'] / sums['shared']:10.2f}",
        )
    for bucket in ("last", "history"):
        times = {
            way: sorted(h.at for h in hits if h.way == way and h.bucket == bucket)
            for way in WAYS
        }
        print(
            f"{f'most in 60 s, {bucket} (of {DOCUMENTED[bucket]})':30}",
            *(f"{most_in_a_window(times[way]):10}" for way in WAYS),
        )


async def main() -> None:
    """Ask the day's questions."""
    number = int(sys.argv[1]) if sys.argv[1:] else 300
    questions = draw_day(random.Random(7), number)
    day = Day()
    meter = Meter(create_app(day.now, limits=False), day.elapsed)
    async with anyio.create_task_group() as tasks:
        ports: list[int] = []
        ready = anyio.Event()

        def announce(port: int) -> None:
            ports.append(port)
            ready.set()

        tasks.start_soon(serve, meter, "127.0.0.1", 0, announce)
        await ready.wait()
        url = f"http://127.0.0.1:{ports[0]}/trading"
        with TemporaryDirectory() as folder:
            async with AsyncExitStack() as stack:
                trader = Trader(url, day, Path(folder) / "shared.sqlite3", stack)
                await trader.begin()
                for question in questions:
                    await day.move(max(0.0, question.at - day.elapsed()))
                    meter.tool = question.tool
                    await trader.ask(question)
        tasks.cancel_scope.cancel()
    print_table(questions, meter.hits)
    print_totals(meter.hits)
    for way, heard in trader.heard.items():
        print(f"{way:7}", *(f"{n} {word}" for word, n in heard.most_common()))


if __name__ == "__main__":
    anyio.run(main)
