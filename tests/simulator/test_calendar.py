from datetime import date, datetime, timedelta

import pytest

from gexfocus_mcp.market.calendar import (
    NEW_YORK,
    is_half_day,
    is_holiday,
    is_session,
    next_session,
    previous_session,
    session_close,
    session_open,
)


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 3, 29),  # Good Friday
        date(2025, 4, 18),
        date(2026, 4, 3),
        date(2026, 6, 19),  # Juneteenth
        date(2025, 1, 9),  # day of mourning
        date(2026, 7, 3),  # 4 July is a Saturday
        date(2027, 12, 24),  # 25 December is a Saturday
        date(2023, 1, 2),  # 1 January is a Sunday
    ],
)
def test_an_exchange_holiday_is_a_weekday_without_a_session(day: date) -> None:
    assert is_holiday(day)
    assert not is_session(day)
    assert not is_half_day(day)


@pytest.mark.parametrize(
    "day", [date(2021, 12, 31), date(2027, 12, 31), date(2021, 6, 18)]
)
def test_a_saturday_new_year_and_the_years_before_juneteenth_are_not_observed(
    day: date,
) -> None:
    assert is_session(day)


def test_a_weekend_is_neither_a_session_nor_a_holiday() -> None:
    assert not is_session(date(2026, 7, 11))
    assert not is_holiday(date(2026, 7, 11))


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 11, 27),
        date(2026, 12, 24),
        date(2025, 7, 3),
        date(2025, 11, 28),
        date(2025, 12, 24),
    ],
)
def test_a_half_day_closes_at_one(day: date) -> None:
    assert is_half_day(day)
    assert session_close(day) == datetime(
        day.year, day.month, day.day, 13, tzinfo=NEW_YORK
    )


def test_a_full_day_runs_from_half_past_nine_to_four() -> None:
    day = date(2026, 7, 10)
    assert session_open(day).isoformat() == "2026-07-10T09:30:00-04:00"
    assert session_close(day).isoformat() == "2026-07-10T16:00:00-04:00"
    assert session_open(date(2026, 1, 14)).utcoffset() == timedelta(hours=-5)


def test_neighbouring_sessions_skip_weekends_and_holidays() -> None:
    assert previous_session(date(2026, 7, 6)) == date(2026, 7, 2)
    assert next_session(date(2026, 7, 2)) == date(2026, 7, 6)
    assert previous_session(date(2026, 1, 2)) == date(2025, 12, 31)
    assert next_session(date(2026, 7, 11)) == date(2026, 7, 13)


def test_a_year_has_about_252_sessions() -> None:
    for year in range(2022, 2030):
        days = (date(year, 1, 1) + timedelta(days=ahead) for ahead in range(365))
        assert 249 <= sum(map(is_session, days)) <= 253
