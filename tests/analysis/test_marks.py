"""The levels a watch is held against, and why one is missing."""

from collections.abc import Callable

from gexfocus_mcp.analysis.marks import take_marks
from gexfocus_mcp.market.strikes import StrikeMap
from tests.analysis.conftest import FRIDAY


Maps = Callable[..., StrikeMap]


def test_levels_are_taken_from_the_whole_map(strike_map: Maps) -> None:
    taken = take_marks(strike_map([(95, 2, -9), (100, 40, -8), (105, 30, -1)]))
    assert taken.flip_method == "kernel"

    assert taken.levels["call_wall"] == 100
    assert taken.levels["put_wall"] == 95
    assert 95 < taken.levels["flip"] < 100
    assert (taken.spot, taken.net, taken.as_of) == (100.0, 54.0, FRIDAY)
    assert taken.absent == {}


def test_a_level_that_does_not_exist_is_absent_with_its_reason(
    strike_map: Maps,
) -> None:
    calls_only = take_marks(strike_map([(95, 2, 0), (105, 30, 0)]))
    assert set(calls_only.absent) == {"flip", "put_wall"}
    assert "within 15 %" in calls_only.absent["flip"]

    no_spot = take_marks(strike_map([(95, 2, -9), (105, 30, -1)], spot=None))
    assert set(no_spot.levels) == {"call_wall", "put_wall"}
    assert "no spot" in no_spot.absent["flip"]

    empty = take_marks(strike_map([]))
    assert (empty.levels, empty.net) == ({}, None)
