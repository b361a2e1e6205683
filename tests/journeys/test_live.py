"""The stream over a real socket: one that ticks, a silent one, a refused one and a cut one are four answers."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import anyio
import pytest
from websockets.asyncio.server import ServerConnection, serve

from gexfocus_mcp.market.calendar import NEW_YORK
from tests.journeys.asking import Connect, PlainUpstream, Recorded


pytestmark = pytest.mark.anyio


class Streaming:
    """A WebSocket server that counts its connections and plays one behaviour to each."""

    def __init__(self, sample: dict[str, Any]) -> None:
        self.sample = sample
        self.opened = 0
        self.open = 0
        self.paths: list[str] = []
        self.port = 0
        self.all_closed = anyio.Event()

    def message(self, number: int) -> str:
        at = datetime.now(NEW_YORK) + timedelta(milliseconds=number)
        return json.dumps(
            {**self.sample, "ts": at.isoformat(), "price": 456.78 + number}
        )

    @asynccontextmanager
    async def playing(
        self, behave: Callable[[ServerConnection], Awaitable[None]]
    ) -> AsyncIterator[str]:
        async def handler(connection: ServerConnection) -> None:
            assert connection.request is not None
            self.paths.append(connection.request.path)
            self.opened += 1
            self.open += 1
            try:
                await behave(connection)
            finally:
                self.open -= 1
                if not self.open:
                    self.all_closed.set()

        async with serve(handler, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{self.port}/trading"


@pytest.fixture
def streaming(recorded: Recorded) -> Streaming:
    return Streaming(recorded("stream"))


async def test_a_ticking_stream_is_live_and_its_change_is_told(
    live: Connect, streaming: Streaming, era: str
) -> None:
    async def tick(connection: ServerConnection) -> None:
        for number in range(1000):
            await connection.send(streaming.message(number))
            await anyio.sleep(0.02)

    async with streaming.playing(tick) as url, live(era, base_url=url) as assistant:
        heard = await assistant.ask("live_snapshot", ticker="QQQ", seconds=1.5)
    read = heard.json
    assert read["stream"] == "live"
    assert read["window"]["ticks"] > 2
    assert read["window"]["change"]["price"] == pytest.approx(
        read["window"]["ticks"] - 1
    )
    assert read["latest"]["gamma_flip"] == 450
    assert "unavailable" not in read
    assert "stream live" in heard.text


async def test_a_silent_stream_is_connected_and_says_nothing(
    live: Connect, streaming: Streaming
) -> None:
    async def keep_silent(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with streaming.playing(keep_silent) as url, live(base_url=url) as assistant:
        heard = await assistant.ask("live_snapshot", ticker="QQQ", seconds=1.5)
    assert heard.json["stream"] in {"silent", "market_closed"}
    assert heard.json["window"] == {"ticks": 0, "seconds": 0, "change": {}}
    assert "latest" not in heard.json
    assert "connected" in heard.text
    assert not heard.refused


async def test_a_refused_stream_is_final_and_known_at_once(
    live: Connect, streaming: Streaming, canary: str
) -> None:
    async def refuse(connection: ServerConnection) -> None:
        await connection.close(1008, "invalid API key")

    async with streaming.playing(refuse) as url, live(base_url=url) as assistant:
        with anyio.fail_after(5):
            heard = await assistant.ask("live_snapshot", ticker="QQQ", seconds=50)
    assert heard.json["stream"] == "refused"
    assert streaming.opened == 1
    assert canary not in heard.text
    assert "GEXFOCUS_API_KEY" in heard.text


async def test_a_stream_cut_after_three_ticks_keeps_them_and_says_so(
    live: Connect, streaming: Streaming
) -> None:
    async def send_three_and_vanish(connection: ServerConnection) -> None:
        for number in range(3):
            await connection.send(streaming.message(number))
        connection.transport.abort()

    async with (
        streaming.playing(send_three_and_vanish) as url,
        live(base_url=url) as assistant,
    ):
        heard = await assistant.ask("live_snapshot", ticker="QQQ", seconds=1.5)
    assert heard.json["stream"] == "cut"
    assert heard.json["window"]["ticks"] >= 3
    assert heard.json["cuts"] >= 1
    assert heard.json["latest"]["price"] >= 456.78
    assert "stream cut" in heard.text


async def test_two_readers_share_one_connection(
    live: Connect, streaming: Streaming
) -> None:
    async def tick(connection: ServerConnection) -> None:
        for number in range(1000):
            await connection.send(streaming.message(number))
            await anyio.sleep(0.02)

    async with streaming.playing(tick) as url, live(base_url=url) as assistant:
        async with anyio.create_task_group() as tasks:
            for seconds in (1.2, 1.5):
                tasks.start_soon(
                    partial(
                        assistant.ask, "live_snapshot", ticker="QQQ", seconds=seconds
                    )
                )
        warm = await assistant.ask("live_snapshot", ticker="QQQ", seconds=0)
    assert streaming.opened == 1
    assert warm.json["window"]["ticks"] > 5


async def test_the_stream_is_asked_with_the_key_and_the_ticker(
    live: Connect, streaming: Streaming, canary: str
) -> None:
    async def tick(connection: ServerConnection) -> None:
        await connection.send(streaming.message(0))
        await connection.wait_closed()

    async with streaming.playing(tick) as url, live(base_url=url) as assistant:
        await assistant.ask("live_snapshot", ticker="QQQ", seconds=1.5)
    assert streaming.paths == [f"/trading/ws/ndf?key={canary}&ticker=QQQ"]


async def test_leaving_closes_every_socket(live: Connect, streaming: Streaming) -> None:
    async def tick(connection: ServerConnection) -> None:
        await connection.send(streaming.message(0))
        await connection.wait_closed()

    async with streaming.playing(tick) as url:
        async with live(base_url=url) as assistant:
            await assistant.ask("live_snapshot", ticker="QQQ", seconds=1.5)
            assert streaming.open == 1
        with anyio.fail_after(5):
            await streaming.all_closed.wait()


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "unauthorized"), (403, "forbidden"), (404, "no_data"), (503, "unreachable")],
)
async def test_a_stream_that_never_opened_is_a_coded_refusal(
    live: Connect, upstream: PlainUpstream, canary: str, status: int, code: str
) -> None:
    upstream.otherwise = upstream.reply("{}", status=status)
    async with live() as assistant:
        heard = await assistant.ask("live_snapshot", ticker="QQQ", seconds=1.5)
    assert heard.refused
    assert heard.code == code
    assert canary not in heard.text


async def test_a_stream_without_a_server_is_a_coded_refusal(live: Connect) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/trading"
        async with live(base_url=url) as assistant:
            heard = await assistant.ask("live_snapshot", ticker="QQQ", seconds=1.5)
    assert heard.code == "unreachable"
    assert "do not need the stream" in heard.text


async def test_the_same_message_said_again_and_again_is_a_live_stream(
    live: Connect, streaming: Streaming
) -> None:
    async def repeat(connection: ServerConnection) -> None:
        for _ in range(1000):
            await connection.send(json.dumps(streaming.sample))
            await anyio.sleep(0.1)

    async with streaming.playing(repeat) as url, live(base_url=url) as assistant:
        heard = await assistant.ask("live_snapshot", ticker="QQQ", seconds=2.5)
    assert heard.json["stream"] == "live"
    assert heard.json["freshness"] == "stale"
    assert heard.text.startswith("STALE QQQ")
