"""Moments fetched from a server that counts rows in ways the client is not told."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gexfocus_mcp.desk.archive import Archive
from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.errors import NoData
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.moment import Moment, parse_moment
from gexfocus_mcp.market.ticker import parse_ticker
from tests.desk.history_server import (
    HistoryServer,
    Row,
    Selector,
    by_the_clock,
    each_session_anew,
    every_nth,
    from_first,
    from_last,
    session,
)


pytestmark = pytest.mark.anyio

SPY = parse_ticker("SPY")
DAYS = [date(2026, 6, d) for d in (4, 5, 8, 9, 10, 11, 12, 15)]
TUESDAY, FRIDAY, LAST = DAYS[3], DAYS[6], DAYS[7]
WEEK_LATER = datetime(2026, 6, 20, 12, tzinfo=NEW_YORK)


@asynccontextmanager
async def archive_of(
    server: HistoryServer, now: datetime = WEEK_LATER
) -> AsyncIterator[Archive]:
    async with server.source(now) as source:
        yield Archive(source, Clerk(source, lambda: now))


def stored(*lengths: int) -> list[Row]:
    return [
        row for day, n in zip(DAYS, lengths, strict=False) for row in session(day, n)
    ]


def of(rows: list[Row], day: date) -> list[Row]:
    return [row for row in rows if row["session_date"] == day.isoformat()]


def at(row: Row, seconds: float = 0.0) -> datetime:
    return datetime.fromisoformat(row["ts_iso"]) + timedelta(seconds=seconds)


def until(instant: datetime) -> Moment:
    return Moment("asked", "until", instant.date(), instant)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    select=st.sampled_from(
        [from_first, every_nth, from_last, each_session_anew, by_the_clock]
    ),
    keeps_last=st.booleans(),
    lengths=st.lists(st.integers(1, 120), min_size=8, max_size=8),
    data=st.data(),
)
async def test_the_last_snapshot_at_or_before_the_moment_is_found_whatever_way_rows_are_counted(
    select: Selector, keeps_last: bool, lengths: list[int], data: st.DataObject
) -> None:
    rows = stored(*lengths)
    server = HistoryServer(rows, select, keeps_last)
    async with archive_of(server) as archive:
        for _ in range(3):
            day = data.draw(st.sampled_from(DAYS))
            wanted = data.draw(st.sampled_from(of(rows, day)))
            seconds = data.draw(st.sampled_from([0.0, 1.0, 59.0]))

            got = await archive.snapshot(SPY, "gex", until(at(wanted, seconds)))

            assert got.value.as_of == at(wanted)
            assert got.value.spot == wanted["spot"]
            assert len(got.value.bars) == 3


@pytest.mark.parametrize("keeps_last", [False, True])
@pytest.mark.parametrize("select", [from_first, every_nth, from_last])
async def test_a_usual_session_costs_few_full_rows_and_few_requests(
    select: Selector, keeps_last: bool
) -> None:
    rows = stored(*[362] * 8)
    server = HistoryServer(rows, select, keeps_last)
    costs, hits = list[int](), list[int]()
    async with archive_of(server) as archive:
        for wanted in of(rows, TUESDAY)[3::23]:
            taken, asked = server.full_rows, len(server.asked)
            got = await archive.snapshot(SPY, "gex", until(at(wanted, 30)))
            assert got.value.as_of == at(wanted)
            costs.append(server.full_rows - taken)
            hits.append(len(server.asked) - asked)

    assert sorted(costs)[len(costs) // 2] <= 6
    assert max(costs) <= 130
    assert hits[0] <= 5
    assert max(hits[3:]) <= 3
    assert sum(hits[3:]) <= 1.3 * len(hits[3:])


async def test_the_open_is_the_first_snapshot_at_or_after_half_past_nine() -> None:
    rows = session(FRIDAY, 40)
    async with archive_of(HistoryServer(rows)) as archive:
        moment = parse_moment("open", WEEK_LATER, day=FRIDAY)
        got = await archive.snapshot(SPY, "gex", moment)

    assert got.value.as_of.time() == time(9, 30, 5)


async def test_before_the_first_snapshot_there_is_nothing_not_the_day_before() -> None:
    rows = session(DAYS[5], 40) + session(FRIDAY, 40)
    server = HistoryServer(rows)
    async with archive_of(server) as archive:
        with pytest.raises(NoData, match="09:28:00") as refused:
            await archive.snapshot(
                SPY, "gex", until(datetime.combine(FRIDAY, time(9, 28), NEW_YORK))
            )

    assert "09:29:00" in refused.value.problem
    assert server.full_rows == 0


async def test_a_session_that_is_not_stored_is_said_to_be_missing() -> None:
    async with archive_of(HistoryServer(session(FRIDAY, 5))) as archive:
        with pytest.raises(NoData, match="2026-06-11"):
            await archive.snapshot(
                SPY, "gex", until(datetime(2026, 6, 11, 12, tzinfo=NEW_YORK))
            )


async def test_a_moment_still_to_come_is_answered_by_the_newest_and_says_so() -> None:
    now = datetime.combine(FRIDAY, time(11), NEW_YORK)
    rows = session(FRIDAY, 80)
    async with archive_of(HistoryServer(rows), now) as archive:
        got = await archive.snapshot(SPY, "gex", parse_moment("15:00", now))

    assert got.value.as_of == at(rows[-1])
    assert "15:00 ET is still to come" in got.value.notes[-1]


async def test_the_same_moment_again_costs_nothing() -> None:
    rows = session(FRIDAY, 300)
    server = HistoryServer(rows)
    async with archive_of(server) as archive:
        first = await archive.snapshot(SPY, "gex", until(at(rows[211])))
        asked = len(server.asked)
        again = await archive.snapshot(SPY, "gex", until(at(rows[211], 20)))

    assert again.value == first.value
    assert not first.cached
    assert again.cached
    assert len(server.asked) == asked


def doubled(rows: list[Row]) -> list[Row]:
    return [row for row in rows for _ in range(2 if row["spot"] == 100.05 else 1)]


@pytest.mark.parametrize(
    "disorder", [lambda rows: rows[::-1], doubled, lambda rows: rows[1::2] + rows[::2]]
)
async def test_rows_that_come_unsorted_or_twice_do_not_mislead(
    disorder: Callable[[list[Row]], list[Row]],
) -> None:
    rows = session(FRIDAY, 50)
    async with archive_of(HistoryServer(rows, disorder=disorder)) as archive:
        for wanted in (rows[4], rows[5], rows[37]):
            got = await archive.snapshot(SPY, "gex", until(at(wanted, 3)))
            assert got.value.as_of == at(wanted)


async def test_rows_stored_between_two_requests_do_not_mislead() -> None:
    now = datetime.combine(LAST, time(11), NEW_YORK)
    rows = session(LAST, 60)
    server = HistoryServer(rows[:50], keeps_last=True)

    def grow(kept: list[Row]) -> list[Row]:
        server.rows = rows[: len(server.rows) + 1]
        return kept

    server.disorder = grow
    async with archive_of(server, now) as archive:
        got = await archive.snapshot(SPY, "gex", until(at(rows[31], 5)))

    assert got.value.as_of == at(rows[31])
    assert server.full_rows <= 40


async def test_a_remembered_summary_does_not_hide_a_snapshot_made_since() -> None:
    now = datetime.combine(LAST, time(11), NEW_YORK)
    rows = session(LAST, 80)
    made = [row for row in rows if at(row) <= now]
    server = HistoryServer(made[:-1])
    async with archive_of(server, now) as archive:
        before = await archive.snapshot(SPY, "gex", until(at(made[-2])))
        server.rows = made
        after = await archive.snapshot(SPY, "gex", until(at(made[-1])))

    assert before.value.as_of == at(made[-2])
    assert after.value.as_of == at(made[-1])


async def test_a_snapshot_made_since_is_found_however_often_one_asks_within_a_minute() -> (
    None
):
    now = datetime.combine(LAST, time(11), NEW_YORK)
    made = [row for row in session(LAST, 400, step=20.0) if at(row) <= now]
    server = HistoryServer([])
    async with archive_of(server, now) as archive:
        for count in range(len(made) - 6, len(made) + 1):
            server.rows = made[:count]
            moment = until(at(made[count - 1], 5.0))
            for _ in range(2):
                got = await archive.snapshot(SPY, "gex", moment)

                assert got.value.as_of == at(made[count - 1])


async def test_a_session_s_first_snapshot_is_found_after_there_was_none() -> None:
    first, second = session(LAST, 2)
    now = at(first, 5.0)
    server = HistoryServer(session(FRIDAY, 3))
    async with archive_of(server, now) as archive:
        with pytest.raises(NoData):
            await archive.snapshot(SPY, "gex", until(at(first)))
        server.rows = [*server.rows, first, second]
        got = await archive.snapshot(SPY, "gex", until(at(first)))

    assert got.value.as_of == at(first)


async def test_an_unlisted_day_inside_the_range_is_worked_around() -> None:
    """Maps are made on Sundays too: a range over a weekend may hold rows that no calendar foresees."""
    sunday = date(2026, 6, 7)
    rows = stored(*[362] * 8)
    rows += session(sunday, 31)
    rows.sort(key=lambda row: str(row["ts_iso"]))
    server = HistoryServer(rows)
    monday = of(rows, DAYS[2])
    async with archive_of(server) as archive:
        for row in (13, 17, 211, 307):
            got = await archive.snapshot(SPY, "gex", until(at(monday[row])))
            assert got.value.as_of == at(monday[row])


async def test_a_bare_time_is_of_the_latest_session_that_is_stored() -> None:
    rows = stored(*[100] * 8)
    async with archive_of(HistoryServer(rows)) as archive:
        meant = await archive.settle(SPY, "gex", parse_moment("10:30", WEEK_LATER))
        opened = await archive.settle(SPY, "gex", parse_moment("open", WEEK_LATER))
        named = parse_moment("2026-06-11T10:30", WEEK_LATER)
        kept = await archive.settle(SPY, "gex", named)
        found = await archive.snapshot(SPY, "gex", meant)

    wanted = datetime.combine(LAST, time(10, 30), NEW_YORK)
    assert (meant.session, meant.instant) == (LAST, wanted)
    assert opened.instant == datetime.combine(LAST, time(9, 30), NEW_YORK)
    assert kept == named
    assert found.value.as_of == max(at(r) for r in of(rows, LAST) if at(r) <= wanted)


async def test_a_session_under_way_is_not_stood_in_for_by_the_one_before() -> None:
    noon = datetime(2026, 6, 16, 12, tzinfo=NEW_YORK)
    async with archive_of(HistoryServer(stored(*[100] * 8)), noon) as archive:
        meant = parse_moment("10:30", noon)
        assert await archive.settle(SPY, "gex", meant) == meant
        with pytest.raises(NoData, match="2026-06-16"):
            await archive.snapshot(SPY, "gex", meant)
