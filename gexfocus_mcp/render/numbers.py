"""Every printed number goes through here."""

from datetime import date, datetime
from functools import lru_cache
from math import floor, log10
from typing import Annotated, Final

from pydantic import PlainSerializer

from gexfocus_mcp.market.calendar import NEW_YORK


_SUFFIXES: Final = ("", "K", "M", "B", "T", "Q")
_WHOLE_FROM: Final = 1000
_FAR_PCT: Final = 8
_SMALL_PCT: Final = 0.095
# Nothing in any unit of this feed is that small but rounding's leftovers.
_DUST: Final = 1e-9
_ALMOST_ALL: Final = 99.5
# A map is asked about many times, and its numbers are the same each time.
_asked_again = lru_cache(maxsize=4096)


@_asked_again
def significant(value: float, digits: int = 4) -> float:
    """*value* at so many significant digits; an int from 1,000 upwards, so that JSON stays short."""
    if abs(value) < _DUST:
        return 0
    rounded = round(value, digits - 1 - floor(log10(abs(value))))
    if abs(rounded) >= _WHOLE_FROM and rounded == int(rounded):
        return int(rounded)
    return rounded


def _tidy(decimals: int) -> PlainSerializer:
    def rounded(value: float) -> float:
        near = round(value, decimals)
        return int(near) if near == int(near) else near

    return PlainSerializer(rounded)


Exposure = Annotated[float, PlainSerializer(significant)]
"""In the upstream's own unit, unscaled, 4 significant digits."""

Price = Annotated[float, _tidy(2)]
"""A price or strike: to the cent, below which no strike is listed."""

Pct = Annotated[float, _tidy(2)]
"""Percent, 2 decimals."""

Share = Annotated[float, _tidy(3)]
"""0 to 1 (or -1 to +1), 3 decimals."""

Score = Annotated[float, _tidy(0)]
"""A heuristic from 0 to 100, whole."""

Seconds = Annotated[float, _tidy(1)]


@_asked_again
def scaled(value: float, digits: int = 3, *, sign: bool = True) -> str:
    """1250000000 as `+1.25B`: three digits are all that a model of dealers' books supports."""
    if abs(value) < _DUST:
        return "0"
    rounded = significant(value, digits)
    step = min(max(0, floor(log10(abs(rounded)) / 3)), len(_SUFFIXES) - 1)
    body = plain(rounded / 1000**step, digits)
    return f"{'+' if sign and rounded > 0 else ''}{body}{_SUFFIXES[step]}"


@_asked_again
def plain(value: float, digits: int = 6) -> str:
    """A number without exponent or padding: 4300, 422.5, 0.012."""
    rounded = significant(value, digits)
    if rounded == int(rounded):
        return str(int(rounded))
    places = max(0, digits - 1 - floor(log10(abs(rounded))))
    return f"{rounded:.{places}f}".rstrip("0").rstrip(".")


def price(value: float) -> str:
    """A price to the cent, without padding: 7217.18, 4300, 422.5."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def pct(value: float, decimals: int = 1) -> str:
    """`+1.3 %`; whole percents from 8 % on, where only "far" is meant; small ones get two decimals."""
    if abs(value) < 0.005:
        return "0 %"
    if abs(value) < _SMALL_PCT:
        decimals = max(decimals, 2)
    return f"{value:+.{0 if abs(value) >= _FAR_PCT else decimals}f} %"


def share(value: float) -> str:
    """A share of one as whole percents: `10 %`; with a decimal under one percent, and where only all is 100 %."""
    size = abs(value) * 100
    if size == 0 or 1 <= size < _ALMOST_ALL or size >= 100 - _DUST:
        return f"{value * 100:.0f} %"
    return f"{min(max(value * 100, -99.9), 99.9):.1f} %"


def counted(number: int, noun: str) -> str:
    """`1 tick`, `3 ticks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Scale:
    """
    One power of a thousand for a whole column, so that its numbers can be compared at a glance.

    The largest value has three to five digits before the point, of which three are told.
    """

    def __init__(self, values: list[float]) -> None:
        top = max((abs(v) for v in values), default=0.0)
        step = floor((log10(top) - 2) / 3) if top else 0
        self._step = min(max(0, step), len(_SUFFIXES) - 1)
        self.suffix = _SUFFIXES[self._step]
        self._small = top < 100

    def __call__(self, value: float | None) -> str:
        if value is None:
            return "n/a"
        inside = value / 1000**self._step
        if self._small:
            return plain(inside, 3)
        return str(round(significant(inside, 3)))


def duration(seconds: float) -> str:
    """`22 s`, `14 min`, `5.2 h`, `3 days`, `2 years`."""
    for unit, size, places in (
        ("years", 365.25 * 86400, 0),
        ("days", 86400, 0),
        ("h", 3600, 1),
        ("min", 60, 0),
    ):
        if seconds >= 2 * size:
            return f"{seconds / size:.{places}f} {unit}"
    return f"{seconds:.0f} s"


def clock_time(instant: datetime) -> str:
    """New York wall time, to the second."""
    return f"{instant.astimezone(NEW_YORK):%H:%M:%S}"


def minute(instant: datetime) -> str:
    return f"{instant.astimezone(NEW_YORK):%H:%M}"


def day(value: date, today: date) -> str:
    """`Mon 5 Jun`, with the year when it is not this one."""
    return f"{value:%a %-d %b}" if value.year == today.year else f"{value:%a %-d %b %Y}"


def iso_instant(instant: datetime) -> str:
    """ISO 8601 to the second with the New York offset."""
    return instant.astimezone(NEW_YORK).isoformat(timespec="seconds")


def iso_day(value: date) -> str:
    """`2026-07-10 Fri`."""
    return f"{value:%Y-%m-%d %a}"
