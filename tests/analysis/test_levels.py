"""Strikes that stand out, each by the definition it is published under."""

from collections.abc import Callable

import pytest

from gexfocus_mcp.analysis.levels import FAR_PCT, Flip, distance_pct, read_levels
from gexfocus_mcp.market.strikes import StrikeMap


Maps = Callable[..., StrikeMap]


def test_each_level_is_the_extreme_of_its_own_column(strike_map: Maps) -> None:
    levels, kernel = read_levels(strike_map([(95, 3, -9), (100, 10, -8), (105, 7, -1)]))

    assert kernel is not None
    assert levels.call_wall is not None
    assert levels.put_wall is not None
    assert levels.max_gamma is not None
    assert levels.max_gross is not None
    assert (levels.call_wall.strike, levels.call_wall.value) == (100, 10)
    assert (levels.put_wall.strike, levels.put_wall.value) == (95, -9)
    # |total| is 6 at 95, 2 at 100, 6 at 105: the first of equals.
    assert (levels.max_gamma.strike, levels.max_gamma.value) == (95, -6)
    assert (levels.max_gross.strike, levels.max_gross.value) == (100, 18)
    assert levels.call_wall.share == pytest.approx(18 / 38)
    assert levels.put_wall.distance_pct == pytest.approx(-5)
    assert not levels.same_strike


def test_walls_are_not_held_to_a_side_of_spot(strike_map: Maps) -> None:
    levels, _ = read_levels(strike_map([(95, 9, -1), (105, 1, -9)]))

    assert levels.call_wall is not None
    assert levels.put_wall is not None
    assert (levels.call_wall.strike, levels.put_wall.strike) == (95, 105)


def test_the_put_wall_is_never_read_from_the_total(strike_map: Maps) -> None:
    levels, _ = read_levels(strike_map([(95, 20, -15), (98, 0, -10), (105, 5, 0)]))

    assert levels.put_wall is not None
    assert levels.put_wall.strike == 95


def test_both_walls_may_stand_on_one_strike(strike_map: Maps) -> None:
    levels, _ = read_levels(strike_map([(95, 1, -2), (100, 9, -9), (105, 2, -1)]))

    assert levels.same_strike


def test_of_equal_strikes_the_lowest_is_taken(strike_map: Maps) -> None:
    levels, _ = read_levels(strike_map([(95, 5, -5), (100, 5, -5), (105, 5, -5)]))

    assert levels.call_wall is not None
    assert levels.put_wall is not None
    assert levels.call_wall.strike == levels.put_wall.strike == 95


@pytest.mark.parametrize("rows", [[], [(100, 0, 0)]])
def test_a_map_without_exposure_has_no_levels(
    strike_map: Maps, rows: list[tuple[float, float, float]]
) -> None:
    levels, kernel = read_levels(strike_map(rows, net=5.0))

    assert kernel is None
    assert levels.flip is None
    assert (
        levels.call_wall
        is levels.put_wall
        is levels.max_gamma
        is levels.max_gross
        is None
    )
    assert not levels.same_strike


def test_a_column_without_its_own_sign_has_no_wall(strike_map: Maps) -> None:
    levels, _ = read_levels(strike_map([(95, 0, -5), (100, 0, -6)]))

    assert levels.call_wall is None
    assert levels.put_wall is not None


def test_strikes_that_net_to_zero_leave_no_max_gamma_but_a_max_gross(
    strike_map: Maps,
) -> None:
    levels, _ = read_levels(strike_map([(95, 4, -4), (100, 6, -6)]))

    assert levels.max_gamma is None
    assert levels.max_gross is not None
    assert levels.max_gross.strike == 100


def test_without_a_spot_levels_stand_but_nothing_has_a_distance(
    strike_map: Maps,
) -> None:
    levels, kernel = read_levels(strike_map([(95, 1, -9), (105, 9, -1)], spot=None))

    assert kernel is None
    assert levels.flip is None
    assert levels.call_wall is not None
    assert levels.call_wall.distance_pct is None
    assert distance_pct(105.0, None) is None


def test_the_flip_is_ours_with_the_others_beside_it(strike_map: Maps) -> None:
    seen = strike_map([(90, 0, -30), (95, 5, -20), (100, 40, -20), (105, 50, 0)])

    levels, _ = read_levels(seen, stream_flip=97.0)

    assert levels.flip is not None
    assert levels.flip.method == "kernel"
    assert levels.flip.side_agrees_with_net is True
    assert 85 < levels.flip.value < 100
    assert levels.flip.distance_pct == pytest.approx(levels.flip.value - 100)
    assert levels.flip.alternatives["stream"] == 97.0
    # Running: -30, -45, -25, +25.
    assert levels.flip.alternatives["cumulative_strike"] == pytest.approx(102.5)


def test_a_stored_net_of_the_other_sign_contradicts_the_flip(strike_map: Maps) -> None:
    rows = [(90, 0, -30), (95, 5, -20), (100, 40, -20), (105, 50, 0)]

    against, _ = read_levels(strike_map(rows, net=-20.0))
    neither, _ = read_levels(strike_map(rows, net=0.0))

    assert against.flip is not None
    assert against.flip.side_agrees_with_net is False
    assert neither.flip is not None
    assert neither.flip.side_agrees_with_net is None


def test_no_crossing_is_no_flip_whatever_the_stream_says(strike_map: Maps) -> None:
    levels, _ = read_levels(strike_map([(95, 5, -1), (105, 9, -1)]), stream_flip=90.0)

    assert levels.flip is None


def test_beyond_eight_percent_a_flip_is_far() -> None:
    assert FAR_PCT == 8
    assert Flip(91.9, "kernel", -8.1, True).far
    assert not Flip(92.0, "kernel", -8.0, True).far
