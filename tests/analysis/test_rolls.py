"""Levels at two moments: how far they went, and whether the old strike is nearly as large."""

from collections.abc import Callable

import pytest

from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.analysis.rolls import Roll, read_rolls
from gexfocus_mcp.market.strikes import StrikeMap


Maps = Callable[..., StrikeMap]
THEN = [(90, 1, -9), (95, 2, -8), (100, 9, -2), (105, 8, -1), (110, 1, -1)]


def rolls(then: StrikeMap, now: StrikeMap, **kw: bool) -> dict[str, Roll]:
    found = read_rolls((then, read_levels(then)[0]), (now, read_levels(now)[0]), **kw)
    return {m.name: m for m in found}


def test_a_wall_that_rolled_tells_strikes_shift_and_what_the_old_one_holds(
    strike_map: Maps,
) -> None:
    rows = [(90, 1, -4), (95, 2, -8), (100, 6, -2), (105, 7, -1), (110, 12, -1)]
    found = rolls(strike_map(THEN), strike_map(rows, spot=102.0))

    call = found["call_wall"]
    assert (call.before, call.after, call.strikes) == (100, 110, 2)
    assert call.shift_pct == pytest.approx(10 / 102 * 100)
    assert (call.size_before, call.size_after, call.old_now) == (9, 12, 6)
    assert not call.marginal
    put = found["put_wall"]
    assert (put.before, put.after, put.strikes) == (90, 95, 1)
    assert (put.size_after, put.old_now, put.marginal) == (-8, -4, False)


@pytest.mark.parametrize(("new", "marginal"), [(9.4, True), (9.5, False)])
def test_a_new_wall_within_five_percent_of_the_old_strike_is_marginal(
    strike_map: Maps, new: float, marginal: bool
) -> None:
    rows = [(90, 1, -9), (95, 2, -8), (100, 9, -2), (105, new, -1), (110, 1, -1)]
    call = rolls(strike_map(THEN), strike_map(rows))["call_wall"]

    assert (call.before, call.after) == (100, 105)
    assert call.marginal is marginal


def test_a_level_that_stayed_moved_no_strike(strike_map: Maps) -> None:
    found = rolls(strike_map(THEN), strike_map(THEN))

    assert all(not m.moved and m.strikes == 0 for m in found.values())
    assert all(not m.marginal and m.old_now is None for m in found.values())


def test_downwards_is_negative(strike_map: Maps) -> None:
    rows = [(90, 20, -9), *THEN[1:]]
    call = rolls(strike_map(THEN), strike_map(rows))["call_wall"]

    assert call.shift_pct == pytest.approx(-10)
    assert call.strikes == -2


def test_an_old_strike_that_is_gone_is_no_reason_to_call_it_marginal(
    strike_map: Maps,
) -> None:
    rows = [row for row in THEN if row[0] != 100]
    call = rolls(strike_map(THEN), strike_map(rows))["call_wall"]

    assert (call.before, call.after, call.old_now) == (100, 105, None)
    assert not call.marginal


def test_amounts_of_two_scales_are_not_set_side_by_side(strike_map: Maps) -> None:
    rows = [(k, c * 1000, p * 1000) for k, c, p in THEN]
    call = rolls(strike_map(THEN), strike_map(rows), sizes=False)["call_wall"]

    assert (call.before, call.after) == (100, 100)
    assert call.size_before is call.size_after is None


def test_a_level_at_one_moment_only_is_told_without_a_shift(strike_map: Maps) -> None:
    calls_only = [(k, c, 0) for k, c, _ in THEN]
    put = rolls(strike_map(THEN), strike_map(calls_only))["put_wall"]

    assert (put.before, put.after, put.shift_pct) == (90, None, None)


def test_a_level_at_neither_moment_is_left_out(strike_map: Maps) -> None:
    calls_only = [(k, c, 0) for k, c, _ in THEN]
    found = rolls(strike_map(calls_only), strike_map(calls_only))

    assert "put_wall" not in found
    assert "flip" not in found
