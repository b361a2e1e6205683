"""A small upstream of stored sessions under a clock of its own, which only the sleeps of an export move on."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
from pydantic import SecretStr

from gexfocus_mcp.export.order import Order
from gexfocus_mcp.export.run import Export
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.stored import Series
from gexfocus_mcp.sources.gexfocus.source import GexFocus
from gexfocus_mcp.sources.gexfocus.transport import Transport
from gexfocus_mcp.traffic.commons import Commons
from tests.desk.history_server import Row, flow, session


MONDAY = date(2026, 7, 6)
DAYS = tuple(MONDAY + timedelta(days=n) for n in range(5))
FRIDAY = DAYS[-1]
SATURDAY = datetime(2026, 7, 11, 12, 0, tzinfo=NEW_YORK)
Answer = Callable[[httpx2.Request], httpx2.Response | None]


class Clock:
    """Seconds that pass by sleeping alone; `naps` are the sleeps that were asked for."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.naps = list[float]()

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        await self.pass_by(seconds)

    async def pass_by(self, seconds: float) -> None:
        """A sleep of the transport's own."""
        self.seconds += seconds
        await anyio.lowlevel.checkpoint()


@dataclass(slots=True)
class Shelf:
    """
    Stored sessions behind the history endpoints.

    `asked` has what was asked and when; `instead` may give another answer than what is stored.
    """

    maps: dict[date, list[Row]] = field(default_factory=dict)
    ticks: dict[date, list[Row]] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    asked: list[tuple[float, str]] = field(default_factory=list)
    instead: Answer = lambda _: None
    simulated: bool = False
    budget: int = 100_000
    list_says: int | None = None

    @classmethod
    def of(cls, *days: date, snapshots: int = 4, ticks: int = 6) -> "Shelf":
        return cls(
            {day: session(day, snapshots) for day in days},
            {day: flow(day, ticks) for day in days},
        )

    @property
    def sessions_asked(self) -> list[str]:
        """The days whose rows were asked for, in order."""
        queries = (httpx2.QueryParams(url.partition("?")[2]) for _, url in self.asked)
        return [query["date"] for query in queries if "date" in query]

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.asked.append((self.clock(), f"{path}?{str(request.url.query, 'ascii')}"))
        answer = self.instead(request)
        if answer is None:
            answer = httpx2.Response(200, json=self._payload(path, request.url.params))
        if self.simulated:
            answer.headers["x-gexfocus-simulated"] = "1"
        return answer

    def _payload(self, path: str, query: httpx2.QueryParams) -> dict[str, Any]:
        stored = self.ticks if "/history/ndf" in path else self.maps
        head: dict[str, Any] = {"ticker": query["ticker"]}
        if path.endswith("/sessions"):
            return {
                **head,
                "sessions": [
                    {
                        "session_date": str(day),
                        "snapshots": self.list_says or len(rows),
                        "from": rows[0]["ts_iso"] if rows else None,
                        "to": rows[-1]["ts_iso"] if rows else None,
                    }
                    for day, rows in stored.items()
                ],
            }
        day, every = date.fromisoformat(query["date"]), int(query["every"])
        rows = stored.get(day, [])[::every][: int(query["limit"])]
        if stored is self.ticks:
            head["session_date"] = str(day)
        return {**head, "every": every, "count": len(rows), "data": rows}

    @asynccontextmanager
    async def source(self) -> AsyncIterator[GexFocus]:
        """The real client over it, with the real budget."""
        commons = Commons(
            {"last": (self.budget, 60.5), "history": (self.budget, 60.5)},
            clock=self.clock,
        )
        transport = Transport(
            "http://127.0.0.1/trading",
            SecretStr("k"),
            {"last": commons.pace("last"), "history": commons.pace("history")},
            http=httpx2.MockTransport(self),
            sleep=self.clock.pass_by,
            hear=lambda _: None,
        )
        async with anyio.create_task_group() as tasks:
            yield GexFocus(
                transport,
                tasks,
                now=lambda: SATURDAY,
                commons=commons,
                clock=self.clock,
                name="simulated" if self.simulated else "gexfocus",
            )
        await transport.aclose()


@dataclass(slots=True)
class Run:
    """What came of one export: what it said, how it failed, and how to go on."""

    said: list[str]
    failure: Exception | None = None
    resume: str | None = None
    path: Path | None = None
    text: str = ""


Exporting = Callable[..., Any]


async def export(
    shelf: Shelf,
    out: Path | None,
    *,
    series: Series = "ndf",
    ticker: str = "SPY",
    day: str = str(MONDAY),
    to: str | None = str(FRIDAY),
    now: datetime = SATURDAY,
    pipe: bool = False,
) -> Run:
    """Run one export over *shelf*; a failure is returned, an interrupt is not."""
    run = Run([])
    written = list[str]()
    async with shelf.source() as source:
        under_way = Export(
            Order(series, ticker, day, to, out),
            source,
            lambda: now,
            say=run.said.append,
            write=written.append if pipe else None,
            sleep=shelf.clock.sleep,
        )
        try:
            await under_way.run()
        except Exception as failure:  # noqa: BLE001 - the test looks at it
            run.failure = failure
        run.resume, run.path = under_way.how_to_resume(), under_way.path
    run.text = "".join(written)
    return run


def part_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.part")


def ledger_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.ledger.json")


def breaking(shelf: Shelf, day: date) -> None:
    """Let the session of *day* be one that cannot be read."""
    shelf.instead = lambda request: (
        httpx2.Response(200, text="<html>")
        if request.url.params.get("date") == str(day)
        else None
    )


async def whole(out: Path) -> bytes:
    """The bytes of an export that nothing disturbs."""
    aside = out.with_name("undisturbed.csv")
    run = await export(Shelf.of(*DAYS), aside)
    assert run.failure is None
    return aside.read_bytes()
