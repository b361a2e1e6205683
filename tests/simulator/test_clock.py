from datetime import datetime, timedelta

import pytest

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.simulator.clock import FixedClock, real_clock, session_clock


@pytest.mark.parametrize(
    ("wall", "start"),
    [
        ("2026-07-10T11:00", "2026-07-10T11:00"),
        ("2026-07-10T23:30", "2026-07-10T11:00"),
        ("2026-07-10T10:59", "2026-07-09T11:00"),
        ("2026-07-12T15:00", "2026-07-10T11:00"),
        ("2026-07-03T15:00", "2026-07-02T11:00"),
    ],
)
def test_the_session_clock_starts_at_eleven_of_the_last_trading_day(
    wall: str, start: str
) -> None:
    now = datetime.fromisoformat(wall).replace(tzinfo=NEW_YORK)
    clock = session_clock(lambda: 5.0, lambda: now)
    assert clock() == datetime.fromisoformat(start).replace(tzinfo=NEW_YORK)


def test_the_session_clock_ticks_with_the_monotonic_clock() -> None:
    seconds = iter([100.0, 107.5])
    wall = datetime(2026, 7, 10, 12, tzinfo=NEW_YORK)
    clock = session_clock(lambda: next(seconds), lambda: wall)
    assert clock() == datetime(2026, 7, 10, 11, 0, 7, 500_000, tzinfo=NEW_YORK)


def test_a_fixed_clock_moves_only_when_advanced() -> None:
    start = datetime(2026, 7, 10, 12, tzinfo=NEW_YORK)
    clock = FixedClock(start)
    assert clock() == clock() == start
    clock.advance(90)
    clock.advance(timedelta(minutes=1))
    assert clock() == start + timedelta(seconds=150)


def test_the_real_clock_is_in_new_york() -> None:
    assert real_clock().tzinfo is NEW_YORK
