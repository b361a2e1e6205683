"""Maps and series read in full at their addresses: the same numbers as the tools', none left out."""

import csv
from datetime import datetime
from io import StringIO

import pytest
from mcp import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    ResourceTemplateReference,
    TextResourceContents,
)

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.server.series import ADDRESSES
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.wiring import open_simulated_desk
from tests.journeys.asking import CANARY, Assistant, Connect, PlainUpstream


pytestmark = pytest.mark.anyio


async def read(it: Assistant, address: str) -> tuple[list[str], list[dict[str, str]]]:
    """The lines that say what it is, and the rows."""
    (content,) = (await it.client.read_resource(address)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "text/csv"
    lines = content.text.splitlines()
    said = [line for line in lines if line.startswith("#")]
    assert lines[: len(said)] == said
    return said, list(csv.DictReader(StringIO("\n".join(lines[len(said) :]))))


async def test_every_address_is_listed_with_what_it_is(
    market: Connect, era: str
) -> None:
    async with market(era) as it:
        listed = (await it.client.list_resource_templates()).resource_templates

    assert [t.uri_template for t in listed] == list(ADDRESSES)
    assert all(t.title and t.description for t in listed)


async def test_a_map_is_given_in_full(
    market: Connect, era: str, clock: FixedClock
) -> None:
    async with market(era) as it:
        said, rows = await read(it, "gexfocus://SPY/map/gex")
        heard = await it.ask("latest_greeks", ticker="SPY", greeks=["gex"])

    assert said[0].startswith("# SIMULATED SPY gex by strike")
    assert "ASSUMED" in said[1]
    told = heard.json["maps"]["gex"]
    assert len(rows) == told["bars_total"]
    async with open_simulated_desk(create_app(clock), clock) as desk:
        profile = (await desk.strikes(Ticker("SPY"), ("gex",))).profiles["gex"]
    for row, bar in zip(rows, profile.strikes.bars, strict=True):
        assert float(row["strike"]) == bar.strike
        assert float(row["calls"]) == pytest.approx(bar.calls, rel=1e-9)
        assert float(row["puts"]) == pytest.approx(bar.puts, rel=1e-9)


async def test_a_matrix_is_given_in_full(market: Connect) -> None:
    async with market() as it:
        said, rows = await read(it, "gexfocus://spx/matrix/gamma")
        heard = await it.ask("mapa_gamma", ticker="SPX")

    assert said[0].startswith("# SIMULATED SPX gex by strike and expiration")
    assert len(rows) == heard.json["rows_total"]
    front = heard.json["expirations"][0]
    column = [float(row[front["date"]]) for row in rows if row[front["date"]]]
    assert sum(column) == pytest.approx(front["net"], rel=1e-3)


async def test_a_session_is_given_row_by_row(market: Connect) -> None:
    async with market() as it:
        said, flow = await read(it, "gexfocus://SPY/history/ndf/yesterday")
        heard = await it.ask("ndf_history", ticker="SPY", date="yesterday")
        _, maps = await read(it, "gexfocus://SPY/history/gex/2026-11-18")
        _, days = await read(it, "gexfocus://SPY/sessions/ndf")

    assert len(flow) == heard.json["rows"]
    assert float(flow[-1]["ndf"]) == pytest.approx(heard.json["ndf"]["last"], rel=1e-3)
    assert "estimates" in said[1]
    first = datetime.fromisoformat(maps[0]["ts"])
    assert (first.tzinfo is not None, first.date().isoformat()) == (True, "2026-11-18")
    assert {"ts", "spot", "net", "max_strike"} == set(maps[0])
    assert days[1]["date"] == "2026-11-18"
    assert int(days[1]["snapshots"]) == len(flow)


async def test_what_is_unavailable_is_an_empty_cell(
    live: Connect, upstream: PlainUpstream
) -> None:
    now = datetime.now(NEW_YORK)
    body = {
        "ticker": "SPY",
        "ts_iso": now.isoformat(),
        "spot": 600,
        "expirations": [f"{now:%Y}-12-30", f"{now:%Y}-12-31"],
        "strikes": [590, 610],
        "matrix": [[1e6, None], [0, -2e6]],
    }
    upstream.say("/mapa_gamma/last/SPY", body)
    async with live() as it:
        _, rows = await read(it, "gexfocus://SPY/matrix/gex")

    assert [list(row.values()) for row in rows] == [
        ["590", "1000000", ""],
        ["610", "0", "-2000000"],
    ]


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("gexfocus://SPYY/map/gex", INVALID_PARAMS, "[unknown_ticker]"),
        ("gexfocus://SPY/map/theta", INVALID_PARAMS, "[unknown_greek]"),
        ("gexfocus://SPY/matrix/delta", INVALID_PARAMS, "[unknown_greek]"),
        ("gexfocus://SPY/history/ndf/soon", INVALID_PARAMS, "[bad_date]"),
        ("gexfocus://SPY/history/ndf/2025-01-06", INTERNAL_ERROR, "[no_data]"),
        ("gexfocus://SPY/sessions/oi", INVALID_PARAMS, "[bad_argument]"),
        ("gexfocus://SPY/map", INVALID_PARAMS, "Unknown resource"),
        ("gexfocus://SPY/map/..%2F..%2Fetc", INVALID_PARAMS, "Unknown resource"),
    ],
)
async def test_what_is_not_there_is_refused_as_by_the_tools(
    market: Connect, era: str, address: str, code: int, said: str
) -> None:
    async with market(era) as it:
        with pytest.raises(MCPError) as caught:
            await it.client.read_resource(address)

    assert said in caught.value.message
    assert caught.value.code == code


async def test_without_a_key_the_way_out_is_told_and_a_failure_tells_no_key(
    live: Connect, upstream: PlainUpstream
) -> None:
    async with live(key=None) as it:
        with pytest.raises(MCPError, match=r"\[no_key\]"):
            await it.client.read_resource("gexfocus://SPY/map/gex")
    upstream.say("/greeks/last/SPY", "{}", status=503)
    async with live() as it:
        with pytest.raises(MCPError, match=r"\[upstream_down\]") as caught:
            await it.client.read_resource("gexfocus://SPY/map/gex")
    assert CANARY not in str(caught.value)


async def test_dates_are_completed_from_what_is_stored(
    market: Connect, era: str
) -> None:
    address = "gexfocus://{ticker}/history/{metric}/{date}"
    ref = ResourceTemplateReference(type="ref/resource", uri=address)

    async with market(era) as it:

        async def values(name: str, typed: str, **known: str) -> list[str]:
            given = {"name": name, "value": typed}
            done = await it.client.complete(ref, given, known)
            return list(done.completion.values)

        assert (await values("date", "2026-11-1", ticker="SPX", metric="gex"))[
            0
        ] == "2026-11-19"
        assert await values("date", "la") == ["latest"]
        assert await values("metric", "") == ["ndf", "gex", "delta", "vanna", "charm"]
        assert await values("greek", "v") == ["vanna"]
        assert await values("date", "20", ticker="nonsense") == []


async def test_a_matrix_has_no_delta_to_complete(market: Connect) -> None:
    ref = ResourceTemplateReference(
        type="ref/resource", uri="gexfocus://{ticker}/matrix/{greek}"
    )
    async with market() as it:
        done = await it.client.complete(ref, {"name": "greek", "value": ""})

    assert list(done.completion.values) == ["gex", "vanna", "charm"]


async def test_without_a_key_dates_are_completed_by_words(live: Connect) -> None:
    address = "gexfocus://{ticker}/history/{metric}/{date}"
    ref = ResourceTemplateReference(type="ref/resource", uri=address)
    async with live(key=None) as it:
        done = await it.client.complete(ref, {"name": "date", "value": ""})

    assert list(done.completion.values) == ["latest", "today", "yesterday"]
