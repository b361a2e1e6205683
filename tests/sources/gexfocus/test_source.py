"""Remembering, merging and falling back, question by question."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import anyio
import httpx2
import pytest
from pydantic import SecretStr

from gexfocus_mcp.errors import (
    CallerMistake,
    GexFocusError,
    RateLimited,
    Unauthorized,
    UnreadableReply,
    UpstreamDown,
    WrongTicker,
)
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.endpoints import Bucket
from gexfocus_mcp.sources.gexfocus.source import GexFocus
from gexfocus_mcp.sources.gexfocus.transport import Transport
from gexfocus_mcp.sources.protocol import DateRange, Fetched, Source
from gexfocus_mcp.traffic.commons import Commons
from gexfocus_mcp.traffic.pace import Pace


pytestmark = pytest.mark.anyio

QQQ = Ticker("QQQ")
SPX = Ticker("SPX")
NVDA = Ticker("NVDA")
NEW_YORK = ZoneInfo("America/New_York")
SESSION = date(2026, 5, 19)

BODIES = {
    "/greeks/last/QQQ": "greeks_last",
    "/gex/last/QQQ": "strike_map",
    "/vanna/last/QQQ": "strike_map",
    "/mapa_gamma/last/SPX": "mapa_gamma",
    "/history/ndf": "history_ndf",
    "/history/ndf/sessions": "history_ndf_sessions",
    "/history/greeks/gex": "history_greeks",
    "/history/greeks/gex/sessions": "history_greeks_sessions",
}


class Clock(Protocol):
    """The fixture's clock: moves when told to."""

    now: float

    def __call__(self) -> float: ...


class Upstream:
    """Serves the recorded bodies, or fails when told to."""

    def __init__(self, recorded: Callable[[str], dict[str, Any]]) -> None:
        self.recorded = recorded
        self.asked: list[str] = []
        self.status = 200
        self.body: dict[str, Any] | None = None
        self.today = datetime(2026, 5, 19, 12, tzinfo=NEW_YORK)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/trading")
        self.asked.append(path)
        if self.status != 200:
            return httpx2.Response(self.status)
        body = self.recorded(BODIES[path]) if self.body is None else self.body
        return httpx2.Response(200, json=body)

    @asynccontextmanager
    async def source(self, clock: Clock) -> AsyncIterator[GexFocus]:
        commons = Commons({"last": (50, 60), "history": (40, 60)}, clock=clock)
        paces: dict[Bucket, Pace] = {
            "last": commons.pace("last"),
            "history": commons.pace("history"),
        }
        transport = Transport(
            "http://127.0.0.1/trading",
            SecretStr("k"),
            paces,
            http=httpx2.MockTransport(self),
        )
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                yield GexFocus(
                    transport,
                    tasks,
                    now=lambda: self.today,
                    clock=clock,
                    commons=commons,
                    host="api.example",
                    has_key=True,
                )
        await transport.aclose()


@pytest.fixture
def upstream(recorded: Callable[[str], dict[str, Any]]) -> Upstream:
    return Upstream(recorded)


Ask = Callable[[GexFocus], Awaitable[Fetched[Any]]]

QUESTIONS: dict[str, Ask] = {
    "/greeks/last/QQQ": lambda s: s.greek_maps(QQQ),
    "/gex/last/QQQ": lambda s: s.strike_map(QQQ, "gex"),
    "/mapa_gamma/last/SPX": lambda s: s.expiry_map(SPX),
    "/history/ndf": lambda s: s.flow_history(QQQ, SESSION, limit=2000, every=1),
    "/history/ndf/sessions": lambda s: s.flow_sessions(QQQ),
    "/history/greeks/gex": lambda s: s.map_history(
        SPX, "gex", date(2026, 5, 15), limit=2000, every=1, summary=False
    ),
    "/history/greeks/gex/sessions": lambda s: s.map_sessions(SPX, "gex"),
}


@pytest.mark.parametrize("path", QUESTIONS)
async def test_each_question_is_one_request_and_remembered(
    upstream: Upstream, time: Clock, path: str
) -> None:
    async with upstream.source(time) as source:
        first = await QUESTIONS[path](source)
        second = await QUESTIONS[path](source)

    assert upstream.asked == [path]
    assert (first.cached, second.cached) == (False, True)
    assert first.value is second.value
    assert first.failure is second.failure is None


@pytest.mark.parametrize(
    ("path", "seconds"),
    [
        ("/greeks/last/QQQ", 30),
        ("/mapa_gamma/last/SPX", 30),
        ("/history/ndf", 60),
        ("/history/ndf/sessions", 600),
    ],
)
async def test_an_answer_is_asked_for_again_after_its_time(
    upstream: Upstream, time: Clock, path: str, seconds: float
) -> None:
    async with upstream.source(time) as source:
        await QUESTIONS[path](source)
        time.now += seconds - 1
        await QUESTIONS[path](source)
        assert len(upstream.asked) == 1
        time.now += 1
        await QUESTIONS[path](source)

    assert len(upstream.asked) == 2


async def test_the_stocks_matrix_is_good_for_three_minutes(
    upstream: Upstream, time: Clock
) -> None:
    upstream.body = upstream.recorded("mapa_gamma") | {"ticker": "NVDA"}
    async with upstream.source(time) as source:
        await source.expiry_map(NVDA)
        time.now += 179
        assert (await source.expiry_map(NVDA)).cached


async def test_a_finished_session_is_good_for_ever(
    upstream: Upstream, time: Clock
) -> None:
    async with upstream.source(time) as source:
        ask = QUESTIONS["/history/greeks/gex"]
        await ask(source)
        time.now += 86_400

        assert (await ask(source)).cached
        upstream.today = datetime(2026, 5, 20, 0, 1, tzinfo=NEW_YORK)
        await QUESTIONS["/history/ndf"](source)
        time.now += 86_400
        assert (await QUESTIONS["/history/ndf"](source)).cached


async def test_a_session_is_finished_by_the_date_in_new_york(
    upstream: Upstream, time: Clock
) -> None:
    upstream.today = datetime(2026, 5, 20, 1, tzinfo=ZoneInfo("UTC"))
    async with upstream.source(time) as source:
        await QUESTIONS["/history/ndf"](source)
        time.now += 60
        await QUESTIONS["/history/ndf"](source)

    assert len(upstream.asked) == 2


async def test_a_finished_session_without_rows_may_still_be_stored(
    upstream: Upstream, time: Clock
) -> None:
    upstream.today = datetime(2026, 5, 21, tzinfo=NEW_YORK)
    upstream.body = {"ticker": "QQQ", "session_date": "2026-05-19", "data": []}
    async with upstream.source(time) as source:
        await QUESTIONS["/history/ndf"](source)
        time.now += 60
        await QUESTIONS["/history/ndf"](source)

    assert len(upstream.asked) == 2


async def test_concurrent_callers_share_one_request(
    upstream: Upstream, time: Clock
) -> None:
    async with upstream.source(time) as source, anyio.create_task_group() as callers:
        for _ in range(100):
            callers.start_soon(source.greek_maps, QQQ)

    assert len(upstream.asked) == 1


@pytest.mark.parametrize(("status", "kind"), [(503, UpstreamDown), (429, RateLimited)])
async def test_when_the_upstream_fails_an_older_answer_stands_in_for_an_hour(
    upstream: Upstream, time: Clock, status: int, kind: type[GexFocusError]
) -> None:
    async with upstream.source(time) as source:
        fresh = await source.greek_maps(QQQ)
        upstream.status = status
        time.now += 3600
        older = await source.greek_maps(QQQ)

        assert older.value is fresh.value
        assert older.cached
        assert type(older.failure) is kind

        time.now += 1
        with pytest.raises(kind):
            await source.greek_maps(QQQ)


async def test_a_refused_key_is_no_reason_to_serve_what_is_older(
    upstream: Upstream, time: Clock
) -> None:
    async with upstream.source(time) as source:
        await source.greek_maps(QQQ)
        upstream.status = 401
        time.now += 30
        with pytest.raises(Unauthorized):
            await source.greek_maps(QQQ)


@pytest.mark.parametrize(("status", "seconds"), [(401, 60), (404, 60), (503, 5)])
async def test_a_failure_answers_for_its_time(
    upstream: Upstream, time: Clock, status: int, seconds: float
) -> None:
    upstream.status = status
    async with upstream.source(time) as source:
        for _ in range(3):
            with pytest.raises(GexFocusError):
                await source.greek_maps(QQQ)
        assert len(upstream.asked) == 1
        time.now += seconds
        with pytest.raises(GexFocusError):
            await source.greek_maps(QQQ)

    assert len(upstream.asked) == 2


async def test_a_reply_for_another_ticker_is_not_remembered(
    upstream: Upstream, time: Clock
) -> None:
    upstream.body = upstream.recorded("greeks_last")
    async with upstream.source(time) as source:
        with pytest.raises(WrongTicker):
            await source.greek_maps(SPX)

        assert (await source.status()).entries == 0


async def test_a_mistake_of_the_caller_costs_no_request(
    upstream: Upstream, time: Clock
) -> None:
    async with upstream.source(time) as source:
        with pytest.raises(CallerMistake):
            await source.flow_history(QQQ, None, limit=0, every=1)
        with pytest.raises(CallerMistake):
            await source.map_history(
                SPX,
                "gex",
                DateRange(date(2026, 5, 1), date(2026, 5, 9)),
                limit=1,
                every=1,
                summary=True,
            )

    assert upstream.asked == []


async def test_a_range_that_ends_today_is_not_finished(
    upstream: Upstream, time: Clock
) -> None:
    body = upstream.recorded("history_greeks_summary")
    upstream.body = body | {"end": "2026-05-15"}
    upstream.today = datetime(2026, 5, 15, 12, tzinfo=NEW_YORK)
    week = DateRange(date(2026, 5, 11), date(2026, 5, 15))
    async with upstream.source(time) as source:
        for _ in range(2):
            await source.map_history(
                SPX, "gex", week, limit=20, every=100, summary=True
            )
            time.now += 60

    assert len(upstream.asked) == 2


async def test_a_large_body_is_read_in_a_thread(
    upstream: Upstream, time: Clock
) -> None:
    body = upstream.recorded("history_ndf")
    body["data"] *= 3000
    assert len(json.dumps(body)) > 1_048_576
    upstream.body = body
    async with upstream.source(time) as source:
        got = await source.flow_history(QQQ, SESSION, limit=20_000, every=1)

    assert len(got.value.ticks) == 3000


async def test_a_map_that_came_with_the_others_is_not_asked_for_again(
    upstream: Upstream, time: Clock
) -> None:
    async with upstream.source(time) as source:
        whole = await source.greek_maps(QQQ)
        alone = await source.strike_map(QQQ, "gex")
        assert alone.cached
        assert (await source.status()).hits == 1
        assert alone.value is whole.value.maps["gex"]
        # Null in that reply, which its own endpoint may know better.
        await source.strike_map(QQQ, "vanna")
        time.now += 31
        await source.strike_map(QQQ, "gex")

    assert upstream.asked == ["/greeks/last/QQQ", "/vanna/last/QQQ", "/gex/last/QQQ"]


@pytest.mark.parametrize("day", ["2026-04-01", "2026-06-11"])
async def test_of_two_maps_that_are_fresh_the_later_counts(
    upstream: Upstream, time: Clock, day: str
) -> None:
    """All four may have come from another process, which asked before this one did."""
    async with upstream.source(time) as source:
        alone = await source.strike_map(QQQ, "gex")
        upstream.body = upstream.recorded("greeks_last")
        upstream.body["gex"]["ts_iso"] = f"{day}T10:30:00-04:00"
        whole = await source.greek_maps(QQQ)
        again = await source.strike_map(QQQ, "gex")

    both = alone.value, whole.value.maps["gex"]
    assert again.value is max(both, key=lambda each: each.as_of)


async def test_it_is_a_source(upstream: Upstream, time: Clock) -> None:
    async with upstream.source(time) as source:
        as_protocol: Source = source

    assert as_protocol.name == "gexfocus"


async def test_its_status_counts_what_was_asked_and_asks_nothing(
    upstream: Upstream, time: Clock
) -> None:
    async with upstream.source(time) as source:
        await source.greek_maps(QQQ)
        await source.greek_maps(QQQ)
        await source.flow_sessions(QQQ)
        status = await source.status()
        used = {name: (b.limit, b.used) for name, b in status.buckets.items()}
        assert used == {"last": (50, 1), "history": (40, 1)}
        assert (status.entries, status.hits, status.loads) == (2, 1, 2)
        assert (status.host, status.has_key) == ("api.example", True)
        assert len(upstream.asked) == 2


async def test_snapshots_that_are_handed_on_are_those_of_the_whole_history(
    upstream: Upstream, time: Clock
) -> None:
    upstream.body = upstream.recorded("history_greeks")
    upstream.body["data"] *= 3
    taken = list[StrikeMap]()
    async with upstream.source(time) as source:
        day = date(2026, 5, 15)
        poured = await source.map_rows(
            SPX, "gex", day, limit=2000, every=1, take=taken.append
        )
        whole = await source.map_history(
            SPX, "gex", day, limit=2000, every=1, summary=False
        )

    assert tuple(taken) == whole.value.maps
    assert replace(whole.value, maps=()) == poured.value


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"ticker": "QQQ"}, WrongTicker),
        ({"greek": "vanna"}, UnreadableReply),
        ({"data": 7}, UnreadableReply),
    ],
)
async def test_what_is_handed_on_is_refused_like_the_whole(
    upstream: Upstream,
    time: Clock,
    changes: dict[str, Any],
    failure: type[GexFocusError],
) -> None:
    upstream.body = upstream.recorded("history_greeks") | changes
    async with upstream.source(time) as source:
        with pytest.raises(failure):
            await source.map_rows(
                SPX, "gex", date(2026, 5, 15), limit=2000, every=1, take=lambda _: None
            )
