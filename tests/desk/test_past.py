"""The everyday read of a past moment: what it may know, and what it says is missing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from gexfocus_mcp.analysis.reading import PositioningReading
from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.errors import NoData
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import parse_ticker
from tests.desk.conftest import FakeFeed
from tests.desk.history_server import HistoryServer, Row, flow, session


pytestmark = pytest.mark.anyio

SPY = parse_ticker("SPY")
FRIDAY = date(2026, 6, 12)
NOW = datetime.combine(FRIDAY, time(14), NEW_YORK)
ASKED = datetime.combine(FRIDAY, time(11, 30), NEW_YORK)


@asynccontextmanager
async def desk_over(server: HistoryServer, now: datetime = NOW) -> AsyncIterator[Desk]:
    async with server.source(now) as source:
        yield Desk(source, FakeFeed(), lambda: now)


async def read_at(server: HistoryServer, at: str) -> PositioningReading:
    async with desk_over(server) as desk:
        return await desk.positioning(SPY, at=at)


def stored(**changes: Any) -> HistoryServer:
    return HistoryServer(session(FRIDAY, 240), ticks=flow(FRIDAY, 800), **changes)


def before(rows: list[Row]) -> Row:
    return [r for r in rows if datetime.fromisoformat(r["ts_iso"]) <= ASKED][-1]


async def test_the_last_snapshot_and_the_last_tick_before_the_moment_are_read() -> None:
    server = stored()

    read = await read_at(server, "11:30")

    then = before(server.rows)
    assert read.asked == "11:30"
    assert read.provenance.as_of == datetime.fromisoformat(then["ts_iso"])
    assert (read.provenance.freshness, read.provenance.age_s) == ("historical", None)
    assert read.positioning.gamma.spot == then["spot"]
    assert read.flow is not None
    assert read.flow.tick.ndf == before(server.ticks)["ndf"]
    assert read.positioning.vanna is not None
    assert read.positioning.charm is not None
    assert (read.expiry, read.expiry_problem) == (None, "the feed stores no matrices")
    assert read.spot_live is None


async def test_what_came_later_changes_nothing() -> None:
    short, long = stored(), stored()
    for row in long.rows:
        if datetime.fromisoformat(row["ts_iso"]) > ASKED:
            row["spot"], row["bars"] = 1.0, []
    for tick in long.ticks:
        if datetime.fromisoformat(tick["ts_iso"]) > ASKED:
            tick["ndf"] = -1e9
    short.rows = [r for r in short.rows if datetime.fromisoformat(r["ts_iso"]) <= ASKED]
    short.ticks = [
        t for t in short.ticks if datetime.fromisoformat(t["ts_iso"]) <= ASKED
    ]

    assert await read_at(short, "11:30") == await read_at(long, "11:30")


async def test_charm_is_reckoned_from_the_moment_to_that_close() -> None:
    read = await read_at(stored(), "11:30")

    charm = read.positioning.charm
    assert charm is not None
    assert charm.hedge == pytest.approx(-charm.net * 4.5 / 24)


async def test_a_greek_that_is_not_stored_is_said_to_be_missing() -> None:
    read = await read_at(stored(without=("vanna",)), "11:30")

    assert read.positioning.vanna is None
    assert read.positioning.missing == ("vanna",)
    assert any("vanna of then not read" in note for note in read.provenance.notes)


async def test_without_gamma_there_is_no_read() -> None:
    async with desk_over(stored(without=("gex",))) as desk:
        with pytest.raises(NoData, match="no stored gex map"):
            await desk.positioning(SPY, at="11:30")


async def test_flow_long_before_the_moment_is_not_passed_off_as_of_then() -> None:
    server = stored()
    cut = ASKED - timedelta(minutes=20)
    server.ticks = [
        t for t in server.ticks if datetime.fromisoformat(t["ts_iso"]) <= cut
    ]

    read = await read_at(server, "11:30")

    assert read.flow is None
    assert read.flow_problem is not None
    assert "11:09:" in read.flow_problem


async def test_the_open_uses_no_tick_after_its_snapshot() -> None:
    read = await read_at(stored(), "open")

    assert read.provenance.as_of == datetime.combine(FRIDAY, time(9, 30, 5), NEW_YORK)
    assert read.flow is not None
    assert read.flow.tick.ts <= read.provenance.as_of


async def test_the_open_uses_no_map_after_its_snapshot() -> None:
    server = stored(behind={"vanna": timedelta(seconds=20)})

    read = await read_at(server, "open")

    vanna = read.positioning.vanna
    assert vanna is not None
    assert vanna.net == server.rows[0]["net_exposure"]
    assert read.provenance.as_of == datetime.combine(FRIDAY, time(9, 30, 5), NEW_YORK)


async def test_a_greek_that_begins_after_the_open_is_missing_there() -> None:
    read = await read_at(stored(behind={"charm": timedelta(hours=2)}), "open")

    assert read.positioning.charm is None
    assert any("charm of then not read" in note for note in read.provenance.notes)


async def test_now_is_the_ordinary_live_answer(feed: FakeFeed, desk: Desk) -> None:
    assert (await desk.positioning(SPY, at="now")).asked is None
    assert (await desk.positioning(SPY, at="now")) == await desk.positioning(SPY)


async def test_three_greeks_cost_two_requests_more_than_one() -> None:
    week = [row for i in range(5) for row in session(FRIDAY - timedelta(days=i), 362)]
    server = HistoryServer(sorted(week, key=lambda r: r["ts"]))
    late = datetime.combine(FRIDAY, time(17), NEW_YORK)
    asked = list[int]()
    async with desk_over(server, late) as desk:
        for at in ("11:30", "11:31", "14:07"):
            read = await desk.positioning(SPY, at=at)
            assert read.positioning.missing == ()
            asked.append(len(server.asked))

    # Summary, the week before, one trial without bars, and one request a greek; then one a greek.
    assert asked[0] <= 6
    assert [b - a for a, b in pairwise(asked)] == [3, 3]


async def test_a_greek_stored_at_other_instants_is_read_by_its_own() -> None:
    server = stored(behind={"vanna": timedelta(seconds=-7)})

    read = await read_at(server, "11:30")

    assert read.positioning.vanna is not None
    assert read.positioning.charm is not None
    assert read.positioning.missing == ()
