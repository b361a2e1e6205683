from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.simulator.world import World


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def test_two_markets_of_one_seed_are_the_same(world: World) -> None:
    other, now = World(seed=7), at("2026-07-10T11:30")
    for ticker in ("NDX", "GOOGL"):
        assert other.current_tick(ticker, now) == world.current_tick(ticker, now)
        moment = world.latest(ticker, now)
        assert other.latest(ticker, now) == moment
        assert other.maps(moment) == world.maps(moment)
        assert other.totals(moment) == world.totals(moment)


def test_what_has_been_published_does_not_depend_on_when_it_is_asked() -> None:
    early, late = World(seed=3), World(seed=3)
    now = at("2026-07-09T10:00")
    late.summary(late.latest("AMZN", now + timedelta(days=1)), "gex")
    assert early.latest("AMZN", now) == late.latest("AMZN", now)
    assert early.current_tick("AMZN", now) == late.current_tick("AMZN", now)


def test_twenty_past_sessions_are_stored_and_today_once_it_has_begun(
    world: World,
) -> None:
    assert len(world.map_sessions("SPY", at("2026-07-10T09:28"))) == 20
    assert len(world.map_sessions("SPY", at("2026-07-10T09:29"))) == 21
    assert len(world.tick_sessions("SPY", at("2026-07-10T09:30"))) == 20
    assert len(world.tick_sessions("SPY", at("2026-07-10T09:31"))) == 21
    assert len(world.tick_sessions("SPY", at("2026-07-11T12:00"))) == 20


def test_on_a_weekend_the_latest_map_is_fridays_last(world: World) -> None:
    moment = world.latest("QQQ", at("2026-07-12T12:00"))
    assert moment.at == at("2026-07-10T15:59")
    assert moment.day == date(2026, 7, 10)


@pytest.mark.parametrize(
    "closed",
    [
        "2026-07-10T09:30",
        "2026-07-10T16:00:10",
        "2026-07-11T12:00",
        "2026-07-03T12:00",
        "2026-11-27T14:00",
    ],
)
def test_there_is_no_current_tick_while_the_market_is_closed(
    world: World, closed: str
) -> None:
    assert world.current_tick("QQQ", at(closed)) is None


def test_the_current_tick_is_at_most_two_seconds_old(world: World) -> None:
    now = at("2026-07-10T11:30")
    tick = world.current_tick("QQQ", now)
    assert tick is not None
    assert timedelta(0) <= now - tick.at < timedelta(seconds=2)


def test_a_summary_is_its_map_without_bars(world: World) -> None:
    moment = world.latest("META", at("2026-07-10T11:30"))
    for greek, found in world.maps(moment).items():
        summary = world.summary(moment, greek)
        assert (summary.net, summary.max_strike) == (found.net, found.max_strike)


def test_a_finished_session_reads_the_same_from_its_record(world: World) -> None:
    fresh, day = World(seed=7), date(2026, 7, 9)
    count = len(fresh.stored_times("GOOGL", day))
    before = [fresh.stored_tick("GOOGL", day, row) for row in (0, 100)]
    fresh.stored_tick("GOOGL", day, count - 1)
    assert [fresh.stored_tick("GOOGL", day, row) for row in (0, 100)] == before
    assert fresh.moment("GOOGL", day, 100) == world.moment("GOOGL", day, 100)
