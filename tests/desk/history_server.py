"""
A small server of stored maps that counts what it gives out.

Where `every` starts counting and which end `limit` keeps is set by the test: the API's document does not say.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import anyio
import httpx2
from pydantic import SecretStr

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.sources.gexfocus.source import GexFocus
from gexfocus_mcp.sources.gexfocus.transport import Transport
from gexfocus_mcp.traffic.pace import LocalPace
from gexfocus_mcp.traffic.quota import RollingQuota


Row = dict[str, Any]
Selector = Callable[[list[Row], int], list[Row]]


def from_first(rows: list[Row], every: int) -> list[Row]:
    return rows[::every]


def every_nth(rows: list[Row], every: int) -> list[Row]:
    return rows[every - 1 :: every]


def from_last(rows: list[Row], every: int) -> list[Row]:
    return rows[::-1][::every][::-1]


def each_session_anew(rows: list[Row], every: int) -> list[Row]:
    days = dict.fromkeys(row["session_date"] for row in rows)
    return [
        row
        for day in days
        for row in [r for r in rows if r["session_date"] == day][::every]
    ]


def by_the_clock(rows: list[Row], every: int) -> list[Row]:
    """Counted by minutes of the day: no rule that the client knows."""
    return [
        row
        for row in rows
        if (datetime.fromisoformat(row["ts_iso"]).minute + 3) % every == 0
    ]


def session(
    day: date,
    count: int,
    *,
    first: time = time(9, 29),
    step: float = 65.0,
    net: Callable[[int], float | None] = lambda row: float(row + 1),
    spot: float = 100.0,
) -> list[Row]:
    """*count* snapshots of one day; the spot tells each from the others."""
    began = datetime.combine(day, first, NEW_YORK)
    rows = list[Row]()
    for row in range(count):
        at = began + timedelta(seconds=round(step * row))
        value = net(row)
        rows.append(
            {
                "ts": int(at.timestamp()),
                "ts_iso": at.isoformat(),
                "session_date": day.isoformat(),
                "spot": spot + row / 100,
                "net_exposure": value,
                "max_strike": 100.0,
                "bars": [
                    {"strike": 95.0, "calls": 1.0, "puts": -6.0},
                    {"strike": 100.0, "calls": 4.0 + (value or 0.0), "puts": -2.0},
                    {"strike": 105.0, "calls": 9.0, "puts": -1.0},
                ],
            }
        )
    return rows


def later(row: Row, by: timedelta) -> Row:
    at = datetime.fromisoformat(row["ts_iso"]) + by
    return row | {"ts": int(at.timestamp()), "ts_iso": at.isoformat()}


def flow(day: date, count: int, *, step: float = 19.0) -> list[Row]:
    """Stored ticks from 09:30 on; NDF tells each from the others."""
    began = datetime.combine(day, time(9, 30), NEW_YORK)
    ticks = list[Row]()
    for row in range(count):
        at = began + timedelta(seconds=step * row)
        ticks.append(
            {
                "ts": int(at.timestamp()),
                "ts_iso": at.isoformat(),
                "ndf": 1000.0 + row,
                "price": 100.0 + row / 1000,
                "fep": 100.0,
                "threshold_long": 5000.0,
                "threshold_short": -5000.0,
            }
        )
    return ticks


@dataclass(slots=True)
class HistoryServer:
    """Stored sessions behind the API's history endpoint; `full_rows` and `asked` count what was taken."""

    rows: list[Row]
    select: Selector = from_first
    keeps_last: bool = False
    disorder: Callable[[list[Row]], list[Row]] = list
    asked: list[str] = field(default_factory=list)
    full_rows: int = 0
    ticks: list[Row] = field(default_factory=list)
    without: tuple[str, ...] = ()
    behind: dict[str, timedelta] = field(default_factory=dict)
    """How much later than the other greeks' one greek's snapshots are."""

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        query = request.url.params
        if request.url.path.endswith("/history/ndf"):
            return self._flow(query)
        greek = request.url.path.rsplit("/", 1)[-1]
        self.asked.append(str(request.url.query, "ascii"))
        newest = max(row["session_date"] for row in self.rows)
        start = query.get("date") or query.get("start") or newest
        end = query.get("date") or query.get("end") or newest
        assert date.fromisoformat(end) - date.fromisoformat(start) < timedelta(days=5)
        rows = [row for row in self.rows if start <= row["session_date"] <= end]
        rows = [] if greek in self.without else rows
        rows = [later(row, self.behind.get(greek, timedelta(0))) for row in rows]
        every, limit = int(query["every"]), int(query["limit"])
        assert 1 <= every <= 100
        assert 1 <= limit <= 3000
        kept = self.select(rows, every)
        kept = kept[-limit:] if self.keeps_last else kept[:limit]
        summary = query["summary"] == "true"
        if not summary:
            self.full_rows += len(kept)
        data = [
            {k: v for k, v in row.items() if not (summary and k == "bars")}
            | {"ticker": query["ticker"]}
            for row in self.disorder(kept)
        ]
        return httpx2.Response(
            200,
            json={
                "ticker": query["ticker"],
                "greek": greek,
                "start": start,
                "end": end,
                "count": len(data),
                "every": every,
                "summary": summary,
                "data": data,
            },
        )

    def _flow(self, query: httpx2.QueryParams) -> httpx2.Response:
        day = query["date"]
        data = [row for row in self.ticks if row["ts_iso"].startswith(day)]
        return httpx2.Response(
            200,
            json={
                "ticker": query["ticker"],
                "session_date": day,
                "count": len(data),
                "every": 1,
                "data": data,
            },
        )

    @asynccontextmanager
    async def source(self, now: datetime) -> AsyncIterator[GexFocus]:
        transport = Transport(
            "http://127.0.0.1/trading",
            SecretStr("k"),
            {
                "last": LocalPace(RollingQuota(100_000, 60), lambda: 0.0),
                "history": LocalPace(RollingQuota(100_000, 60), lambda: 0.0),
            },
            http=httpx2.MockTransport(self),
        )
        async with anyio.create_task_group() as tasks:
            yield GexFocus(transport, tasks, now=lambda: now, clock=lambda: 0.0)
        await transport.aclose()
