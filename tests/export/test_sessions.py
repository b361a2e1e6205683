"""A session in full, or thinned aloud."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from gexfocus_mcp.errors import ReplyTooLarge, TimedOut
from tests.desk.history_server import flow, session
from tests.export.shelf import DAYS, MONDAY, Shelf, export


pytestmark = pytest.mark.anyio


def every(request: httpx2.Request) -> int:
    return int(request.url.params.get("every", 0))


def too_large(request: httpx2.Request, *steps: int) -> httpx2.Response | None:
    """The steps whose replies are larger than anything that was asked for."""
    return httpx2.Response(200, content=_Endless()) if every(request) in steps else None


class _Endless(httpx2.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(257):
            yield b" " * 1_048_576


def late(request: httpx2.Request, *steps: int) -> httpx2.Response | None:
    if every(request) not in steps:
        return None
    raise httpx2.ReadTimeout("late")


async def test_a_session_is_asked_for_whole_in_one_request() -> None:
    shelf = Shelf.of(MONDAY, snapshots=362, ticks=1234)
    for series in ("gex", "ndf"):
        run = await export(shelf, None, series=series, to=None, pipe=True)
        assert run.failure is None
    greeks, ticks = (url for _, url in shelf.asked if "date" in url)
    assert "limit=3000&every=1&date=2026-07-06&summary=false" in greeks
    assert "limit=20000&every=1&date=2026-07-06" in ticks


async def test_the_lines_are_what_the_source_has() -> None:
    shelf = Shelf.of(MONDAY, snapshots=3)
    run = await export(shelf, None, series="gex", to=None, pipe=True)
    expected = [
        (row["ts_iso"], row["spot"], row["net_exposure"], bar["strike"], bar["calls"])
        for row in shelf.maps[MONDAY]
        for bar in row["bars"]
    ]
    lines = [line.split(",") for line in run.text.splitlines()[1:]]
    found = [
        (cell[0].replace(".000000", ""), *(float(cell[n]) for n in (2, 3, 5, 6)))
        for cell in lines
    ]
    assert found == expected
    assert "3 snapshots, 9 rows" in run.said[-1]


async def test_what_is_too_large_is_thinned_by_the_smallest_step_and_said() -> None:
    shelf = Shelf.of(MONDAY, snapshots=10)
    shelf.instead = lambda request: too_large(request, 1, 2)
    run = await export(shelf, None, series="gex", to=None, pipe=True)
    assert run.failure is None
    assert len(run.text.splitlines()) == 1 + 4 * 3
    assert [line.split(":")[0] for line in run.said] == [
        "2026-07-06 with every=1",
        "2026-07-06 with every=2",
        "2026-07-06 Mon",
    ]
    assert "THINNED: one of every 3 stored snapshots" in run.said[-1]


async def test_a_session_that_never_fits_is_a_failure() -> None:
    shelf = Shelf.of(*DAYS)
    shelf.instead = lambda request: too_large(request, *range(1, 101))
    run = await export(shelf, None, to=None, pipe=True)
    assert isinstance(run.failure, ReplyTooLarge)
    assert len(shelf.sessions_asked) == 8
    assert run.text == ""


async def test_maps_that_are_late_twice_are_asked_for_more_coarsely() -> None:
    shelf = Shelf.of(MONDAY, snapshots=10)
    shelf.instead = lambda request: late(request, 1)
    run = await export(shelf, None, series="gex", to=None, pipe=True)
    assert run.failure is None
    assert shelf.clock.naps == [15]
    assert "THINNED: one of every 2" in run.said[-1]


async def test_an_upstream_that_is_late_with_everything_is_not_asked_for_every_step() -> (
    None
):
    shelf = Shelf.of(MONDAY)
    shelf.instead = lambda request: late(request, *range(1, 101))
    greeks = await export(shelf, None, series="gex", to=None, pipe=True)
    assert isinstance(greeks.failure, TimedOut)
    assert len(shelf.sessions_asked) == 6

    shelf.asked.clear()
    ticks = await export(shelf, None, to=None, pipe=True)
    assert isinstance(ticks.failure, TimedOut)
    assert len(shelf.sessions_asked) == 2


async def test_a_full_reply_is_not_taken_for_the_whole() -> None:
    shelf = Shelf(maps={MONDAY: session(MONDAY, 3500, step=6.0)})
    run = await export(shelf, None, series="gex", to=None, pipe=True)
    assert "more than the 3,000 snapshots that one reply holds" in run.said[0]
    assert "1,750 snapshots" in run.said[-1]
    assert "THINNED: one of every 2" in run.said[-1]


async def test_a_full_reply_is_the_whole_where_no_more_is_stored() -> None:
    shelf = Shelf(maps={MONDAY: session(MONDAY, 3000, step=6.0)})
    run = await export(shelf, None, series="gex", to=None, pipe=True)
    assert "3,000 snapshots, 9,000 rows" in run.said[-1]
    assert "THINNED" not in run.said[-1]


async def test_a_full_reply_that_counts_more_than_the_list_is_not_the_whole() -> None:
    shelf = Shelf(maps={MONDAY: session(MONDAY, 3500, step=6.0)})
    shelf.list_says = 3000

    def counting(request: httpx2.Request) -> httpx2.Response | None:
        if every(request) != 1:
            return None
        rows = shelf.maps[MONDAY][:3000]
        return httpx2.Response(200, json={"ticker": "SPY", "count": 3500, "data": rows})

    shelf.instead = counting
    run = await export(shelf, None, series="gex", to=None, pipe=True)
    assert "THINNED: one of every 2" in run.said[-1]


async def test_snapshots_that_came_unsorted_are_written_in_order() -> None:
    shelf = Shelf.of(MONDAY, snapshots=5)
    sorted_text = (await export(shelf, None, series="gex", to=None, pipe=True)).text
    shelf.maps[MONDAY].reverse()
    run = await export(shelf, None, series="gex", to=None, pipe=True)
    assert run.text == sorted_text
    assert "came unsorted" in run.said[-1]


async def test_what_came_of_a_reply_that_broke_off_is_not_written() -> None:
    shelf = Shelf.of(MONDAY, snapshots=5)
    undisturbed = (await export(shelf, None, series="gex", to=None, pipe=True)).text
    shelf.asked.clear()

    def torn(request: httpx2.Request) -> httpx2.Response | None:
        if "date" not in request.url.params or len(shelf.sessions_asked) > 1:
            return None
        body = json.dumps({"ticker": "SPY", "data": shelf.maps[MONDAY]})
        return httpx2.Response(200, text=body[:-20])

    shelf.instead = torn
    run = await export(shelf, None, series="gex", to=None, pipe=True)
    assert run.failure is None
    assert len(shelf.sessions_asked) == 2
    assert run.text == undisturbed


async def test_a_session_without_rows_is_one_without_rows() -> None:
    shelf = Shelf.of(*DAYS[:3])
    shelf.ticks[DAYS[1]] = []
    run = await export(shelf, None, pipe=True)
    assert run.failure is None
    assert len(run.text.splitlines()) == 1 + 6 + 6
    assert "0 snapshots, 0 rows" in run.said[-2]


async def test_a_listed_session_that_is_not_there_is_one_without_rows() -> None:
    shelf = Shelf.of(*DAYS[:2])
    shelf.instead = lambda request: (
        httpx2.Response(404) if request.url.params.get("date") == "2026-07-06" else None
    )
    run = await export(shelf, None, pipe=True)
    assert run.failure is None
    assert "0 rows" in run.said[-2]
    assert "no stored data" in run.said[-2]
    assert len(run.text.splitlines()) == 1 + 6


async def test_fewer_rows_than_were_announced_are_told() -> None:
    shelf = Shelf.of(MONDAY)
    shelf.list_says = 9
    run = await export(shelf, None, to=None, pipe=True)
    assert run.said[-1].endswith(
        "6 snapshots, 6 rows; the list of sessions says 9 (1 of 1)"
    )


async def test_what_had_to_be_repaired_and_what_has_no_column_is_told() -> None:
    shelf = Shelf(ticks={MONDAY: flow(MONDAY, 3, step=timedelta(seconds=19).seconds)})
    shelf.ticks[MONDAY][0]["ndf"] = "much"
    shelf.ticks[MONDAY][1]["buy_premium"] = 3.0
    run = await export(shelf, None, to=None, pipe=True)
    assert "also came and has no column here: buy_premium" in run.said[-1]
    assert run.text.splitlines()[1].split(",")[2] == ""
