"""`greeks_history` over a server whose rows are known."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta

import pytest

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.desk.span import HistoryQuestion
from gexfocus_mcp.errors import BadArgument, NoData
from gexfocus_mcp.market.calendar import NEW_YORK, previous_session
from gexfocus_mcp.market.ticker import parse_ticker
from tests.desk.conftest import FakeFeed
from tests.desk.history_server import HistoryServer, Row, session


pytestmark = pytest.mark.anyio

SPY = parse_ticker("SPY")
FRIDAY = date(2026, 6, 12)
EARLIER = [FRIDAY]
for _ in range(21):
    EARLIER.append(previous_session(EARLIER[-1]))
AFTERWARDS = datetime(2026, 6, 16, 12, tzinfo=NEW_YORK)
NOON = datetime.combine(FRIDAY, time(12), NEW_YORK)


def wave(row: int) -> float:
    return math.sin(row / 23) * 1e9


@asynccontextmanager
async def desk_over(
    server: HistoryServer, now: datetime = AFTERWARDS
) -> AsyncIterator[Desk]:
    async with server.source(now) as source:
        yield Desk(source, FakeFeed(), lambda: now)


def at(row: Row) -> datetime:
    return datetime.fromisoformat(row["ts_iso"])


def changes_of(rows: list[Row]) -> list[datetime]:
    found, sign = list[datetime](), 0.0
    for row in rows:
        net = row["net_exposure"]
        if net:
            if sign and (net > 0) != (sign > 0):
                found.append(at(row))
            sign = net
    return found


async def test_every_row_of_the_session_is_read_for_sign_changes() -> None:
    rows = session(FRIDAY, 362, net=wave)
    async with desk_over(HistoryServer(rows)) as desk:
        read = await desk.history(SPY, HistoryQuestion(date="2026-06-12"))

    assert len(read.maps) == 362
    assert [change.at for change in read.sign_changes] == changes_of(rows)
    assert read.provenance.freshness == "historical"
    assert read.provenance.age_s is None


async def test_the_session_under_way_has_an_age() -> None:
    rows = session(FRIDAY, 130, net=wave)
    async with desk_over(HistoryServer(rows), NOON) as desk:
        read = await desk.history(SPY, HistoryQuestion())

    assert read.provenance.age_s == (NOON - at(rows[-1])).total_seconds()


async def test_nothing_after_the_moment_is_used() -> None:
    rows = session(FRIDAY, 362, net=wave)
    moment = at(rows[150]) + timedelta(seconds=30)
    server = HistoryServer(rows)
    async with desk_over(server) as desk:
        read = await desk.history(
            SPY, HistoryQuestion(at=moment.isoformat(), levels=True)
        )

    assert read.maps[-1].as_of == at(rows[150])
    assert read.profile is not None
    assert read.profile.strikes.as_of == at(rows[150])
    assert [c.at for c in read.sign_changes] == changes_of(rows[:151])
    assert read.levels is not None
    assert read.levels.points[-1].at <= at(rows[150])
    assert read.turns_at == at(rows[150])
    assert read.provenance.freshness == "historical"


async def test_at_most_thirty_full_snapshots_make_the_path_of_levels() -> None:
    rows = [r for day in EARLIER[4::-1] for r in session(day, 362)]
    server = HistoryServer(rows)
    async with desk_over(server) as desk:
        read = await desk.history(
            SPY,
            HistoryQuestion(start=str(EARLIER[4]), end=str(FRIDAY), levels=True),
        )

    assert read.sessions == 5
    assert read.levels is not None
    assert 25 <= len(read.levels.points) <= 30
    assert server.full_rows <= 30


@pytest.mark.parametrize("row", [6, 29, 60, 361])
async def test_the_path_up_to_an_early_moment_takes_few_full_rows(row: int) -> None:
    rows = session(FRIDAY, 362)
    server = HistoryServer(rows)
    async with desk_over(server) as desk:
        read = await desk.history(
            SPY, HistoryQuestion(at=at(rows[row]).isoformat(), levels=True)
        )

    assert read.levels is not None
    assert all(point.at <= at(rows[row]) for point in read.levels.points)
    assert server.full_rows <= 130


async def test_the_net_is_ranked_among_earlier_sessions_at_that_hour_and_the_absent_are_named() -> (
    None
):
    missing = EARLIER[7]
    rows = [
        row
        for level, day in enumerate(EARLIER[21::-1])
        if day != missing
        for row in session(day, 100, net=lambda n, level=level: level * 1000.0 + n)  # type: ignore[misc]
    ]
    moment = datetime.combine(FRIDAY, time(10, 30, 0), NEW_YORK)
    hours = {
        r["session_date"]: r["net_exposure"]
        for r in rows
        if at(r).time() <= time(10, 30)
    }
    expected = [hours[str(day)] for day in EARLIER[1:21] if day != missing]
    server = HistoryServer(rows)
    async with desk_over(server) as desk:
        read = await desk.history(
            SPY, HistoryQuestion(at=moment.isoformat(), sessions=20)
        )

    ranking = read.ranking
    assert ranking is not None
    assert [then.net for then in ranking.earlier] == expected
    assert ranking.absent == (missing,)
    assert ranking.rank == 1
    assert ranking.percentile == 100
    assert len(server.asked) <= 9


async def test_levels_are_of_gamma_alone() -> None:
    async with desk_over(HistoryServer(session(FRIDAY, 5))) as desk:
        with pytest.raises(BadArgument, match="gamma"):
            await desk.history(SPY, HistoryQuestion(greek="vanna", levels=True))


async def test_before_the_first_snapshot_nothing_is_answered() -> None:
    async with desk_over(HistoryServer(session(FRIDAY, 50))) as desk:
        with pytest.raises(NoData, match="09:29:00"):
            await desk.history(SPY, HistoryQuestion(date=str(FRIDAY), at="09:00"))


async def test_progress_is_told_when_several_requests_are_made() -> None:
    rows = [r for day in EARLIER[8::-1] for r in session(day, 30)]
    heard = list[tuple[float, float]]()

    async def hear(done: float, total: float, _message: str) -> None:
        heard.append((done, total))

    async with desk_over(HistoryServer(rows)) as desk:
        await desk.history(SPY, HistoryQuestion(date=str(FRIDAY), sessions=8), hear)

    assert len(heard) >= 3
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert all(done <= total for done, total in heard)
