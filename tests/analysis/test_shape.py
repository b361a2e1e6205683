"""How gamma is spread over the strikes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.analysis.shape import read_shape, read_wall_shape
from gexfocus_mcp.market.strikes import StrikeMap


Maps = Callable[..., StrikeMap]


def test_equal_strikes_are_as_many_as_they_are(strike_map: Maps) -> None:
    shape = read_shape(strike_map([(90 + i, 10, -10) for i in range(20)]))

    assert shape is not None
    assert shape.effective_strikes == pytest.approx(20)
    assert shape.top_share == pytest.approx(0.25)


def test_the_net_near_spot_is_a_signed_share_of_all_gross(strike_map: Maps) -> None:
    shape = read_shape(
        strike_map([(95, 0, -40), (99.5, 10, 0), (100.5, 30, -10), (110, 20, 0)])
    )

    assert shape is not None
    # Gross is 110; within 1 % of 100 the net is 10 + 20.
    assert shape.near_net == pytest.approx(30 / 110)


def test_a_map_without_exposure_has_no_shape(strike_map: Maps) -> None:
    assert read_shape(strike_map([])) is None
    assert read_shape(strike_map([(100, 0, 0)])) is None


def test_without_a_spot_only_what_needs_one_is_missing(strike_map: Maps) -> None:
    shape = read_shape(strike_map([(95, 5, -4), (105, 3, -2)], spot=None))

    assert shape is not None
    assert shape.near_net is None
    assert shape.call_wall is not None
    assert shape.call_wall.on_usual_side is None


def test_neighbours_of_more_than_half_its_gross_are_one_zone_with_the_wall(
    strike_map: Maps,
) -> None:
    wall = read_wall_shape(
        strike_map(
            [(99, 49, 0), (100, 60, 0), (101, 100, 0), (102, 51, 0), (103, 50, 0)]
        ),
        "calls",
    )

    assert wall is not None
    assert wall.zone == (100, 102)


def test_a_wall_is_weak_where_the_second_is_within_15_percent(strike_map: Maps) -> None:
    weak = read_wall_shape(strike_map([(90, 0, -100), (95, 0, -86)]), "puts")
    clear = read_wall_shape(strike_map([(90, 0, -100), (95, 0, -84)]), "puts")

    assert weak is not None
    assert clear is not None
    assert weak.gap == pytest.approx(0.14)
    assert clear.gap == pytest.approx(0.16)
    assert (weak.runner_up, weak.weak, clear.weak) == (95, True, False)


def test_a_wall_on_its_unusual_side_names_the_largest_on_the_other(
    strike_map: Maps,
) -> None:
    bars = [(95, 90, -5), (100, 20, -5), (103, 30, -60), (99, 1, -40)]
    book = strike_map(sorted(bars))
    calls, puts = read_wall_shape(book, "calls"), read_wall_shape(book, "puts")

    assert calls is not None
    assert puts is not None
    assert calls.on_usual_side is not None
    assert puts.on_usual_side is not None
    assert (calls.on_usual_side.strike, calls.on_usual_side.value) == (103, 30)
    assert (puts.on_usual_side.strike, puts.on_usual_side.value) == (99, -40)


def test_a_wall_on_its_usual_side_needs_no_other(strike_map: Maps) -> None:
    wall = read_wall_shape(strike_map([(99, 5, 0), (100, 50, 0)]), "calls")

    assert wall is not None
    assert wall.on_usual_side is None
    assert wall.runner_up == 99


def test_a_leg_of_the_other_sign_has_no_wall(strike_map: Maps) -> None:
    assert read_wall_shape(strike_map([(100, 5, 3)]), "puts") is None


exposures = st.floats(1, 1e9)


@given(st.lists(st.tuples(exposures, exposures), min_size=1, max_size=60))
def test_concentration_lies_between_one_strike_and_all_of_them(
    strike_map: Maps, legs: list[tuple[float, float]]
) -> None:
    book = strike_map([(80 + i, c, -p) for i, (c, p) in enumerate(legs)])
    shape = read_shape(book)

    assert shape is not None
    assert shape.effective_strikes * (1 + 1e-9) >= 1
    assert shape.effective_strikes <= len(legs) * (1 + 1e-9)
    assert 0 < shape.top_share <= 1 + 1e-9
    wall = shape.call_wall
    assert wall is not None
    assert wall.zone[0] <= max(book.bars, key=lambda b: b.calls).strike <= wall.zone[1]
