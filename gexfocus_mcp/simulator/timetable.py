"""
When the simulated upstream publishes: map instants and stream ticks of one session.

The stored NDF rows are ticks of the stream that were picked, never points of their own, so a row of
the history was once a message.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random

from gexfocus_mcp.market.calendar import session_close, session_open


_MINUTE = timedelta(minutes=1)
_MISSING_MAPS = 29 / 391
_FIRST_TICK = 2
_ROW_STEP = (17, 21)
_GAPS = 6
_GAP_TICKS = (60, 140)


@dataclass(frozen=True, slots=True)
class TickTimes:
    """Seconds since the open of each tick, about one apart, and the indices of those that are stored."""

    offsets: array[float]
    stored: array[int]


@lru_cache(maxsize=512)
def map_instants(seed: int, ticker: str, day: date) -> tuple[datetime, ...]:
    """
    Return the instants of the session's maps: whole minutes from 09:29 to one minute before the close.

    About one minute in thirteen has none; the first and the last are always there.
    """
    first = session_open(day) - _MINUTE
    minutes = (session_close(day) - first) // _MINUTE
    rng = Random(f"{seed}:{ticker}:{day}:maps")
    missing = set(rng.sample(range(1, minutes - 1), round(minutes * _MISSING_MAPS)))
    return tuple(
        first + minute * _MINUTE for minute in range(minutes) if minute not in missing
    )


@lru_cache(maxsize=64)
def tick_times(seed: int, ticker: str, day: date) -> TickTimes:
    """Return the ticks of the session, from 09:30:02 until just after the close."""
    seconds = int((session_close(day) - session_open(day)).total_seconds())
    rng = Random(f"{seed}:{ticker}:{day}:ticks")
    offsets = array(
        "d",
        (
            _FIRST_TICK + second + round(0.05 + 0.9 * rng.random(), 6)
            for second in range(seconds)
        ),
    )
    return TickTimes(offsets, _stored(rng, seconds))


def tick_instant(day: date, offset: float) -> datetime:
    """Return the instant *offset* seconds after the open of *day*."""
    return session_open(day) + timedelta(seconds=offset)


def published(instants: Sequence[datetime], now: datetime) -> int:
    """Count how many of *instants*, ascending, have come by *now*."""
    return bisect_left(instants, now + timedelta(microseconds=1))


def _stored(rng: Random, ticks: int) -> array[int]:
    gaps = {rng.randrange(20, ticks // _ROW_STEP[1]) for _ in range(_GAPS)}
    picked = array("q", [0])
    while picked[-1] < ticks - 1:
        step = rng.randint(*(_GAP_TICKS if len(picked) in gaps else _ROW_STEP))
        picked.append(min(picked[-1] + step, ticks - 1))
    return picked
