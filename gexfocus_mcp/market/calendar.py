"""
When the US equity and option markets are open, in New York dates and times.

The rules are those of the ``holidays`` package, one year at a time, loaded on first use: importing it
takes longer than everything else this program does at start.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


NEW_YORK = ZoneInfo("America/New_York")

_OPEN = time(9, 30)
_CLOSE = time(16, 0)
_EARLY_CLOSE = time(13, 0)
_SATURDAY = 5
_DAY = timedelta(days=1)


def is_session(day: date) -> bool:
    """Whether the exchange opens at all on *day*: a weekday that is not an exchange holiday."""
    return day.weekday() < _SATURDAY and day not in _closures(day.year)


def is_holiday(day: date) -> bool:
    """Whether *day* is a weekday on which the exchange is closed. A weekend is not a holiday."""
    return day.weekday() < _SATURDAY and day in _closures(day.year)


def is_half_day(day: date) -> bool:
    """Whether the session of *day* ends at 13:00. False where there is no session."""
    return is_session(day) and day in _early_closes(day.year)


def session_open(day: date) -> datetime:
    """09:30 New York on *day*, whether or not there is a session."""
    return datetime.combine(day, _OPEN, NEW_YORK)


def session_close(day: date) -> datetime:
    """16:00 New York on *day*, or 13:00 on a half day, whether or not there is a session."""
    return datetime.combine(day, _EARLY_CLOSE if is_half_day(day) else _CLOSE, NEW_YORK)


def time_between(earlier: datetime, later: datetime) -> timedelta:
    """
    The time that passed from one aware instant to another.

    Two datetimes of one zone subtract by the clock on the wall, which is an hour off over a night in which
    daylight saving begins or ends.
    """
    return later.astimezone(UTC) - earlier.astimezone(UTC)


def previous_session(day: date) -> date:
    """Return the last session strictly before *day*."""
    day -= _DAY
    while not is_session(day):
        day -= _DAY
    return day


def next_session(day: date) -> date:
    """Return the first session strictly after *day*."""
    day += _DAY
    while not is_session(day):
        day += _DAY
    return day


@lru_cache(maxsize=64)
def _closures(year: int) -> frozenset[date]:
    return _days(year, "public")


@lru_cache(maxsize=64)
def _early_closes(year: int) -> frozenset[date]:
    return _days(year, "half_day")


def _days(year: int, category: str) -> frozenset[date]:
    # Slow to import, and a program that only prints its help never needs it.
    from holidays.financial.ny_stock_exchange import NewYorkStockExchange

    # The answer may hold a neighbouring year's New Year's Day; membership of a date is all that is asked.
    days = NewYorkStockExchange(years=year, categories=(category,))  # type: ignore[no-untyped-call]  # holidays leaves it untyped
    return frozenset(days)
