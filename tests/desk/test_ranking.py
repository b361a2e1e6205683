"""Which ranges earlier sessions are asked for in."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.desk.ranking import weeks
from gexfocus_mcp.desk.single_rows import week_before
from gexfocus_mcp.market.calendar import previous_session


def sessions_before(day: date, count: int) -> list[date]:
    days = list[date]()
    for _ in range(count):
        day = previous_session(day)
        days.append(day)
    return days


@given(st.dates(date(2025, 1, 1), date(2026, 12, 31)), st.integers(2, 20))
def test_every_session_is_in_one_range_of_at_most_five_days(
    day: date, count: int
) -> None:
    days = sessions_before(day, count)

    ranges = weeks(days)

    for each in days:
        assert sum(start <= each <= end for start, end in ranges) == 1
    assert all(timedelta() <= end - start < timedelta(days=5) for start, end in ranges)
    assert len(ranges) <= count / 3 + 2


@given(st.dates(date(2025, 1, 1), date(2026, 12, 31)))
def test_the_first_range_is_the_one_that_single_rows_are_planned_by(day: date) -> None:
    """So that a question of either kind finds the other's summary at hand."""
    newest = previous_session(day)
    today = day if previous_session(day + timedelta(days=1)) == day else newest

    assert weeks(sessions_before(today, 5))[0] == week_before(today)
