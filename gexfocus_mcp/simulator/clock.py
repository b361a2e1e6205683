"""
The clocks a simulated market can run on.

A clock is a callable that returns an aware datetime; the whole market is a function of it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as time_of_day

from gexfocus_mcp.market.calendar import NEW_YORK, is_session, previous_session


Clock = Callable[[], datetime]

SESSION_START = time_of_day(11, 0)


def real_clock() -> datetime:
    """Return the wall clock, in New York."""
    return datetime.now(NEW_YORK)


def session_clock(
    monotonic: Callable[[], float] = time.monotonic, today: Clock = real_clock
) -> Clock:
    """
    Return a clock that starts at 11:00 New York of the last trading day and ticks in real time.

    The last trading day is today once 11:00 has passed there, else the session before, so that the
    clock never shows a moment that has not happened yet.
    """
    wall = today().astimezone(NEW_YORK)
    day = wall.date()
    if not is_session(day) or wall.time() < SESSION_START:
        day = previous_session(day)
    start = datetime.combine(day, SESSION_START, NEW_YORK)
    origin = monotonic()
    return lambda: start + timedelta(seconds=monotonic() - origin)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is advanced."""

    instant: datetime

    def __call__(self) -> datetime:
        return self.instant

    def advance(self, step: float | timedelta) -> None:
        """Move forward by *step*, seconds when it is a number."""
        self.instant += step if isinstance(step, timedelta) else timedelta(seconds=step)
