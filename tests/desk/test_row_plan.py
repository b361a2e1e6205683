"""Which rows a request brings, checked against lists that are sliced the plain way."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.desk.row_plan import RULES, Request, Rule, Shelf, cheapest, surviving
from gexfocus_mcp.market.calendar import NEW_YORK


MONDAY, FRIDAY = date(2026, 6, 8), date(2026, 6, 12)
OLDEST_FIRST = Rule(
    by_session=False, from_end=False, skips_first=False, keeps_last=False
)


def shelf_of(*counts: int, until: date = FRIDAY) -> Shelf:
    """One session a calendar day, the last of them on *until*."""
    days = [until - timedelta(days=back) for back in range(len(counts) - 1, -1, -1)]
    return {
        day: [
            datetime(day.year, day.month, day.day, 9, tzinfo=NEW_YORK)
            + timedelta(minutes=row)
            for row in range(count)
        ]
        for day, count in zip(days, counts, strict=True)
    }


EVERY: dict[tuple[bool, bool], Callable[[list[datetime], int], list[datetime]]] = {
    (False, False): lambda rows, every: rows[::every],
    (False, True): lambda rows, every: rows[every - 1 :: every],
    (True, False): lambda rows, every: rows[::-1][::every][::-1],
    (True, True): lambda rows, every: rows[::-1][every - 1 :: every][::-1],
}


def served(rule: Rule, shelf: Shelf, request: Request) -> list[datetime]:
    step = EVERY[rule.from_end, rule.skips_first]
    days = [d for d in sorted(shelf) if request.start <= d <= request.end]
    if rule.by_session:
        rows = [row for day in days for row in step(list(shelf[day]), request.every)]
    else:
        rows = step([row for day in days for row in shelf[day]], request.every)
    return rows[-request.limit :] if rule.keeps_last else rows[: request.limit]


rules = st.sampled_from(RULES)
lengths = st.lists(st.integers(1, 60), min_size=1, max_size=5)


@given(rules, lengths, st.integers(1, 100), st.integers(1, 200))
def test_a_request_is_foreseen_as_a_server_of_that_rule_answers_it(
    rule: Rule, counts: list[int], every: int, limit: int
) -> None:
    shelf = shelf_of(*counts)
    request = Request(min(shelf), FRIDAY, every, limit)

    assert request.instants(rule, shelf) == served(rule, shelf, request)


@given(rules, lengths, st.data())
def test_a_plan_brings_the_wanted_row_and_exactly_the_rows_it_says(
    rule: Rule, counts: list[int], data: st.DataObject
) -> None:
    shelf = shelf_of(*counts)
    day = data.draw(st.sampled_from(sorted(shelf)))
    row = data.draw(st.integers(0, len(shelf[day]) - 1))

    plan = cheapest(rule, shelf, day, row)

    came = served(rule, shelf, plan.request)
    assert shelf[day][row] in came
    assert len(came) == plan.rows
    assert 1 <= plan.request.every <= 100
    assert plan.request.end - plan.request.start < timedelta(days=5)


@given(rules, lengths, st.integers(1, 100), st.integers(1, 200))
def test_the_rule_that_holds_survives_its_own_replies(
    rule: Rule, counts: list[int], every: int, limit: int
) -> None:
    shelf = shelf_of(*counts)
    request = Request(min(shelf), FRIDAY, every, limit)

    assert rule in surviving(RULES, request, shelf, served(rule, shelf, request))


def test_a_reply_that_tells_the_ends_apart_strikes_out_the_other_rules() -> None:
    shelf = shelf_of(10)
    request = Request(FRIDAY, FRIDAY, 4, 2)
    rows = shelf[FRIDAY]

    left = surviving(RULES, request, shelf, [rows[4], rows[8]])

    assert {(r.from_end, r.skips_first, r.keeps_last) for r in left} == {
        (False, False, True)
    }


@pytest.mark.parametrize("earlier", [2, 4])
def test_few_rows_come_with_any_row_of_a_usual_session(earlier: int) -> None:
    """Sessions of 362 rows are the worst case: each shift is a multiple of the prime 181."""
    shelf = shelf_of(*[362] * (earlier + 1))

    rows = sorted(cheapest(OLDEST_FIRST, shelf, FRIDAY, r).rows for r in range(362))

    assert median(rows) <= 4
    assert rows[round(0.9 * 362)] <= 12
    assert sum(count > 130 for count in rows) <= (8 if earlier == 2 else 1)
