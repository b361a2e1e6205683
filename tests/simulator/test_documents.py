"""What is served over HTTP, against the documentation's own samples."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.simulator.documents import stream_message


if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from gexfocus_mcp.simulator.clock import FixedClock
    from gexfocus_mcp.simulator.world import World

    Connect = Callable[..., httpx2.AsyncClient]
    Samples = dict[str, Any]

pytestmark = pytest.mark.anyio


def shape(value: object) -> object:
    """Return keys and types only; a list is the shape of its first item, whole and broken numbers are one."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return (
        "number"
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else type(value).__name__
    )


async def fetch(client: httpx2.AsyncClient, path: str) -> Any:
    reply = await client.get(path)
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize(
    ("path", "sample"),
    [
        ("/history/ndf?ticker=nvda&every=50", "ndf_history"),
        ("/history/ndf/sessions?ticker=nvda", "ndf_sessions"),
        ("/gex/last/nvda", "map"),
        ("/mapa_gamma/last/NVDA", "matrix"),
        ("/history/greeks/gex?ticker=nvda&limit=2", "greek_history"),
        ("/history/greeks/vanna?ticker=nvda&limit=2&summary=true", "greek_summary"),
        ("/history/greeks/charm/sessions?ticker=nvda", "greek_sessions"),
    ],
)
async def test_a_reply_has_the_keys_of_the_documentations_sample(
    connect: Connect, documented: Samples, path: str, sample: str
) -> None:
    async with connect() as client:
        assert shape(await fetch(client, path)) == shape(documented[sample])


async def test_all_greeks_in_one_reply_are_the_maps_of_their_own_endpoints(
    connect: Connect, documented: Samples
) -> None:
    async with connect() as client:
        together = await fetch(client, "/greeks/last/qqq")
        assert list(together) == ["ticker", "gex", "delta", "vanna", "charm"]
        assert shape(together["gex"]) == shape(documented["map"])
        for greek in ("gex", "delta", "vanna", "charm"):
            assert together[greek] == await fetch(client, f"/{greek}/last/QQQ")
        some = await fetch(client, "/greeks/last/qqq?greeks=charm&greeks=gex")
        assert list(some) == ["ticker", "gex", "charm"]


def test_a_stream_message_has_the_keys_of_the_documentations_sample(
    world: World, clock: FixedClock, documented: Samples
) -> None:
    assert list(message(world, clock())) == list(documented["stream"])
    assert shape(message(world, clock())) == shape(documented["stream"])


def message(world: World, now: datetime, ticker: str = "QQQ") -> dict[str, Any]:
    tick = world.current_tick(ticker, now)
    assert tick is not None
    return stream_message(world, ticker, tick, tick.at)


@pytest.mark.parametrize("ticker", ["SPX", "QQQ", "TSLA"])
@pytest.mark.parametrize("sample", [True, False])
def test_every_premium_identity_holds_exactly(
    world: World, clock: FixedClock, documented: Samples, ticker: str, sample: bool
) -> None:
    said = documented["stream"] if sample else message(world, clock(), ticker)
    assert said["net_premium"] == said["buy_premium"] - said["sell_premium"]
    assert said["net_premium"] == said["net_call_premium"] + said["net_put_premium"]
    assert said["buy_premium"] == said["call_buy_premium"] + said["put_buy_premium"]
    assert said["sell_premium"] == said["call_sell_premium"] + said["put_sell_premium"]
    assert (
        said["net_premium_0dte"]
        == said["net_call_premium_0dte"] + said["net_put_premium_0dte"]
    )
    for scope in ("", "_0dte"):
        for kind in ("call", "put"):
            bought, sold = (
                said[f"{kind}_{side}_premium{scope}"] for side in ("buy", "sell")
            )
            assert said[f"net_{kind}_premium{scope}"] == bought - sold
    for leg in ("call_buy", "call_sell", "put_buy", "put_sell"):
        assert said[f"{leg}_premium_0dte"] <= said[f"{leg}_premium"]
    assert said["gex_total"] == round(said["gex_calls"] + said["gex_puts"], 2)


async def test_the_stream_and_the_maps_agree_to_the_cent(
    connect: Connect, world: World, clock: FixedClock
) -> None:
    said = message(world, clock())
    clock.instant = datetime.fromisoformat(said["ts"])
    async with connect() as client:
        maps = await fetch(client, "/greeks/last/qqq")
    gex = maps["gex"]
    assert said["gex_total"] == gex["net_exposure"]
    assert said["gex_calls"] == round(math.fsum(bar["calls"] for bar in gex["bars"]), 2)
    assert said["gex_puts"] == round(math.fsum(bar["puts"] for bar in gex["bars"]), 2)
    assert said["max_gamma_strike"] == gex["max_strike"]
    assert (
        said["call_wall_gamma"]
        == max(gex["bars"], key=lambda bar: bar["calls"])["strike"]
    )
    assert (
        said["put_wall_gamma"]
        == min(gex["bars"], key=lambda bar: bar["puts"])["strike"]
    )
    for greek in ("delta", "vanna", "charm"):
        assert said[f"{greek}_exposure"] == maps[greek]["net_exposure"]


async def test_gross_is_sent_for_gex_only(connect: Connect) -> None:
    async with connect() as client:
        maps = await fetch(client, "/greeks/last/aapl")
    for bar in maps["gex"]["bars"]:
        assert bar["gross"] == round(abs(bar["calls"]) + abs(bar["puts"]), 2)
    assert {
        bar["gross"]
        for greek in ("delta", "vanna", "charm")
        for bar in maps[greek]["bars"]
    } == {None}


async def test_the_last_row_of_a_history_is_the_latest_map(connect: Connect) -> None:
    async with connect() as client:
        for greek in ("gex", "delta"):
            latest = await fetch(client, f"/{greek}/last/nvda")
            full = await fetch(client, f"/history/greeks/{greek}?ticker=nvda")
            assert full["data"][-1] == latest
            short = await fetch(
                client, f"/history/greeks/{greek}?ticker=nvda&summary=true"
            )
            assert short["data"] == [
                {k: v for k, v in row.items() if k != "bars"} for row in full["data"]
            ]


async def test_a_stored_row_was_once_a_message_of_the_stream(
    connect: Connect, world: World
) -> None:
    async with connect() as client:
        rows = (await fetch(client, "/history/ndf?ticker=qqq"))["data"]
    for row in (rows[0], rows[100], rows[-1]):
        said = message(world, datetime.fromisoformat(row["ts"]))
        assert row == {key: said[key] for key in row}


async def test_histories_ascend_and_count_what_they_hold(connect: Connect) -> None:
    async with connect() as client:
        ndf = await fetch(client, "/history/ndf?ticker=amzn&date=2026-07-09")
        gex = await fetch(
            client,
            "/history/greeks/gex?ticker=amzn&start=2026-07-08&end=2026-07-09&summary=true",
        )
        listed = (await fetch(client, "/history/ndf/sessions?ticker=amzn"))["sessions"]
    for reply in (ndf, gex):
        times = [row["ts"] for row in reply["data"]]
        assert times == sorted(set(times))
        assert reply["count"] == len(times)
    assert {row["session_date"] for row in gex["data"]} == {"2026-07-08", "2026-07-09"}
    session = next(each for each in listed if each["session_date"] == "2026-07-09")
    assert session["snapshots"] == ndf["count"]
    assert (session["from"], session["to"]) == (
        ndf["data"][0]["ts"],
        ndf["data"][-1]["ts"],
    )


async def test_every_picks_rows_of_the_whole_range_and_limit_keeps_the_first(
    connect: Connect,
) -> None:
    path = "/history/greeks/gex?ticker=amzn&start=2026-07-08&end=2026-07-09&summary=true&limit=3000"
    async with connect() as client:
        rows = (await fetch(client, path))["data"]
        thin = (await fetch(client, f"{path}&every=40"))["data"]
        few = (await fetch(client, f"{path.replace('3000', '7')}&every=40"))["data"]
    assert thin == rows[::40]
    assert few == thin[:7]


async def test_twenty_past_sessions_and_today_are_listed(connect: Connect) -> None:
    async with connect() as client:
        for path in (
            "/history/ndf/sessions?ticker=spx",
            "/history/greeks/gex/sessions?ticker=spx",
        ):
            sessions = (await fetch(client, path))["sessions"]
            assert len(sessions) == 21
            assert sessions[-1]["session_date"] == "2026-07-10"
            assert sessions[-1]["to"] <= "2026-07-10T11:30:00-04:00"


async def test_on_a_sunday_the_maps_are_fridays_last(
    connect: Connect, clock: FixedClock
) -> None:
    clock.advance(timedelta(days=2))
    async with connect() as client:
        latest = await fetch(client, "/gex/last/googl")
        matrix = await fetch(client, "/mapa_gamma/last/googl")
        history = await fetch(client, "/history/ndf?ticker=googl&every=100")
    assert latest["ts_iso"] == "2026-07-10T15:59:00-04:00"
    assert matrix["ts_iso"].startswith("2026-07-10T15:5")
    assert history["session_date"] == "2026-07-10"


async def test_a_half_day_ends_at_one(connect: Connect, clock: FixedClock) -> None:
    clock.instant = datetime(2026, 11, 27, 18, tzinfo=NEW_YORK)
    async with connect() as client:
        assert (await fetch(client, "/gex/last/meta"))[
            "ts_iso"
        ] == "2026-11-27T12:59:00-05:00"
        session = (await fetch(client, "/history/ndf/sessions?ticker=meta"))[
            "sessions"
        ][-1]
    assert session["to"].startswith("2026-11-27T13:00:01")


async def test_a_day_without_a_session_is_empty_not_an_error(connect: Connect) -> None:
    async with connect() as client:
        assert (await fetch(client, "/history/ndf?ticker=spx&date=2026-07-11"))[
            "data"
        ] == []
        assert (await fetch(client, "/history/greeks/gex?ticker=spx&date=2026-07-03"))[
            "count"
        ] == 0


async def test_the_matrix_of_single_names_is_made_less_often(
    world: World, clock: FixedClock
) -> None:
    moments = set()
    for _ in range(30):
        clock.advance(60)
        moments.add(world.latest("NVDA", clock(), every=3).at)
    assert 7 <= len(moments) <= 11
