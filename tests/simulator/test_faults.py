from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.faults import FAULTS
from gexfocus_mcp.simulator.inprocess import StreamClosed, open_stream


if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from gexfocus_mcp.simulator.clock import FixedClock

    Connect = Callable[..., httpx2.AsyncClient]

pytestmark = pytest.mark.anyio

PATH = "/trading/ws/ndf"
QUERY = {"key": "key", "ticker": "NVDA"}


async def first_message(clock: FixedClock, fault: str) -> dict[str, Any]:
    async with open_stream(
        create_app(clock, fault=fault), path=PATH, query=QUERY
    ) as stream:
        with anyio.fail_after(5):
            message: dict[str, Any] = json.loads(await stream.receive())
            return message


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_leaves_a_server_that_answers(
    connect: Connect, fault: str
) -> None:
    async with connect(fault=fault) as client:
        for path in (
            "/greeks/last/nvda",
            "/mapa_gamma/last/nvda",
            "/history/ndf?ticker=nvda&every=100",
        ):
            reply = await client.get(path)
            assert reply.status_code in {200, 401, 429, 503}
            assert reply.headers["x-gexfocus-simulated"] == "1"


@pytest.mark.parametrize(
    ("fault", "status", "detail", "retry_after"),
    [
        ("rate_limited", 429, "rate limit exceeded", None),
        ("rate_limited_retry_after", 429, "rate limit exceeded", "17"),
        ("too_many_ips", 429, "too many IPs used within 5 minutes", None),
        ("cooldown", 429, "api_key cooldown active", None),
        ("unavailable", 503, "Temporary data availability error", None),
        ("unauthorized", 401, "Missing or invalid API key", None),
    ],
)
async def test_a_refusing_fault_has_its_status_and_text(
    connect: Connect, fault: str, status: int, detail: str, retry_after: str | None
) -> None:
    async with connect(fault=fault) as client:
        reply = await client.get("/gex/last/nvda")
    assert reply.status_code == status
    assert reply.json() == {"detail": detail}
    assert reply.headers.get("retry-after") == retry_after


async def test_map_unavailable_refuses_the_matrix_only(connect: Connect) -> None:
    async with connect(fault="map_unavailable") as client:
        assert (await client.get("/mapa_gamma/last/nvda")).status_code == 503
        assert (await client.get("/gex/last/nvda")).status_code == 200


async def test_null_greek_loses_vanna_everywhere(
    connect: Connect, clock: FixedClock
) -> None:
    async with connect(fault="null_greek") as client:
        maps = (await client.get("/greeks/last/nvda")).json()
        assert maps["vanna"] is None
        assert maps["gex"]["bars"]
        assert (await client.get("/mapa_gamma/last/nvda")).json()[
            "vanna_matrix"
        ] is None
        assert (await client.get("/vanna/last/nvda")).status_code == 503
    message = await first_message(clock, "null_greek")
    assert message["vanna_exposure"] is None
    assert message["charm_exposure"] is not None


async def test_null_flip_and_null_stream_blank_the_stream(clock: FixedClock) -> None:
    message = await first_message(clock, "null_flip")
    assert [key for key, value in message.items() if value is None] == ["gamma_flip"]
    message = await first_message(clock, "null_stream")
    kept = {"ticker", "ts", "ndf", "price", "fep", "threshold_long", "threshold_short"}
    assert {key for key, value in message.items() if value is not None} == kept


async def test_no_gross_blanks_gross_and_leaves_the_next_reply_whole(
    connect: Connect,
) -> None:
    async with connect(fault="no_gross") as client:
        for path in ("/gex/last/nvda", "/greeks/last/nvda"):
            reply = (await client.get(path)).json()
            bars = reply.get("gex", reply)["bars"]
            assert {bar["gross"] for bar in bars} == {None}


async def test_ts_mismatch_puts_a_year_between_the_two_times(connect: Connect) -> None:
    async with connect(fault="ts_mismatch") as client:
        maps = (await client.get("/greeks/last/nvda")).json()
        history = (
            await client.get("/history/greeks/gex?ticker=nvda&limit=2&summary=true")
        ).json()
    for part in (maps["gex"], maps["charm"], *history["data"]):
        assert (
            datetime.fromisoformat(part["ts_iso"]).timestamp() - part["ts"]
            == 365 * 86_400
        )


async def test_short_matrix_has_one_row_for_all_strikes(connect: Connect) -> None:
    async with connect(fault="short_matrix") as client:
        reply = (await client.get("/mapa_gamma/last/nvda")).json()
    assert len(reply["strikes"]) > 50
    assert [
        len(reply[name]) for name in ("matrix", "vanna_matrix", "charm_matrix")
    ] == [1, 1, 1]
    assert len(reply["matrix"][0]) == 12


async def test_wrong_ticker_answers_for_qqq(
    connect: Connect, clock: FixedClock
) -> None:
    async with connect(fault="wrong_ticker") as client:
        assert (await client.get("/gex/last/nvda")).json()["ticker"] == "QQQ"
    assert (await first_message(clock, "wrong_ticker"))["ticker"] == "QQQ"


async def test_html_is_a_page_with_status_200(connect: Connect) -> None:
    async with connect(fault="html") as client:
        reply = await client.get("/gex/last/nvda")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.text.startswith("<!doctype html>")


async def test_stale_maps_stop_25_minutes_before_now_while_prices_go_on(
    connect: Connect, clock: FixedClock
) -> None:
    async with connect(fault="stale") as client:
        late = datetime.fromisoformat(
            (await client.get("/gex/last/nvda")).json()["ts_iso"]
        )
        matrix = datetime.fromisoformat(
            (await client.get("/mapa_gamma/last/nvda")).json()["ts_iso"]
        )
    assert timedelta(minutes=25) <= clock() - late <= timedelta(minutes=28)
    assert clock() - matrix >= timedelta(minutes=25)
    message = await first_message(clock, "stale")
    assert clock() - datetime.fromisoformat(message["ts"]) < timedelta(seconds=3)


@pytest.mark.parametrize("fault", ["stream_refused", "unauthorized"])
async def test_a_refused_stream_closes_with_1008_at_once(
    clock: FixedClock, fault: str
) -> None:
    with pytest.raises(StreamClosed, match="1008"):
        await first_message(clock, fault)


async def test_a_silent_stream_stays_open(clock: FixedClock) -> None:
    async with open_stream(
        create_app(clock, fault="stream_silent"), path=PATH, query=QUERY
    ) as stream:
        with anyio.move_on_after(0.25) as waiting:
            await stream.receive()
        assert waiting.cancelled_caught


async def test_a_cut_stream_breaks_off_after_three_messages(clock: FixedClock) -> None:
    async with open_stream(
        create_app(clock, fault="stream_cut"), path=PATH, query=QUERY
    ) as stream:
        with anyio.fail_after(5):
            for _ in range(3):
                await stream.receive()
                clock.advance(2)
            with pytest.raises(StreamClosed) as closed:
                await stream.receive()
    assert closed.value.code == 1006
