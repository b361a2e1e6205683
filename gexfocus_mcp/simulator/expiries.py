"""
Which expirations are listed on a day.

An expiration that falls on an exchange holiday moves to the session before, as the exchange does with
its Fridays.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from gexfocus_mcp.market.calendar import is_session, next_session, previous_session
from gexfocus_mcp.simulator.listings import ExpiryStyle


_FRIDAY = 4
_DAILIES = 12
_WEEKS = {"daily": 6, "three_a_week": 7, "weekly": 8}
_MONTHS_AHEAD = 15
_EVERY_MONTH = 6


def expirations(style: ExpiryStyle, day: date) -> tuple[date, ...]:
    """Return the expirations listed at the open of *day*, ascending, today's own included."""
    listed = {friday for friday in _fridays(day, _WEEKS[style]) if friday >= day}
    listed.update(_monthlies(day))
    if style == "daily":
        listed.update(islice(_sessions_from(day), _DAILIES))
    elif style == "three_a_week":
        listed.update(_mondays_and_wednesdays(day))
    return tuple(sorted(listed))


def is_monthly(expiry: date) -> bool:
    """Whether *expiry* is the standard one of its month: the third Friday, or the Thursday before."""
    return expiry == third_friday(expiry.year, expiry.month)


def third_friday(year: int, month: int) -> date:
    """Return the standard expiration of a month, moved off a holiday."""
    first = date(year, month, 1)
    return _on_session(first + timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14))


def _on_session(day: date) -> date:
    return day if is_session(day) else previous_session(day)


def _sessions_from(day: date) -> Iterator[date]:
    current = day if is_session(day) else next_session(day)
    while True:
        yield current
        current = next_session(current)


def _fridays(day: date, weeks: int) -> Iterator[date]:
    friday = day + timedelta(days=(_FRIDAY - day.weekday()) % 7)
    return (_on_session(friday + timedelta(weeks=week)) for week in range(weeks))


def _mondays_and_wednesdays(day: date) -> Iterator[date]:
    fortnight = (day + timedelta(days=ahead) for ahead in range(14))
    return (each for each in fortnight if each.weekday() in {0, 2} and is_session(each))


def _monthlies(day: date) -> Iterator[date]:
    for ahead in range(_MONTHS_AHEAD):
        years, month = divmod(day.month - 1 + ahead, 12)
        expiry = third_friday(day.year + years, month + 1)
        if expiry >= day and (ahead < _EVERY_MONTH or expiry.month % 3 == 0):
            yield expiry
