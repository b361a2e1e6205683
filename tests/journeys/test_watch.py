"""Wake me when: a map and a stream on one real port, in both eras."""

import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from time import monotonic
from typing import Any

import anyio
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from gexfocus_mcp.market.calendar import NEW_YORK
from tests.journeys.asking import Assistant, Connect, hear


pytestmark = pytest.mark.anyio

BARS = [
    {"strike": 90.0, "calls": 1e6, "puts": -9e6},
    {"strike": 100.0, "calls": 8e6, "puts": -2e6},
    {"strike": 110.0, "calls": 9e6, "puts": -1e6},
]


class Feed:
    """Serves one strike map and plays messages to whoever connects; counts sockets and requests."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = 0
        self.opened = 0
        self.status = HTTPStatus.OK
        self.play: list[tuple[float, dict[str, Any]]] = []
        self.joined = anyio.Event()
        self.left = anyio.Event()

    def gamma_map(self) -> str:
        taken = datetime.now(NEW_YORK) - timedelta(seconds=20)
        return json.dumps(
            {
                "ticker": "QQQ",
                "ts": int(taken.timestamp()),
                "ts_iso": taken.isoformat(timespec="seconds"),
                "session_date": f"{taken:%Y-%m-%d}",
                "spot": 101.0,
                "net_exposure": 6e6,
                "max_strike": 110.0,
                "bars": BARS,
            }
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        def answer(connection: ServerConnection, request: Request) -> Response | None:
            path = request.path.partition("?")[0].removeprefix("/trading")
            if path.startswith("/ws"):
                return None
            self.asked.append(path)
            body = self.gamma_map() if self.status == HTTPStatus.OK else "{}"
            return connection.respond(self.status, body)

        async def stream(connection: ServerConnection) -> None:
            self.open += 1
            self.opened += 1
            self.joined.set()
            try:
                for pause, fields in self.play:
                    await anyio.sleep(pause)
                    ts = datetime.now(NEW_YORK).isoformat()
                    await connection.send(
                        json.dumps({"ticker": "QQQ", "ts": ts} | fields)
                    )
                await connection.wait_closed()
            finally:
                self.open -= 1
                self.left.set()

        async with serve(stream, "127.0.0.1", 0, process_request=answer) as server:
            port = server.sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}/trading"


@pytest.fixture
def feed() -> Feed:
    return Feed()


def prices(
    *values: float | None, pause: float = 0.05
) -> list[tuple[float, dict[str, Any]]]:
    return [(pause, {"price": value}) for value in values]


async def test_it_wakes_at_the_tick_that_crosses_the_wall(
    live: Connect, feed: Feed, era: str
) -> None:
    feed.play = prices(101.0, 105.0, None, 109.9, 111.0, 112.0, 108.0)
    async with feed.serving() as url, live(era, base_url=url) as assistant:
        heard = await assistant.ask(
            "watch_levels",
            ticker="QQQ",
            conditions=["Call Wall", "spot<90"],
            seconds=20,
        )
    (fired,) = heard.json["fired"]
    assert (fired["condition"], fired["level"], fired["price"]) == (
        "call_wall",
        110,
        111,
    )
    assert fired["already"] is False
    assert fired["at"] in json.dumps(heard.json)
    assert "price 111 above 110" in heard.text
    assert feed.asked == ["/gex/last/QQQ"]
    assert heard.json["resume"] in heard.text
    assert '"price<110","price<90"' in heard.json["resume"]


async def test_what_is_true_already_is_told_at_once_and_nothing_else_is_asked(
    live: Connect, feed: Feed, era: str
) -> None:
    feed.play = prices(101.0)
    began = monotonic()
    async with feed.serving() as url, live(era, base_url=url) as assistant:
        heard = await assistant.ask(
            "watch_levels", ticker="QQQ", conditions="price>100.50"
        )
    assert heard.json["fired"][0]["already"] is True
    assert heard.json["fired"][0]["condition"] == "price>100.50"
    assert "(already so at the start)" in heard.text
    assert monotonic() - began < 10
    assert feed.asked == []


async def test_it_returns_by_its_limit_with_the_call_that_goes_on(
    live: Connect, feed: Feed
) -> None:
    feed.play = prices(*[101.0] * 400, pause=0.02)
    told: list[tuple[float, str]] = []

    async def hear_progress(
        progress: float, total: float | None, message: str | None
    ) -> None:
        told.append((progress, message or ""))

    async with feed.serving() as url, live(base_url=url) as assistant:
        await assistant.ask("api_status")
        began = monotonic()
        heard = hear(
            await assistant.client.call_tool(
                "watch_levels",
                {"ticker": "QQQ", "seconds": 2.6},
                progress_callback=hear_progress,
            )
        )
        took = monotonic() - began
        again = heard.json["resume"]
        name, *given = again.split(" ")
        arguments = dict(pair.split("=", 1) for pair in given)
        resumed = await assistant.ask(name, **{**arguments, "seconds": "0"})
    assert took <= 2.6 + 0.5
    assert heard.json["fired"] == []
    assert heard.json["stream"] == "live"
    assert heard.json["waited_s"] <= 2.6
    assert [w["condition"] for w in heard.json["watched"]] == [
        "flip",
        "call_wall",
        "put_wall",
        "ndf_long",
        "ndf_short",
    ]
    assert heard.json["watched"][1]["distance_pct"] == 8.91
    assert "QQQ 101.00; nearest: " in told[0][1]
    assert not resumed.refused
    assert feed.opened == 1
    # A remembered map and a remembered refusal of the matrix serve the second call.
    assert sorted(feed.asked) == ["/gex/last/QQQ", "/mapa_gamma/last/QQQ"]


async def test_a_cancelled_wait_lets_go_of_the_stream(
    live: Connect, feed: Feed, era: str
) -> None:
    feed.play = prices(*[101.0] * 2000, pause=0.02)
    async with feed.serving() as url:
        async with live(era, base_url=url) as assistant:
            with anyio.fail_after(10):
                await cancel_when(assistant, feed.joined)
                status = await until(
                    assistant, lambda s: s["streams"][0]["readers"] == 0
                )
                assert status["streams"][0]["ticker"] == "QQQ"
                assert feed.opened == 1
        with anyio.fail_after(5):
            await feed.left.wait()
        assert feed.open == 0


async def cancel_when(assistant: Assistant, joined: anyio.Event) -> None:
    async with anyio.create_task_group() as tasks:

        async def ask() -> None:
            await assistant.ask("watch_levels", ticker="QQQ", conditions=["price<1"])

        tasks.start_soon(ask)
        await joined.wait()
        tasks.cancel_scope.cancel()


async def until(
    assistant: Assistant, holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    while True:
        status = (await assistant.ask("api_status")).json
        if holds(status):
            return status


async def test_without_a_map_its_levels_are_unavailable_and_the_rest_goes_on(
    live: Connect, feed: Feed
) -> None:
    feed.status = HTTPStatus.SERVICE_UNAVAILABLE
    feed.play = prices(101.0, 102.0, 99.0)
    async with feed.serving() as url, live(base_url=url) as assistant:
        heard = await assistant.ask(
            "watch_levels", ticker="QQQ", conditions=["flip", "price<100"], seconds=20
        )
        refused = await assistant.ask(
            "watch_levels", ticker="QQQ", conditions=["flip"], seconds=20
        )
    assert [f["condition"] for f in heard.json["fired"]] == ["price<100"]
    assert heard.json["watched"][0]["unavailable"]
    assert "flip unavailable" in heard.text
    assert refused.code == "upstream_down"


async def test_without_a_key_it_is_refused_at_once(live: Connect, era: str) -> None:
    async with live(era, key=None) as assistant:
        with anyio.fail_after(10):
            heard = await assistant.ask("watch_levels", ticker="SPY", seconds=50)
    assert heard.code == "no_key"


async def test_an_upstream_that_never_answers_holds_it_no_longer_than_its_limit(
    live: Connect,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/trading"
        async with live(base_url=url) as assistant:
            await assistant.ask("api_status")
            began = monotonic()
            levels = await assistant.ask(
                "watch_levels", ticker="QQQ", conditions=["flip"], seconds=1
            )
            both = await assistant.ask(
                "watch_levels", ticker="QQQ", conditions=["flip", "price>1"], seconds=1
            )
            assert monotonic() - began < 3
    assert levels.code == "timeout"
    assert both.json["stream"] == "opening"
    assert "has not come" in both.json["watched"][0]["unavailable"]


async def test_a_refused_stream_ends_the_wait(market: Connect) -> None:
    async with market(fault="stream_refused") as assistant:
        with anyio.fail_after(10):
            heard = await assistant.ask("watch_levels", ticker="SPY", seconds=50)
    assert heard.json["stream"] == "refused"
    assert heard.json["fired"] == []
    assert "no use waiting longer" in heard.text


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        ({"conditions": ["flop"]}, "bad_argument", "net_sign"),
        ({"conditions": ["cal_wall"]}, "bad_argument", "Nearest: call_wall"),
        ({"conditions": ["price>0"]}, "bad_argument", "price>755.20"),
        ({"conditions": ["flip"] * 9}, "out_of_range", "up to 8"),
        ({"conditions": [755]}, "bad_argument", "up to 8 values"),
        ({"seconds": 51}, "out_of_range", "0 to 50"),
        ({"conditon": "flip"}, "unknown_argument", "conditions"),
    ],
)
async def test_what_cannot_be_waited_for_is_refused_before_anything_is_opened(
    live: Connect,
    feed: Feed,
    arguments: dict[str, Any],
    code: str,
    hint: str,
) -> None:
    async with feed.serving() as url, live(base_url=url) as assistant:
        heard = await assistant.ask("watch_levels", ticker="QQQ", **arguments)
    assert heard.code == code
    assert hint in heard.text
    assert (feed.opened, feed.asked) == (0, [])
