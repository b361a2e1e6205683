"""The WebSocket, over the in-memory client that the demo uses."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.inprocess import InProcessStream, StreamClosed, open_stream


if TYPE_CHECKING:
    from gexfocus_mcp.simulator.clock import FixedClock

pytestmark = pytest.mark.anyio

PATH = "/trading/ws/ndf"
QUERY = {"key": "key", "ticker": "nvda"}


async def heard(stream: InProcessStream) -> dict[str, Any]:
    with anyio.fail_after(5):
        message: dict[str, Any] = json.loads(await stream.receive())
        return message


async def test_a_new_client_hears_the_newest_tick_and_then_each_new_one(
    clock: FixedClock,
) -> None:
    async with open_stream(create_app(clock), path=PATH, query=QUERY) as stream:
        first = await heard(stream)
        clock.advance(5)
        second = await heard(stream)
    assert first["ticker"] == second["ticker"] == "NVDA"
    assert (
        first["ts"] < "2026-07-10T11:30:00" < second["ts"] < "2026-07-10T11:30:05-04:00"
    )


async def test_nothing_is_said_while_time_stands_still(clock: FixedClock) -> None:
    async with open_stream(create_app(clock), path=PATH, query=QUERY) as stream:
        await heard(stream)
        with anyio.move_on_after(0.25) as waiting:
            await stream.receive()
        assert waiting.cancelled_caught
        clock.advance(2)
        assert (await heard(stream))["ts"] > "2026-07-10T11:30:00"


@pytest.mark.parametrize(
    "closed",
    [
        datetime(2026, 7, 11, 12, tzinfo=NEW_YORK),
        datetime(2026, 7, 10, 18, tzinfo=NEW_YORK),
    ],
)
async def test_a_closed_market_keeps_the_stream_open_and_silent(
    clock: FixedClock, closed: datetime
) -> None:
    clock.instant = closed
    async with open_stream(create_app(clock), path=PATH, query=QUERY) as stream:
        with anyio.move_on_after(0.25) as waiting:
            await stream.receive()
        assert waiting.cancelled_caught
        clock.instant = datetime(2026, 7, 13, 9, 30, 5, tzinfo=NEW_YORK)
        assert (await heard(stream))["ts"].startswith("2026-07-13T09:30:0")


@pytest.mark.parametrize(
    "query",
    [{"ticker": "SPX"}, {"key": "", "ticker": "SPX"}, {"key": "k", "ticker": "GME"}],
)
async def test_a_bad_key_or_ticker_closes_with_1008(
    clock: FixedClock, query: dict[str, str]
) -> None:
    async with open_stream(create_app(clock), path=PATH, query=query) as stream:
        for _ in range(2):
            with anyio.fail_after(5), pytest.raises(StreamClosed) as closed:
                await stream.receive()
            assert closed.value.code == 1008


async def test_a_key_that_is_not_listed_closes_with_1008(clock: FixedClock) -> None:
    app = create_app(clock, keys=frozenset({"right"}))
    async with open_stream(app, path=PATH, query={"key": "wrong"}) as stream:
        with anyio.fail_after(5), pytest.raises(StreamClosed, match="1008"):
            await stream.receive()


async def test_the_ticker_defaults_to_qqq(clock: FixedClock) -> None:
    async with open_stream(create_app(clock), path=PATH, query={"key": "k"}) as stream:
        assert (await heard(stream))["ticker"] == "QQQ"


async def test_several_clients_hear_the_same(clock: FixedClock) -> None:
    app = create_app(clock)
    async with (
        open_stream(app, path=PATH, query=QUERY) as one,
        open_stream(app, path=PATH, query=QUERY) as two,
    ):
        assert await heard(one) == await heard(two)


async def test_an_error_of_the_reader_leaves_the_block_as_it_is(
    clock: FixedClock,
) -> None:
    with pytest.raises(LookupError, match="mine"):
        async with open_stream(create_app(clock), path=PATH, query=QUERY):
            raise LookupError("mine")


async def test_an_unknown_path_is_refused_on_entering(clock: FixedClock) -> None:
    with pytest.raises(StreamClosed):
        async with open_stream(
            create_app(clock), path="/trading/ws/other", query=QUERY
        ):
            pass


async def test_a_server_that_fails_is_a_broken_connection() -> None:
    def broken() -> datetime:
        raise RuntimeError

    with anyio.fail_after(5), pytest.raises(StreamClosed) as closed:
        async with open_stream(create_app(broken), path=PATH, query=QUERY):
            pass
    assert closed.value.code == 1006
