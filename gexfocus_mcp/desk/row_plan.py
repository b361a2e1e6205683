"""
Which rows a history request gives back, and which request gives back one wanted row with the fewest others.

The API has no time of day: a row is reached by `every` and `limit` alone, and where `every` starts counting
and which end `limit` keeps is not documented. Each possibility is a rule; replies strike out those they refute.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Final


LARGEST_STEP: Final = 100
LONGEST_RANGE: Final = timedelta(days=4)
"""From the first day to the last: five calendar days with both ends."""

Shelf = Mapping[date, Sequence[datetime]]
"""The instants of every stored snapshot, by session; a session without any is absent."""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One reading of `every` and `limit`.

    Attributes:
        by_session: Every session is counted anew; else the whole range is counted through.
        from_end: The newest row is counted as the first; else the oldest.
        skips_first: Rows e-1, 2e-1, ... are given; else 0, e, 2e, ...
        keeps_last: `limit` keeps the newest of the counted rows; else the oldest.
    """

    by_session: bool
    from_end: bool
    skips_first: bool
    keeps_last: bool

    def counted(self, counts: Sequence[int], every: int) -> Sequence[int]:
        """The rows that *every* leaves of sessions of these lengths, before the limit."""
        if not self.by_session:
            return self._grid(sum(counts), every)
        rows, before = list[int](), 0
        for count in counts:
            rows += [before + row for row in self._grid(count, every)]
            before += count
        return rows

    def given(self, counts: Sequence[int], every: int, limit: int) -> Sequence[int]:
        rows = self.counted(counts, every)
        return rows[-limit:] if self.keeps_last else rows[:limit]

    def _grid(self, count: int, every: int) -> range:
        offset = every - 1 if self.skips_first else 0
        if self.from_end:
            offset = (count - 1 - offset) % every
        return range(offset, count, every)


RULES: Final = tuple(
    Rule(by_session, from_end, skips_first, keeps_last)
    for by_session, from_end, skips_first, keeps_last in product(
        (False, True), repeat=4
    )
)
"""All of them, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Request:
    """One history request: both days included, at most five calendar days apart."""

    start: date
    end: date
    every: int
    limit: int

    def instants(self, rule: Rule, shelf: Shelf) -> list[datetime]:
        """What comes back under *rule*, oldest first."""
        days = _days(shelf, self.start, self.end)
        rows = [instant for day in days for instant in shelf[day]]
        counts = [len(shelf[day]) for day in days]
        return [rows[row] for row in rule.given(counts, self.every, self.limit)]


@dataclass(frozen=True, slots=True)
class Plan:
    """A request and how many rows come with it, the wanted one among them."""

    request: Request
    rows: int


def surviving(
    rules: Sequence[Rule], request: Request, shelf: Shelf, got: Sequence[datetime]
) -> tuple[Rule, ...]:
    """The rules under which *request* is answered by the rows that came."""
    came = sorted(got)
    return tuple(rule for rule in rules if request.instants(rule, shelf) == came)


def cheapest(rule: Rule, shelf: Shelf, day: date, row: int) -> Plan:
    """The request that brings the *row*-th snapshot of *day* with the fewest rows, if *rule* holds."""
    return min(
        _plans(rule, shelf, day, row),
        key=lambda plan: (plan.rows, plan.request.end - plan.request.start),
    )


def _plans(rule: Rule, shelf: Shelf, day: date, row: int) -> Iterator[Plan]:
    """With `every` 1 there always is one."""
    for start, end in product(_days(shelf, date.min, day), _days(shelf, day, date.max)):
        if end - start > LONGEST_RANGE:
            continue
        days = _days(shelf, start, end)
        counts = [len(shelf[each]) for each in days]
        wanted = row + sum(len(shelf[each]) for each in days if each < day)
        for every in range(1, LARGEST_STEP + 1):
            counted = rule.counted(counts, every)
            if wanted in counted:
                place = counted.index(wanted)
                rows = len(counted) - place if rule.keeps_last else place + 1
                yield Plan(Request(start, end, every, rows), rows)


def _days(shelf: Shelf, start: date, end: date) -> list[date]:
    return sorted(day for day in shelf if start <= day <= end)
