"""Two moments out of a source: which are refused, which of them failed, and how old the answer is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import httpx2
import pytest

from gexfocus_mcp.analysis.reading import ChangeReading
from gexfocus_mcp.desk.archive import Archive
from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.desk.comparing import compare, parse_moments
from gexfocus_mcp.errors import BadDate, GexFocusError, NoData
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import parse_ticker
from tests.desk.history_server import HistoryServer, Row, session


pytestmark = pytest.mark.anyio

SPY = parse_ticker("SPY")
MONDAY, TUESDAY = date(2026, 6, 8), date(2026, 6, 9)
NOW = datetime.combine(TUESDAY, time(11), NEW_YORK)


@dataclass(slots=True)
class Server(HistoryServer):
    """Stored sessions, and the newest map beside them."""

    newest: int = -1

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if "/history/" in request.url.path:
            return HistoryServer.__call__(self, request)
        self.asked.append("last")
        row = self.rows[self.newest]
        return httpx2.Response(200, json={**row, "ticker": "SPY", "greek": "gex"})


def two_days() -> list[Row]:
    """All of Monday, and Tuesday until eleven."""
    return session(MONDAY, 362) + session(TUESDAY, 84, spot=102.0)


@asynccontextmanager
async def archive_of(server: Server) -> AsyncIterator[tuple[Archive, Clerk]]:
    async with server.source(NOW) as source:
        clerk = Clerk(source, lambda: NOW)
        yield Archive(source, clerk), clerk


async def compared(
    server: Server, since: str | None = None, until: str | None = None
) -> ChangeReading:
    async with archive_of(server) as (archive, clerk):
        return await compare(archive, clerk, SPY, since, until)


async def refused(
    server: Server, since: str | None = None, until: str | None = None
) -> GexFocusError:
    async with archive_of(server) as (archive, clerk):
        with pytest.raises(GexFocusError) as caught:
            await compare(archive, clerk, SPY, since, until)
    return caught.value


def seen(row: Row) -> datetime:
    return datetime.fromisoformat(row["ts_iso"])


async def test_since_the_open_until_now_unless_told_otherwise() -> None:
    server = Server(two_days())
    reading = await compared(server)

    today = [r for r in server.rows if r["session_date"] == str(TUESDAY)]
    opened = datetime.combine(TUESDAY, time(9, 30), NEW_YORK)
    first = next(r for r in today if seen(r) >= opened)
    change = reading.change
    assert change.before.gamma.as_of == seen(first)
    assert change.after.gamma.as_of == seen(today[-1])
    assert change.net == today[-1]["net_exposure"] - first["net_exposure"]
    assert server.asked.count("last") == 1
    assert reading.provenance.freshness == "live"
    assert reading.provenance.as_of == seen(today[-1])
    assert reading.provenance.age_s == (NOW - seen(today[-1])).total_seconds()


async def test_a_past_moment_is_historical_and_nothing_later_is_used() -> None:
    server = Server(two_days())
    reading = await compared(server, "yesterday", "10:00")

    then = [r for r in server.rows if r["session_date"] == str(MONDAY)][-1]
    ten = datetime.combine(TUESDAY, time(10), NEW_YORK)
    now = [r for r in server.rows if seen(r) <= ten][-1]
    assert reading.change.before.gamma.spot == then["spot"]
    assert reading.change.after.gamma.spot == now["spot"]
    assert reading.provenance.freshness == "historical"
    assert reading.provenance.age_s is None
    assert "last" not in server.asked
    assert not reading.change.same_session


async def test_the_open_is_of_the_session_that_until_is_of() -> None:
    server = Server(two_days())
    reading = await compared(server, None, f"{MONDAY}T12:00")

    assert reading.change.before.gamma.session == MONDAY
    assert reading.change.same_session


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("10:30", "10:00"),
        ("open", "09:29"),
        ("2026-06-09", "2026-06-08"),
    ],
)
def test_moments_in_the_wrong_order_are_refused_before_anything_is_asked(
    since: str, until: str
) -> None:
    with pytest.raises(BadDate, match="is after until") as caught:
        parse_moments(since, until, NOW)

    assert caught.value.fix.startswith("Swap them: since=")


def test_a_bare_time_is_of_the_session_that_until_is_of() -> None:
    first, last = parse_moments("10:00", "yesterday", NOW)

    assert first.session == last.session == MONDAY


def test_the_swap_is_offered_as_arguments_that_can_be_pasted() -> None:
    with pytest.raises(BadDate) as caught:
        parse_moments("10:30", "10:00", NOW)

    assert caught.value.fix == (
        "Swap them: since=2026-06-09T10:00, until=2026-06-09T10:30."
    )
    first, last = parse_moments("2026-06-09T10:00", "2026-06-09T10:30", NOW)
    assert (first.session, last.session) == (TUESDAY, TUESDAY)


async def test_an_order_that_only_the_snapshots_tell_is_refused_too() -> None:
    failure = await refused(Server(two_days()), "now", "10:00")

    assert isinstance(failure, BadDate)
    assert failure.problem == "since (now) is after until (10:00)"


def test_a_since_still_to_come_is_refused_with_the_day_that_was_meant() -> None:
    with pytest.raises(BadDate, match="still to come") as caught:
        parse_moments("15:00", None, NOW)

    assert "since=2026-06-08T15:00" in caught.value.fix


@pytest.mark.parametrize(
    ("since", "until", "names"),
    [
        ("2026-06-04", "now", "since (2026-06-04)"),
        ("2026-06-04T10:00", "2026-06-05", "since (2026-06-04 10:00)"),
        ("yesterday", "09:28", "until (09:28)"),
    ],
)
async def test_a_moment_without_data_is_named(
    since: str, until: str, names: str
) -> None:
    failure = await refused(Server(two_days()), since, until)

    assert isinstance(failure, NoData)
    assert failure.problem.startswith(names)


async def test_a_newest_map_behind_the_stored_ones_is_no_swap() -> None:
    failure = await refused(Server(two_days(), newest=100), "10:30", "now")

    assert isinstance(failure, NoData)
    assert "is older than" in failure.problem
    assert failure.retry_after == 60


async def test_one_snapshot_for_both_moments_is_told_as_that() -> None:
    reading = await compared(Server(two_days()), "10:59", "now")

    assert reading.change.same_snapshot


async def test_a_snapshot_minutes_away_from_its_moment_is_noted() -> None:
    rows = [
        row for row in two_days() if not time(9, 40) < seen(row).time() < time(10, 20)
    ]
    reading = await compared(Server(rows), "10:15", "now")

    (note,) = reading.provenance.notes
    assert note.startswith("the snapshot for 10:15 is 35 min before it")


async def test_a_moment_on_the_dot_needs_no_note() -> None:
    rows = session(TUESDAY, 84, spot=102.0)
    wanted = seen(rows[40]) + timedelta(seconds=20)
    reading = await compared(Server(rows), wanted.isoformat(), "now")

    assert reading.provenance.notes == ()
    assert reading.change.before.gamma.as_of == seen(rows[40])


async def test_any_other_failure_is_passed_on() -> None:
    class Broken(Server):
        def __call__(self, request: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(503, text="no")

    failure = await refused(Broken(two_days()))

    assert failure.code == "upstream_down"
