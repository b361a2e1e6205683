"""What stored snapshots say about a session, and what is different between two of them."""

from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.questions.reckoning import bars, net, reprice, total_of


Doc = dict[str, Any]


def time_of(row: Doc) -> datetime:
    return datetime.fromisoformat(row["ts_iso"])


def clock(row: Doc) -> str:
    return time_of(row).strftime("%H:%M:%S")


def sign_changes(rows: list[Doc]) -> list[Doc]:
    """The first row with each new sign of net."""
    return [b for a, b in pairwise(rows) if (net(a) > 0) != (net(b) > 0)]


def positive_share(rows: list[Doc]) -> float:
    return sum(net(row) > 0 for row in rows) / len(rows)


def held_strikes(rows: list[Doc]) -> list[float]:
    """The upstream's max strike row by row; a new one counts from its first of two rows in a row."""
    held = [rows[0]["max_strike"]]
    for at, row in enumerate(rows[1:], 1):
        stays = (
            rows[at + 1 : at + 2] and rows[at + 1]["max_strike"] == row["max_strike"]
        )
        held.append(row["max_strike"] if stays else held[-1])
    return held


def moves(rows: list[Doc]) -> list[tuple[Doc, float]]:
    held = held_strikes(rows)
    return [
        (rows[i], now) for i, (was, now) in enumerate(pairwise(held), 1) if was != now
    ]


def longest_held(rows: list[Doc]) -> tuple[float, float]:
    """The strike held for most of the time, and its share of it."""
    held, seconds = held_strikes(rows), dict[float, float]()
    for strike, (a, b) in zip(held, pairwise(rows), strict=False):
        spent = (time_of(b) - time_of(a)).total_seconds()
        seconds[strike] = seconds.get(strike, 0.0) + spent
    most = max(seconds, key=lambda strike: seconds[strike])
    return most, seconds[most] / sum(seconds.values())


def strike_changes(before: Doc, after: Doc) -> dict[float, float]:
    """Change of each strike's net; a strike that is in one map only counts from or to nothing."""
    one = {bar["strike"]: total_of(bar) for bar in bars(before)}
    other = {bar["strike"]: total_of(bar) for bar in bars(after)}
    return {k: other.get(k, 0.0) - one.get(k, 0.0) for k in {*one, *other}}


def largest_change(before: Doc, after: Doc) -> tuple[float, float, float]:
    """Strike, change, and share of all |change|."""
    changes = strike_changes(before, after)
    strike = max(changes, key=lambda k: abs(changes[k]))
    turnover = sum(abs(change) for change in changes.values())
    return strike, changes[strike], abs(changes[strike]) / turnover


def spot_alone(before: Doc, after: Doc) -> float:
    """The earlier book repriced at the later spot, minus what it was."""
    book = reprice(before)
    return book(after["spot"]) - book(before["spot"])
